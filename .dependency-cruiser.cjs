/** The one-way rules of docs/architecture.md, held by `npm run check:imports`. */
const STAGES = ['ingest', 'journal', 'decode', 'map', 'uplink']

module.exports = {
  forbidden: [
    ...STAGES.map(stage => ({
      name: `${stage}-stands-alone`,
      comment:
        'A stage never imports another stage: they meet in reading.ts, and only agent.ts knows them all.',
      severity: 'error',
      from: { path: `^src/${stage}/` },
      to: {
        path: `^src/(${STAGES.filter(other => other !== stage).join('|')}|admin|jobs|commands)/|^src/(agent|main)\\.ts$`,
      },
    })),
    {
      name: 'shapes-import-nothing',
      comment: 'reading.ts and errors.ts are what everything meets in.',
      severity: 'error',
      from: { path: '^src/(reading|errors|admin-errors|limit-errors|listener-errors)\\.ts$' },
      to: { pathNot: '^src/(reading|errors|admin-errors|limit-errors|listener-errors)\\.ts$' },
    },
    {
      name: 'mqtt-only-in-ingest',
      comment: 'The simulator is a sensor, not part of the agent, so it may speak MQTT as one.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(ingest|simulator)/' },
      to: { path: 'node_modules/(aedes|mqtt|ws)/' },
    },
    {
      name: 'http-to-brokers-only-in-uplink',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(uplink|commands|egress)/' },
      to: { path: 'node_modules/(axios|undici)/' },
    },
    {
      name: 'lmdb-only-in-journal',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/journal/' },
      to: { path: 'node_modules/lmdb/' },
    },
    {
      name: 'cron-only-in-jobs',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/jobs/' },
      to: { path: 'node_modules/node-cron/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '^src/(reading|errors)\\.ts$' },
      to: {},
    },
    { name: 'no-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
}

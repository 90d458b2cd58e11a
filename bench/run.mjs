/** `npm run bench`: measures the agent and a bare aedes under the same load, in turns, and prints a table with the ratio. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { formatImport, measureImport } from './import.mjs'
import { measureMapping } from './mapping.mjs'
import { getMedians } from './measure.mjs'
import { formatOutage, measureOutage } from './outage.mjs'
import { formatRegistry, measureRegistry } from './registry.mjs'
import { runRound } from './round.mjs'
import { SHAPES } from './shapes.mjs'
import { formatMapping, formatTable } from './table.mjs'

const SERVERS = ['aedes', 'agent']
const MAPPING_ROUNDS = 7
const READINGS_MAX = 1e6

const USAGE = `node bench/run.mjs [--shape w1|pipe | --mapping | --outage | --registry | --import] [--qos 0|1] [--rounds N] [--readings N] [--json]

--shape     one shape of traffic only
--mapping   decode and map alone
--outage    a backlog, kill -9, a start and the drain, with so many --readings (1,000,000 by default)
--registry  a start with 100,000 devices: how long they take to load, and what each costs in memory
--import    10,000 devices imported while readings come: how long it takes, and what sensors notice
--qos       one quality of service only
--rounds    rounds per load and server, of which the median counts; 3 by default
--readings  readings per round, at most ${READINGS_MAX.toLocaleString('en')}
--json      the medians and every round as JSON`

// By way of an exit, so that the agent and its folder go too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const options = readOptions()
if (options === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else if (options.outage !== undefined) {
  const outage = await measureOutage(options.outage)
  console.log(
    options.isJson ? JSON.stringify(outage, undefined, 2) : `${describeMachine()}\n\n${formatOutage(outage)}`,
  )
} else if (options.isImport) {
  const figures = await measureImport()
  console.log(options.isJson ? JSON.stringify(figures) : `${describeMachine()}\n\n${formatImport(figures)}`)
} else if (options.isRegistry) {
  console.log(
    options.isJson ? JSON.stringify(await measureRegistry()) : formatRegistry(await measureRegistry()),
  )
} else {
  await runAll(options)
}

async function runAll({ loads, withMapping, rounds, isJson }) {
  const results = []
  for (const load of loads) {
    const measured = await runLoad(load, rounds)
    results.push(...measured)
  }
  const mapping = withMapping ? await measureMapping(MAPPING_ROUNDS) : []
  if (isJson) console.log(JSON.stringify({ machine: describeMachine(), results, mapping }, undefined, 2))
  else {
    console.log(`\n${describeMachine()}`)
    if (results.length > 0) console.log(`\n${formatTable(results)}`)
    if (mapping.length > 0) console.log(`\n${formatMapping(mapping)}`)
  }
}

/** Servers take turns within each round, so that a slow moment of the machine meets both. */
async function runLoad(load, rounds) {
  const { shape, qos } = load
  const measured = new Map(SERVERS.map(server => [server, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const server of SERVERS) {
      const result = await runRound(server, load)
      measured.get(server).push(result)
      const cpu = result.cpuMicrosPerReading.toFixed(1)
      console.error(`${shape.name} QoS ${qos} round ${round}/${rounds} ${server}: ${cpu} CPU µs per reading`)
    }
  }
  const medians = new Map(SERVERS.map(server => [server, getMedians(measured.get(server))]))
  const bare = medians.get('aedes').cpuMicrosPerReading
  return SERVERS.map(server => ({
    shape: shape.name,
    title: shape.title,
    qos,
    server,
    ratio: medians.get(server).cpuMicrosPerReading / bare,
    medians: medians.get(server),
    rounds: measured.get(server),
  }))
}

function describeMachine() {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim()}, Node.js ${process.version}`
}

/** Undefined when they make no sense. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string' },
      qos: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      readings: { type: 'string' },
      mapping: { type: 'boolean', default: false },
      outage: { type: 'boolean', default: false },
      registry: { type: 'boolean', default: false },
      import: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.outage) {
    const outage = Number(values.readings ?? 1e6)
    return Number.isInteger(outage) && outage >= 1 && outage <= READINGS_MAX
      ? { outage, isJson: values.json }
      : undefined
  }
  if (values.import) return { isImport: true, isJson: values.json }
  if (values.registry) return { isRegistry: true, isJson: values.json }
  const allShapes = values.mapping ? [] : Object.keys(SHAPES)
  const shapes = values.shape === undefined ? allShapes : [values.shape]
  const levels = values.qos === undefined ? ['1', '0'] : [values.qos]
  const rounds = Number(values.rounds)
  const loads = shapes.flatMap(name => levels.map(qos => toLoad(SHAPES[name], qos, values.readings)))
  if (loads.includes(undefined) || !Number.isInteger(rounds) || rounds < 1) return undefined
  return { loads, withMapping: values.shape === undefined, rounds, isJson: values.json }
}

function toLoad(shape, qos, readingsText) {
  const readings = Number(readingsText ?? shape?.readings)
  const isValid =
    shape !== undefined &&
    ['0', '1'].includes(qos) &&
    Number.isInteger(readings) &&
    readings >= 1 &&
    readings <= READINGS_MAX
  return isValid ? { shape, qos: Number(qos), readings } : undefined
}

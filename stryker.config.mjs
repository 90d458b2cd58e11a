/** `npm run mutate`: breaks decoders, mapping and expressions in thousands of ways, and sees whether the tests notice. Takes an hour. */
export default {
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules'],
  jest: {
    config: { ...(await import('./jest.config.mjs')).default, roots: ['test/decode', 'test/map'] },
    enableFindRelatedTests: true,
  },
  coverageAnalysis: 'perTest',
  // The sandbox runs as built code, in threads that no mutant reaches.
  mutate: ['src/decode/**/*.ts', '!src/decode/sandbox/**', 'src/map/**/*.ts', 'src/profiles/expression*.ts'],
  // What a module makes once, when it is loaded, would need all tests again for each mutant.
  ignoreStatic: true,
  reporters: ['clear-text', 'json'],
  clearTextReporter: { reportTests: false, allowColor: false },
  jsonReporter: { fileName: 'data/mutation.json' },
  thresholds: { high: 90, low: 85, break: 85 },
  tempDirName: 'data/stryker',
  concurrency: 2,
}

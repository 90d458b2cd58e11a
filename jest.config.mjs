/** Tests run on the TypeScript sources as ES modules; flow tests start the built agent as its own process. */
export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { target: 'es2023', parser: { syntax: 'typescript' } }, sourceMaps: 'inline' },
    ],
  },
  testTimeout: 120_000,
  // One more than the processors of a small machine: whoever tests an agent waits for it a third of the time.
  maxWorkers: 3,
  // Modules of a test file stay in memory after it; a worker that has gathered too many spends its time collecting.
  workerIdleMemoryLimit: '600MB',
}

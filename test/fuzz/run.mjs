/** `npm run fuzz -- --seconds 600 --seed 1`: all targets of this folder, one after the other, each for its share of the time. */
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    seed: { type: 'string', default: `${Date.now() % 1_000_000_000}` },
  },
})
for (const name of ['seconds', 'seed']) {
  if (!/^\d+$/.test(values[name])) {
    console.error(`--${name}: expected a whole number, got ${values[name]}`)
    process.exit(2)
  }
}
console.log(`fuzzing for ${values.seconds} s from seed ${values.seed}`)
const jest = ['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', '--runInBand', 'test/fuzz']
const { status } = spawnSync(process.execPath, jest, {
  stdio: 'inherit',
  env: { ...process.env, TROMOST_FUZZ_SECONDS: values.seconds, TROMOST_FUZZ_SEED: values.seed },
})
process.exit(status ?? 1)

/** `npm run bench -- --registry`: what 100,000 provisioned devices cost at a start, in a process of its own. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const DEVICES = 100_000
const LOAD = fileURLToPath(new URL('registry-load.mjs', import.meta.url))

/** Gives times in milliseconds and bytes for each device. */
export async function measureRegistry() {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', LOAD, String(DEVICES)])
  return JSON.parse(stdout)
}

export function formatRegistry(figures) {
  const format = (value, digits = 0) => value.toLocaleString('en', { maximumFractionDigits: digits })
  return [
    `${format(figures.devices)} devices with passwords`,
    `loaded in ${format(figures.loadMs)} ms (${format(figures.loadCpuMs)} ms of processor time), copied to the draining thread in ${format(figures.copyMs)} ms`,
    `${format(figures.bytesMain)} bytes each on the main thread, ${format(figures.bytesDraining)} on the draining thread`,
    `a change of one of them: ${format(figures.changeMs, 1)} ms; a page of a search in all names: ${format(figures.listMs)} ms`,
  ].join('\n')
}

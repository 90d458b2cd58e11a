/** The version of this build, from the package that it belongs to. */
import { readFileSync } from 'node:fs'
import { z } from 'zod'

export function getVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}

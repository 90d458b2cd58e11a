/** A place for an agent where it may do next to nothing: no rights, no network but its own, and one folder that can be written. */
import { spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentFolder } from './agent-folder.ts'

/** Nobody that the machine knows. */
export const CONFINED_USER = 10_001

const NO_RIGHTS = [
  ...['setpriv', `--reuid=${CONFINED_USER}`, `--regid=${CONFINED_USER}`, '--clear-groups'],
  ...['--bounding-set=-all', '--inh-caps=-all', '--no-new-privs'],
]

/** A command that an agent of this folder is started by; nothing where this user may not confine anybody. */
export function confine(folder: AgentFolder): readonly string[] | undefined {
  const data = join(folder.path, 'data')
  mkdirSync(data)
  const shut = `mount --bind ${data} ${data} && mount -o remount,bind,ro / && ip link set lo up`
  const inside = ['unshare', '--mount', '--net', 'sh', '-c', `${shut} && exec "$@"`, 'sh', ...NO_RIGHTS]
  const [command = '', ...rest] = [...inside, 'true']
  if (spawnSync(command, rest).status !== 0) return undefined
  for (const path of [folder.path, data]) chownSync(path, CONFINED_USER, CONFINED_USER)
  return inside
}

/** Runs a command in the network of a confined process, or in that of all; gives what it printed. */
export function runInNetwork(pid: number | undefined, command: readonly string[]): string {
  const enter = pid === undefined ? [] : ['nsenter', `--net=/proc/${pid}/ns/net`]
  const [program = '', ...rest] = [...enter, ...command]
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`expected ${command.join(' ')} to succeed, got ${stdout}${stderr}`)
  return stdout
}

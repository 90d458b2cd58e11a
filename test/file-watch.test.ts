import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Checked } from '../src/document.ts'
import { FileWatch, lookAtAll } from '../src/file-watch.ts'
import { loadProfiles } from '../src/profiles/load.ts'
import type { Profile } from '../src/profiles/profile.ts'
import { SOUND } from './profiles/sound-profile.ts'
import { AgentFolder } from './support/agent-folder.ts'

let folder: AgentFolder
let used: string[]
let faults: string[]
let watch: FileWatch<ReadonlyMap<string, Profile>>

beforeEach(() => {
  folder = new AgentFolder()
  used = []
  faults = []
  const paths = [join(folder.path, 'profiles')]
  watch = new FileWatch({
    paths,
    load: async (): Promise<Checked<ReadonlyMap<string, Profile>>> => loadProfiles(paths),
    use: async profiles => {
      used.push([...profiles.keys()].sort().join())
      return []
    },
    onFaults: found => faults.push(...found.map(({ key, problem }) => `${key}: ${problem}`)),
  })
})

afterEach(() => folder.remove())

function write(id: string, changes: object = {}): void {
  folder.write(`profiles/${id}.yaml`, { ...SOUND, id, ...changes })
}

async function lookTwice(): Promise<void> {
  await lookAtAll([watch])
  await lookAtAll([watch])
}

test('nothing is loaded again while nothing changes', async () => {
  await lookTwice()
  expect([used, faults]).toEqual([[], []])
})

test('a profile that is added, changed, moved or removed is taken over once', async () => {
  write('new')
  await lookTwice()
  await lookTwice()
  expect(used).toEqual(['new,test-six'])
  write('new', { vendor: 'Somebody else' })
  await lookTwice()
  expect(used).toHaveLength(2)
  renameSync(join(folder.path, 'profiles/new.yaml'), join(folder.path, 'profiles/newer.yaml'))
  await lookTwice()
  expect(used).toHaveLength(3)
  rmSync(join(folder.path, 'profiles/newer.yaml'))
  await lookTwice()
  expect(used.at(-1)).toBe('test-six')
})

test('a file beside a profile counts as well: its script may be there', async () => {
  folder.write('profiles/codec.js', 'function decodeUplink() {}')
  await lookTwice()
  expect(used).toHaveLength(1)
})

test('a file that is still being written is waited for', async () => {
  write('new')
  await watch.look()
  expect(used).toEqual([])
  write('new', { vendor: 'A longer name' })
  await watch.look()
  expect(used).toEqual([])
  await watch.look()
  expect(used).toEqual(['new,test-six'])
})

test('a change with faults is told once and not used, and what corrects it is', async () => {
  write('new', { interval: 'often' })
  await lookTwice()
  await lookTwice()
  expect(used).toEqual([])
  expect(faults).toEqual(['interval: expected a duration with its unit, such as 10m or 1h, got "often"'])
  write('new')
  await lookTwice()
  expect(used).toEqual(['new,test-six'])
})

test('what names something in another file is used when that is there, whichever was looked at first', async () => {
  const names: string[] = []
  const create = (name: string, needs: string) =>
    new FileWatch({
      paths: [join(folder.path, name)],
      load: async (): Promise<Checked<string>> => ({ value: name }),
      use: async () => {
        const problem = `expected ${needs}`
        if (needs !== '' && !names.includes(needs)) return [{ file: name, key: '', problem }]
        names.push(name)
        return []
      },
      onFaults: found => faults.push(...found.map(({ problem }) => problem)),
    })
  const watches = [create('one', 'other'), create('other', '')]
  const look = async () => {
    await lookAtAll(watches)
    await lookAtAll(watches)
  }
  folder.write('one', {})
  await look()
  expect([names, faults]).toEqual([[], ['expected other']])
  folder.write('other', {})
  await look()
  await look()
  expect([names, faults]).toEqual([['other', 'one'], ['expected other']])
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { claimDataFolder } from '../../src/commands/data-folder.ts'
import { until } from '../support/until.ts'

const TAKEN = { code: 'DATA_DIR_UNUSABLE', detail: expect.stringContaining('another agent is running') }

let folder = ''
let dataDir = ''

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'data-folder-'))
  dataDir = join(folder, 'data')
})

afterEach(() => rmSync(folder, { recursive: true }))

describe('a data folder', () => {
  test('is made where it is not there, and is for one agent at a time', async () => {
    const release = await claimDataFolder(dataDir)
    expect(existsSync(dataDir)).toBe(true)
    await expect(claimDataFolder(dataDir)).rejects.toMatchObject(TAKEN)
    await release()
    await (await claimDataFolder(dataDir))()
  })

  test('is one folder, by whatever name it is called', async () => {
    const release = await claimDataFolder(dataDir)
    symlinkSync(dataDir, join(folder, 'other'))
    await expect(claimDataFolder(join(folder, 'other'))).rejects.toMatchObject(TAKEN)
    await expect(claimDataFolder(join(folder, 'x/../data/.'))).rejects.toMatchObject(TAKEN)
    await release()
  })

  test('is free when the agent that had it was killed and left its socket behind', async () => {
    mkdirSync(dataDir)
    const path = join(dataDir, 'agent.sock')
    const agent = spawn(process.execPath, [
      '-e',
      `require('net').createServer().listen(${JSON.stringify(path)})`,
    ])
    try {
      await until('it has the folder', () => existsSync(path))
      await expect(claimDataFolder(dataDir)).rejects.toMatchObject(TAKEN)
    } finally {
      agent.kill('SIGKILL')
    }
    await once(agent, 'close')
    expect(existsSync(path)).toBe(true)
    await (await claimDataFolder(dataDir))()
  })

  test.each(['2', 'something else'])(
    'of another format is left alone, and the folder is free again: %s',
    async format => {
      await (await claimDataFolder(dataDir))()
      const file = join(dataDir, 'format')
      expect(readFileSync(file, 'utf8')).toBe('1\n')
      writeFileSync(file, format)
      const detail = `${file}: expected the format 1 of this version, got "${format}"; start the version that wrote it`
      await expect(claimDataFolder(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE', detail })
      expect(readFileSync(file, 'utf8')).toBe(format)
      writeFileSync(file, '')
      await (await claimDataFolder(dataDir))()
    },
  )

  test('does not stand in the way of another one', async () => {
    const releases = [await claimDataFolder(dataDir), await claimDataFolder(join(folder, 'other'))]
    await Promise.all(releases.map(release => release()))
  })

  test('may have a path that is longer than that of a socket can be', async () => {
    const long = join(folder, 'a'.repeat(100), 'data')
    const release = await claimDataFolder(long)
    symlinkSync(long, join(folder, 'short'))
    await expect(claimDataFolder(long)).rejects.toMatchObject(TAKEN)
    await expect(claimDataFolder(join(folder, 'short'))).rejects.toMatchObject(TAKEN)
    await release()
    await (await claimDataFolder(long))()
  })

  test('that cannot be one is told', async () => {
    writeFileSync(dataDir, '')
    await expect(claimDataFolder(dataDir)).rejects.toMatchObject({ code: 'DATA_DIR_UNUSABLE' })
  })
})

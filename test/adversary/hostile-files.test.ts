import { request } from 'node:http'
import { deflateRawSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { AdminClient } from '../support/admin-client.ts'
import { TENANT, Town } from '../support/town.ts'
import { until } from '../support/until.ts'

const IMPORT = `/api/v1/devices/import?tenant=${TENANT}`

let town: Town
let admin: AdminClient

beforeAll(async () => {
  town = await Town.start({ deviceCount: 1 })
  admin = new AdminClient(town.agent.httpUrl, town.agent.token)
})

afterAll(() => town.close())

interface Job {
  readonly id: string
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
  readonly problem?: string
  readonly lines: readonly { readonly line: number; readonly verdict: string; readonly problem?: string }[]
}

/** Once it has ended. */
async function importFile(body: string | Uint8Array, type = 'text/csv'): Promise<Job> {
  const { id } = await admin.post(IMPORT, body, { 'Content-Type': type })
  let job: Job | undefined
  await until('the import has ended', async () => {
    job = (await admin.get(`/api/v1/devices/import/${id}?limit=1000`)) as unknown as Job
    return job.state !== 'running'
  })
  if (job === undefined) throw new Error('expected a job')
  return job
}

describe('T64: a sheet', () => {
  test('of ten thousand rows, some of them hostile, has a verdict for each', async () => {
    const rows = Array.from({ length: 10_000 }, (_, at) => `bulk-${at};test-six;Soba ${at}`)
    rows[10] = 'bulk-9;test-six;twice'
    rows[20] = `formula;test-six;=cmd|' /C calc'!A0`
    rows[30] = 'quote;test-six;"Soba ""30"";\n+1"'
    rows[40] = 'nowhere;test-six;a;b;c;d;e'
    rows[50] = 'proto;__proto__;x'
    const job = await importFile(['id;profile;name', ...rows].join('\r\n'))
    expect(job).toMatchObject({ state: 'finished', counts: { created: 9_996, refused: 4 } })
    const { lines } = (await admin.get(`/api/v1/devices/import/${job.id}?verdict=refused`)) as unknown as Job
    // The quoted line break of row 30 moves those after it by one line.
    expect(lines.map(({ line }) => line)).toEqual([12, 22, 43, 53])
  }, 120_000)

  test('leaves with its formulas escaped, and comes back as it was', async () => {
    await admin.post('/api/v1/devices', {
      ...{ tenant: TENANT, id: 'calc', profile: 'test-six', name: `=HYPERLINK("http://evil.example")` },
      attributes: { note: '@SUM(1+1)', plus: '+386', minus: '-cmd' },
    })
    const { text } = await admin.ask('GET', `/api/v1/devices/export?tenant=${TENANT}`)
    const row = text.split('\n').find(line => line.startsWith('calc')) ?? ''
    expect(row).toContain('HYPERLINK')
    expect(row.split(';').filter(cell => /^"?[=+@]/.test(cell))).toEqual([])
    const again = await importFile(text)
    expect(again.counts).toMatchObject({ created: 0, updated: 0, refused: 0 })
  })
})

describe('T65: what is no sheet', () => {
  test('a workbook is refused before anything is unpacked, whatever it says of itself', async () => {
    const workbook = zip('xl/worksheets/sheet1.xml', Buffer.alloc(64 * 1024 * 1024, '<row/>'))
    for (const type of [
      'text/csv',
      'application/octet-stream',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    ]) {
      const answer = await admin.ask('POST', IMPORT, { body: workbook, headers: { 'Content-Type': type } })
      expect([answer.status, answer.body['code']]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED'])
    }
  })

  test('XML with an entity that names a file of the agent is refused, and nothing of the file is told', async () => {
    const xml = `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>`
    const answer = await admin.ask('POST', IMPORT, {
      body: xml,
      headers: { 'Content-Type': 'application/xml' },
    })
    expect(answer.status).toBe(415)
    const job = await importFile(xml)
    expect(job).toMatchObject({ state: 'failed', counts: { created: 0 } })
    expect(JSON.stringify(job)).not.toContain('root:')
  })

  test('of a million empty rows there are no devices', async () => {
    const job = await importFile(`id;profile\n${';\n'.repeat(1_000_000)}`)
    expect(job.counts).toMatchObject({ created: 0, refused: 0 })
  }, 120_000)

  test('a file that is larger than 16 MiB is refused before it is read', async () => {
    const asked = request(`${town.agent.httpUrl}${IMPORT}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${town.agent.token}`, 'content-type': 'text/csv' },
        'content-length': 16 * 1024 * 1024 + 1,
      },
    })
    asked.on('error', () => undefined).flushHeaders()
    const status = await new Promise(resolve => {
      asked.once('response', answer => resolve(answer.resume().statusCode))
    })
    asked.destroy()
    expect(status).toBe(413)
  })

  test.each([
    ['of a hundred thousand brackets', '['.repeat(100_000)],
    ['of a depth that is closed again', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ['with an object for a name', '[{"id":{"a":1},"profile":["x"],"name":{"toString":1}}]'],
  ])('JSON %s makes no device', async (_case, text) => {
    const job = await importFile(text, 'application/json')
    expect(job.counts['created']).toBe(0)
    expect((await town.agent.get('/readyz')).status).toBe(200)
  })
})

test('T65: a key that would be of all objects is none of the device', async () => {
  const row = '{"id":"p","profile":"test-six","__proto__":{"description":"x"},"constructor":{"name":"y"}}'
  expect(await importFile(`[${row}]`, 'application/json')).toMatchObject({ counts: { created: 1 } })
  const { value } = await admin.get(`/api/v1/devices/${TENANT}/p`)
  expect(value).toEqual({ tenant: TENANT, id: 'p', profile: 'test-six', attributes: {} })
})

test('readings go on after all that', async () => {
  const [sensor] = await town.connectSensors()
  sensor?.publish(5)
  await until('they are acknowledged', () => sensor?.acknowledged.length === 5)
  expect(await town.agent.settled(TENANT)).toMatchObject({ received: 5, delivered: 5 })
})

/** A zip archive of one file, as small as its zeros allow. */
function zip(name: string, content: Buffer): Buffer {
  const packed = deflateRawSync(content)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04_03_4b_50, 0)
  head.writeUInt16LE(20, 4)
  head.writeUInt16LE(8, 8)
  head.writeUInt32LE(packed.length, 18)
  head.writeUInt32LE(content.length, 22)
  head.writeUInt16LE(name.length, 26)
  return Buffer.concat([head, Buffer.from(name), packed])
}

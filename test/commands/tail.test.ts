import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { formatLine } from '../../src/commands/tail.ts'
import type { TailLine, TailListener } from '../../src/trace/tail-hub.ts'
import type { TracedMessage } from '../../src/trace/traced-message.ts'
import { TestHttp, TOKEN } from '../admin/test-http.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

const MESSAGE: TracedMessage = {
  tenant: 'kranj',
  device: 'sava-1',
  position: 7,
  topic: 'tromost/sava-1/up',
  qos: 1,
  receivedAt: '2026-01-15T09:00:00.000Z',
  payload: { bytes: 4, hex: '312e3837', text: '1.87' },
  entities: [
    {
      id: 'urn:ngsi-ld:WaterObserved:sava-1',
      type: 'WaterObserved',
      waterLevel: { type: 'Property', value: 1.87, observedAt: '2026-01-15T09:00:00.000Z' },
    },
  ],
  destinations: [
    {
      destination: 'main',
      outcome: 'delivered',
      settledAt: '2026-01-15T09:00:00.035Z',
      requests: [],
      answers: [
        {
          entity: 'urn:ngsi-ld:WaterObserved:sava-1',
          sentAt: '2026-01-15T09:00:00.030Z',
          answeredAt: '2026-01-15T09:00:00.034Z',
          entities: 1,
          status: 204,
          words: 'confirmed',
        },
      ],
    },
  ],
}
const LINE =
  '2026-01-15T09:00:00.000Z kranj/sava-1  WaterObserved waterLevel=1.87 → main: delivered in 35 ms (HTTP 204, confirmed)'

let http: TestHttp
let filters: object[]

beforeAll(ensureBuilt)

afterEach(() => http?.close())

/** Says these lines to whoever listens, and ends. */
async function open(lines: readonly TailLine[], host?: string): Promise<string> {
  filters = []
  http = await TestHttp.open(
    {
      tenantIds: ['kranj'],
      listenToMessages: async ({ filter, hear }: TailListener) => {
        filters.push(filter)
        setImmediate(() => {
          for (const line of lines) hear(line)
          setImmediate(() => void http.close())
        })
        return async () => {}
      },
    },
    host,
  )
  return `http://127.0.0.1:${http.port}`
}

describe('a line', () => {
  test('says what was delivered, where to, how fast and what the broker answered', () => {
    expect(formatLine(MESSAGE)).toBe(LINE)
  })

  test('says what was refused, and why, with the payload that nothing was made of', () => {
    const { entities: _entities, ...rest } = MESSAGE
    const code = 'DECODE_FAILED'
    const destinations = [
      {
        destination: 'main',
        outcome: 'quarantined' as const,
        code,
        detail: 'no number',
        requests: [],
        answers: [],
      },
    ]
    expect(formatLine({ ...rest, payload: { bytes: 2, hex: 'ff00' }, destinations })).toBe(
      '2026-01-15T09:00:00.000Z kranj/sava-1  ff00 → main: quarantined DECODE_FAILED: no number',
    )
  })

  test('is one line, whatever was sent', () => {
    const { entities: _entities, ...rest } = MESSAGE
    expect(
      formatLine({ ...rest, payload: { bytes: 3, hex: '', text: 'a\n\u001b[2J' }, destinations: [] }),
    ).toBe('2026-01-15T09:00:00.000Z kranj/sava-1  a [2J → ')
  })

  test('says how many were too many', () => {
    expect(formatLine({ dropped: 12 })).toBe('… and 12 more, too many to show')
  })
})

describe('tromost tail', () => {
  test('shows messages as they cross, and ends with exit code 3 when the agent does', async () => {
    const url = await open([MESSAGE, { dropped: 2 }])
    const { code, stdout, stderr } = await runTromost(['tail', 'sava-1', '--url', url, '--tenant', 'kranj'])
    expect([code, stdout]).toEqual([3, `${LINE}\n… and 2 more, too many to show\n`])
    expect(stderr).toMatch(new RegExp(`^AGENT_UNREACHABLE: ${url}: `))
    expect(filters).toEqual([{ tenant: 'kranj', device: 'sava-1' }])
  })

  test('gives them as JSON, and sends the token', async () => {
    const url = await open([MESSAGE], '0.0.0.0')
    const { stdout } = await runTromost(['tail', '--json', '--url', url, '--token', TOKEN])
    expect(JSON.parse(stdout)).toEqual(MESSAGE)
    expect(filters).toEqual([{}])
  })

  test('is told of a tenant that there is not: exit code 2', async () => {
    const url = await open([])
    expect(await runTromost(['tail', '--url', url, '--tenant', 'bled'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'tenant: expected one of kranj, got bled\n',
    })
  })

  test('an agent that is not there: exit code 3', async () => {
    const url = await open([])
    await http.close()
    expect(await runTromost(['tail', '--url', url])).toMatchObject({ code: 3, stdout: '' })
  })
})

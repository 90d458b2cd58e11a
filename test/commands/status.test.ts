import { createServer } from 'node:http'
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals'
import { createLane, TestHttp, TOKEN } from '../admin/test-http.ts'
import { ensureBuilt, runTromost } from './run-tromost.ts'

const MIB = 1024 ** 2

let http: TestHttp | undefined

beforeAll(ensureBuilt)

afterEach(() => http?.close())

async function open(host?: string): Promise<string> {
  const troubled = createLane({ destination: 'other', trouble: 'connect ECONNREFUSED' })
  const bridge = { id: 'lora', tenant: 'kranj', url: 'mqtt://lns', isConnected: true, acknowledged: 7 }
  const getBridges = () => [bridge, { ...bridge, id: 'meters', isConnected: false, trouble: 'timeout' }]
  const getJournalUsage = () => ({
    bytes: 50 * MIB,
    maxBytes: 100 * MIB,
    tenants: [
      { tenant: 'kranj', bytes: 42 * MIB, maxBytes: 50 * MIB },
      { tenant: 'bled', bytes: 8 * MIB, maxBytes: 50 * MIB },
    ],
  })
  const getLanes = async () => [createLane(), troubled]
  http = await TestHttp.open({ getBridges, getLanes, getJournalUsage }, host)
  return `http://127.0.0.1:${http.port}`
}

describe('a running agent', () => {
  test('is told by its bridges and lanes, a line each', async () => {
    expect(await runTromost(['status', '--url', await open()])).toEqual({
      code: 0,
      stdout: [
        'tromost 1.2.3, running since 2026-01-15T09:00:00.000Z\n',
        'bridge lora → kranj: connected, 7 acknowledged\n',
        'bridge meters → kranj: not connected, 7 acknowledged; timeout\n',
        'kranj → main: 10 waiting; 6 values came late; 7 messages had a time that was not believed\n',
        'kranj → other: 10 waiting; 6 values came late; 7 messages had a time that was not believed; connect ECONNREFUSED\n',
        'journal of kranj: 84 % of 50 MiB\n',
      ].join(''),
      stderr: '',
    })
  })

  test('whose lane somebody has to look after says so first', async () => {
    const barred = createLane({ trouble: 'HTTP 401', alarm: 'DESTINATION_LOGIN' })
    http = await TestHttp.open({ getLanes: async () => [barred] })
    const { stdout } = await runTromost(['status', '--url', `http://127.0.0.1:${http.port}`])
    expect(stdout.split('\n')[1]).toBe(
      'kranj → main: 10 waiting; 6 values came late; 7 messages had a time that was not believed; ALARM DESTINATION_LOGIN: HTTP 401',
    )
  })

  test('is told how fast its lanes are', async () => {
    const getRate = () => ({ receivedPerMinute: 120, deliveredPerMinute: 90 })
    http = await TestHttp.open({ getLanes: async () => [createLane()], getRate })
    const { stdout } = await runTromost(['status', '--url', `http://127.0.0.1:${http.port}`])
    expect(stdout).toContain('kranj → main: 10 waiting; 120 a minute received; 90 delivered; 6 values')
  })

  test('whose quarantine is nearly full says so below the lane', async () => {
    const flooded = createLane({ quarantine: { bytes: 9 * MIB, maxBytes: 10 * MIB } })
    http = await TestHttp.open({ getLanes: async () => [flooded, createLane({ destination: 'other' })] })
    const { stdout } = await runTromost(['status', '--url', `http://127.0.0.1:${http.port}`])
    expect(stdout).toMatch(/^kranj → main: .*\n {2}quarantine: 90 % of 10 MiB\nkranj → other: .*\n$/m)
  })

  test('is told as JSON', async () => {
    const { code, stdout } = await runTromost(['status', '--json', '--url', await open()])
    const quarantine = { bytes: 900, maxBytes: 4_000 }
    const times = { attributesLate: 6, doubtfulTimes: 7 }
    const lane = { tenant: 'kranj', waiting: 10, requestsInFlight: 2, alarms: [], quarantine, ...times }
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      {
        version: '1.2.3',
        startedAt: '2026-01-15T09:00:00.000Z',
        alarms: [],
        lanes: [
          { ...lane, destination: 'main' },
          { ...lane, destination: 'other', trouble: 'connect ECONNREFUSED' },
        ],
        bridges: [
          { id: 'lora', tenant: 'kranj', url: 'mqtt://lns', isConnected: true, acknowledged: 7 },
          {
            ...{ id: 'meters', tenant: 'kranj', url: 'mqtt://lns', acknowledged: 7 },
            ...{ isConnected: false, trouble: 'timeout' },
          },
        ],
        journal: expect.objectContaining({ bytes: 50 * MIB, maxBytes: 100 * MIB }),
      },
    ])
  })

  test('is told with what alarms it', async () => {
    const place = { kind: 'balance', tenant: 'kranj', subject: 'main' } as const
    const alarm = { id: 1, ...place, severity: 'critical', message: 'one is missing', since: 0 } as const
    http = await TestHttp.open({ getAlarms: () => [alarm] })
    const { stdout } = await runTromost(['status', '--url', `http://127.0.0.1:${http.port}`])
    expect(stdout).toContain(
      'ALARM (critical) since 1970-01-01T00:00:00.000Z: balance kranj main: one is missing\n',
    )
  })

  test('that asks for the token gets it from the option or from the environment', async () => {
    const url = await open('0.0.0.0')
    expect(await runTromost(['status', '--url', url, '--token', TOKEN])).toMatchObject({ code: 0 })
    const environment = { TROMOST_TOKEN: TOKEN }
    expect(await runTromost(['status', '--url', url], { environment })).toMatchObject({ code: 0 })
  })
})

describe('exit code 3', () => {
  test.each([[[]], [['--json']]])('is for an agent that is not there (%j)', async args => {
    const url = await getDeadAddress()
    const { code, stdout, stderr } = await runTromost(['status', '--url', url, ...args])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(new RegExp(`^AGENT_UNREACHABLE: ${url}: .*ECONNREFUSED`))
  })

  test('is for an agent that does not let us in', async () => {
    const url = await open('0.0.0.0')
    const { code, stderr } = await runTromost(['status', '--url', url, '--token', 'wrong'])
    expect([code, stderr]).toEqual([3, expect.stringMatching(/^AGENT_UNREACHABLE: .*401/)])
    expect(stderr).not.toContain('wrong')
  })

  test('is for something else that answers there', async () => {
    const server = createServer((_request, response) => response.end('<html>hello</html>'))
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    const { code, stdout, stderr } = await runTromost(['status', '--url', `http://127.0.0.1:${port}`])
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toMatch(/^AGENT_UNREACHABLE: /)
    server.close()
  })
})

/** Of a port that was just free. */
async function getDeadAddress(): Promise<string> {
  const url = await open()
  await http?.close()
  return url
}

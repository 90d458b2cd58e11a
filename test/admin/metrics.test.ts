import { beforeEach, describe, expect, test } from '@jest/globals'
import { Metrics, type MetricsSources } from '../../src/admin/metrics.ts'
import { BucketCounts, toHistogram } from '../../src/bucket-counts.ts'
import { createMessage } from '../support/messages.ts'
import { createLane } from './test-http.ts'

const NOTHING: MetricsSources = {
  getLanes: async () => [],
  getBridges: () => [],
  getDrainMetrics: async () => ({ omitted: 0, invalid: {}, closedAddresses: 0, histograms: [] }),
  getJournalUsage: () => ({ bytes: 0, maxBytes: 1, tenants: [] }),
  getWatched: () => ({ alarms: [], devices: [], webhooks: [] }),
}

let metrics: Metrics

beforeEach(() => {
  metrics = new Metrics()
})

describe('what ingest tells', () => {
  test('messages are counted by tenant and quality of service', async () => {
    for (const qos of [0, 1, 1, 2, 2, 2] as const)
      metrics.observer.received(createMessage({ tenant: 'kranj', qos }))
    metrics.observer.received(createMessage({ tenant: 'bled', qos: 1 }))
    expect(await getSeries('tromost_messages_received_total')).toEqual({
      'tenant="kranj",qos="0"': 1,
      'tenant="kranj",qos="1"': 2,
      'tenant="kranj",qos="2"': 3,
      'tenant="bled",qos="0"': 0,
      'tenant="bled",qos="1"': 1,
      'tenant="bled",qos="2"': 0,
    })
  })

  test('the time to the acknowledgement is a histogram in seconds', async () => {
    for (const elapsedMs of [0.5, 1, 3, 100_000]) metrics.observer.stored('kranj', elapsedMs)
    const buckets = await getSeries('tromost_ack_seconds_bucket')
    expect(buckets).toMatchObject({
      'tenant="kranj",le="0.0005"': 1,
      'tenant="kranj",le="0.001"': 2,
      'tenant="kranj",le="0.004"': 3,
      'tenant="kranj",le="4.096"': 3,
      'tenant="kranj",le="+Inf"': 4,
    })
    expect(await getSeries('tromost_ack_seconds_count')).toEqual({ 'tenant="kranj"': 4 })
    expect(await getSeries('tromost_ack_seconds_sum')).toEqual({ 'tenant="kranj"': 100.0045 })
  })

  test('who was turned away is counted by reason, and sockets as they are', async () => {
    metrics.observer.refused('LOGIN_REFUSED', 'x')
    metrics.observer.refused('LOGIN_REFUSED', 'y')
    metrics.observer.refused('TOPIC_FORBIDDEN', 'x')
    metrics.observer.connections(5)
    metrics.observer.connections(3)
    expect(await getSeries('tromost_refused_total')).toEqual({
      'reason="LOGIN_REFUSED"': 2,
      'reason="TOPIC_FORBIDDEN"': 1,
    })
    expect(await getSeries('tromost_connections')).toEqual({ '': 3 })
  })
})

describe('what the lanes tell', () => {
  const sources: MetricsSources = {
    ...NOTHING,
    getLanes: async () => [
      createLane({
        refusals: { DECODE_FAILED: 3, MAP_FAILED: 1 },
        alarms: [{ code: 'DECODE_FAILED', messages: 4, since: 0 }],
      }),
      createLane({
        ...{ tenant: 'bled', destination: 'other', trouble: 'refused', alarm: 'TOKEN_REFUSED' },
        ...{ breaker: 'open', concurrency: 1, requestsInFlight: 0, roundTripMs: 250 },
      }),
    ],
    getDrainMetrics: async () => ({
      omitted: 7,
      invalid: { ParkingSpot: 3 },
      closedAddresses: 2,
      histograms: [createDelivery()],
    }),
    getJournalUsage: () => ({
      bytes: 4_096,
      maxBytes: 8_192,
      tenants: [{ tenant: 'kranj', bytes: 4_000, maxBytes: 5_000 }],
    }),
  }

  test.each([
    ['tromost_readings_received_total', 100],
    ['tromost_readings_delivered_total', 80],
    ['tromost_readings_discarded_total', 3],
    ['tromost_readings_expired_total', 2],
    ['tromost_readings_skipped_total', 1],
    ['tromost_readings_duplicates_total', 0],
    ['tromost_readings_waiting', 10],
    ['tromost_quarantine_messages', 4],
    ['tromost_quarantine_bytes', 900],
    ['tromost_quarantine_max_bytes', 4_000],
    ['tromost_balance_holds', 1],
    ['tromost_lane_position', 90],
    ['tromost_attributes_late_total', 6],
    ['tromost_times_doubted_total', 7],
  ])('%s is there for each tenant and destination', async (name, value) => {
    expect(await getSeries(name, sources)).toEqual({
      'tenant="kranj",destination="main"': value,
      'tenant="bled",destination="other"': value,
    })
  })

  test('the quarantine is counted by reason', async () => {
    expect(await getSeries('tromost_readings_quarantined_total', sources)).toEqual({
      'tenant="kranj",destination="main",reason="DECODE_FAILED"': 3,
      'tenant="kranj",destination="main",reason="MAP_FAILED"': 1,
    })
  })

  test('each alarm is there with its reason', async () => {
    expect(await getSeries('tromost_quarantine_alarm', sources)).toEqual({
      'tenant="kranj",destination="main",reason="DECODE_FAILED"': 4,
    })
  })

  test.each([
    ['tromost_lane_trouble', 0, 1],
    ['tromost_lane_alarm', 0, 1],
    ['tromost_lane_breaker_open', 0, 1],
    ['tromost_lane_concurrency_limit', 4, 1],
    ['tromost_lane_requests_in_flight', 2, 0],
    ['tromost_lane_round_trip_seconds', 0.02, 0.25],
  ])('%s tells how a destination is treated', async (name, sound, troubled) => {
    expect(await getSeries(name, sources)).toEqual({
      'tenant="kranj",destination="main"': sound,
      'tenant="bled",destination="other"': troubled,
    })
  })

  test('the journal, the attributes left out and the time to delivery are there', async () => {
    expect(await getSeries('tromost_journal_bytes', sources)).toEqual({ '': 4_096 })
    expect(await getSeries('tromost_journal_max_bytes', sources)).toEqual({ '': 8_192 })
    expect(await getSeries('tromost_journal_tenant_bytes', sources)).toEqual({ 'tenant="kranj"': 4_000 })
    expect(await getSeries('tromost_journal_tenant_max_bytes', sources)).toEqual({ 'tenant="kranj"': 5_000 })
    expect(await getSeries('tromost_attributes_omitted_total', sources)).toEqual({ '': 7 })
    expect(await getSeries('tromost_delivery_seconds_count', sources)).toEqual({
      'tenant="kranj",destination="main"': 1,
    })
  })

  test('is told anew at each scrape, and not added up', async () => {
    await metrics.render(sources)
    await metrics.render(sources)
    expect(await getSeries('tromost_readings_delivered_total', sources)).toMatchObject({
      'tenant="kranj",destination="main"': 80,
    })
  })
})

test('every metric is told once, with its help and its type', async () => {
  metrics.observer.received(createMessage({ tenant: 'kranj', qos: 1 }))
  metrics.observer.stored('kranj', 1)
  const text = await metrics.render({ ...NOTHING, getLanes: async () => [createLane()] })
  const names = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name]) => name)
  expect(new Set(names).size).toBe(names.length)
  const ours = [...text.matchAll(/^(tromost_[a-z_]+)/gm)].map(([, name = '']) => name)
  const isTold = (name: string) => names.some(told => told === name || (told && name.startsWith(`${told}_`)))
  expect(ours.filter(name => !isTold(name))).toEqual([])
  for (const name of names.filter(name => name?.startsWith('tromost_'))) {
    expect(text).toMatch(new RegExp(`^# HELP ${name} [A-Z0-9]`, 'm'))
  }
  expect(text).toContain('# TYPE tromost_ack_seconds histogram')
})

test('the process itself is measured too', async () => {
  const text = await metrics.render(NOTHING)
  expect(text).toMatch(/^process_resident_memory_bytes \d+/m)
  expect(text).toMatch(/^nodejs_eventloop_lag_seconds \d/m)
})

/** The samples of one metric, by their labels as they are written. */
async function getSeries(name: string, sources = NOTHING): Promise<Readonly<Record<string, number>>> {
  const lines = (await metrics.render(sources)).split('\n')
  const samples = lines.flatMap(line => {
    const [, found, labels = '', value] = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? []
    return found === name ? [[labels, Number(value)] as const] : []
  })
  return Object.fromEntries(samples)
}

function createDelivery() {
  const counts = new BucketCounts([1, 10])
  counts.add(2)
  const name = 'tromost_delivery_seconds'
  return toHistogram(name, 'From PUBLISH to the confirmation of the destination.', [
    counts.toValues(name, { tenant: 'kranj', destination: 'main' }),
  ])
}

test('a bridge is counted with what it has fetched, and shown as up or down', async () => {
  const bridge = { tenant: 'kranj', url: 'mqtt://lns', acknowledged: 3 }
  const getBridges = () => [
    { ...bridge, id: 'lora', isConnected: true },
    { ...bridge, id: 'meters', isConnected: false, trouble: 'connect ECONNREFUSED', acknowledged: 0 },
  ]
  const text = await new Metrics().render({ ...NOTHING, getBridges })
  expect(text).toContain('tromost_bridge_connected{bridge="lora",tenant="kranj"} 1')
  expect(text).toContain('tromost_bridge_connected{bridge="meters",tenant="kranj"} 0')
  expect(text).toContain('tromost_bridge_acknowledged_total{bridge="lora",tenant="kranj"} 3')
})

test('alarms, devices and webhooks are told by kind, tenant and webhook', async () => {
  const place = {
    kind: 'device-silent',
    tenant: 'kranj',
    severity: 'warning',
    message: '',
    since: 0,
  } as const
  const sources: MetricsSources = {
    ...NOTHING,
    getWatched: () => ({
      alarms: [
        { ...place, id: 1, subject: 'six-1' },
        { ...place, id: 2, subject: 'six-2' },
        { ...place, id: 3, kind: 'disk-full', tenant: undefined, subject: '' },
      ],
      devices: [{ tenant: 'kranj', devices: 9, silent: 2, neverHeard: 3, lowBattery: 1 }],
      webhooks: [{ name: 'https://hooks.example', waiting: 4, dropped: 5, trouble: undefined }],
    }),
  }
  expect(await getSeries('tromost_alarms', sources)).toEqual({
    'kind="device-silent",tenant="kranj"': 2,
    'kind="disk-full",tenant=""': 1,
  })
  expect(await getSeries('tromost_devices', sources)).toEqual({ 'tenant="kranj"': 9 })
  expect(await getSeries('tromost_devices_silent', sources)).toEqual({ 'tenant="kranj"': 2 })
  expect(await getSeries('tromost_devices_never_heard', sources)).toEqual({ 'tenant="kranj"': 3 })
  expect(await getSeries('tromost_devices_low_battery', sources)).toEqual({ 'tenant="kranj"': 1 })
  expect(await getSeries('tromost_webhook_waiting', sources)).toEqual({
    'webhook="https://hooks.example"': 4,
  })
  expect(await getSeries('tromost_webhook_dropped_total', sources)).toEqual({
    'webhook="https://hooks.example"': 5,
  })
})

import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { AggregatorRegistry, Histogram, Registry } from 'prom-client'
import { BucketCounts, toHistogram } from '../src/bucket-counts.ts'

const NAME = 'tromost_test_seconds'
const BOUNDS = [0.1, 1, 10]

test('a histogram that nothing was added to is all zeros', () => {
  expect(new BucketCounts([1]).toValues(NAME, { tenant: 'kranj' })).toEqual([
    { metricName: `${NAME}_bucket`, labels: { tenant: 'kranj', le: 1 }, value: 0 },
    { metricName: `${NAME}_bucket`, labels: { tenant: 'kranj', le: '+Inf' }, value: 0 },
    { metricName: `${NAME}_sum`, labels: { tenant: 'kranj' }, value: 0 },
    { metricName: `${NAME}_count`, labels: { tenant: 'kranj' }, value: 0 },
  ])
})

test('buckets are cumulative, their bounds belong to them, and what is beyond the last one is in +Inf', () => {
  const counts = new BucketCounts(BOUNDS)
  for (const value of [0, 0.1, 0.11, 1, 9, 10, 10.1, 1e9]) counts.add(value)
  expect(counts.toValues(NAME, {}).map(({ labels, value }) => [labels['le'], value])).toEqual([
    [0.1, 2],
    [1, 4],
    [10, 6],
    ['+Inf', 8],
    [undefined, 1e9 + 30.31],
    [undefined, 8],
  ])
})

test('what it says can be asked for again, and goes on growing', () => {
  const counts = new BucketCounts(BOUNDS)
  const getCount = () => counts.toValues(NAME, {}).at(-1)?.value
  counts.add(1)
  expect([getCount(), getCount()]).toEqual([1, 1])
  counts.add(1)
  expect(getCount()).toBe(2)
})

test('it reads as a histogram of prom-client with the same values', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 2_000 })), async hundredths => {
      const counts = new BucketCounts(BOUNDS)
      const registry = new Registry()
      const histogram = new Histogram({
        name: NAME,
        help: 'Some seconds.',
        labelNames: ['tenant'],
        buckets: BOUNDS,
        registers: [registry],
      })
      histogram.zero({ tenant: 'kranj' })
      for (const value of hundredths.map(value => value / 128)) {
        counts.add(value)
        histogram.observe({ tenant: 'kranj' }, value)
      }
      const ours = toHistogram(NAME, 'Some seconds.', [counts.toValues(NAME, { tenant: 'kranj' })])
      expect(toLines(await render([ours]))).toEqual(toLines(await registry.metrics()))
    }),
    { numRuns: 50 },
  )
})

test('the histograms of several places become one metric', async () => {
  const [kranj, bled] = [new BucketCounts([1]), new BucketCounts([1])]
  kranj.add(0.5)
  bled.add(2)
  const metric = toHistogram(NAME, 'Some seconds.', [
    kranj.toValues(NAME, { tenant: 'kranj' }),
    bled.toValues(NAME, { tenant: 'bled' }),
  ])
  expect((await render([metric])).trim().split('\n')).toEqual([
    `# HELP ${NAME} Some seconds.`,
    `# TYPE ${NAME} histogram`,
    `${NAME}_bucket{tenant="kranj",le="1"} 1`,
    `${NAME}_bucket{tenant="kranj",le="+Inf"} 1`,
    `${NAME}_sum{tenant="kranj"} 0.5`,
    `${NAME}_count{tenant="kranj"} 1`,
    `${NAME}_bucket{tenant="bled",le="1"} 0`,
    `${NAME}_bucket{tenant="bled",le="+Inf"} 1`,
    `${NAME}_sum{tenant="bled"} 2`,
    `${NAME}_count{tenant="bled"} 1`,
  ])
})

function render(metrics: ReturnType<typeof toHistogram>[]): Promise<string> {
  return AggregatorRegistry.aggregate([metrics]).metrics()
}

/** Lines whose labels are in a fixed order: Prometheus sees no difference. */
function toLines(text: string): readonly string[] {
  return text
    .trim()
    .split('\n')
    .map(line => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').toSorted().join()}}`))
    .toSorted()
}

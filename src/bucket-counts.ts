/** A histogram that costs a few nanoseconds per value, for the hot path; turned into one of Prometheus when somebody asks. */
import type { MetricType } from 'prom-client'

/** A histogram as prom-client hands it from one process to another. */
export interface HistogramFigures {
  readonly name: string
  readonly help: string
  readonly type: MetricType
  readonly aggregator: 'sum'
  readonly values: readonly FigureValue[]
}

interface FigureValue {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

export class BucketCounts {
  readonly #bounds: readonly number[]
  /** One more than there are bounds: the last one takes what is beyond them. */
  readonly #counts: Float64Array
  #sum = 0

  /** `bounds` are the upper ends of the buckets, ascending. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = new Float64Array(bounds.length + 1)
  }

  add(value: number): void {
    let bucket = 0
    while (value > (this.#bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += value
  }

  /** The values of a Prometheus histogram: buckets are cumulative, and end with +Inf. */
  toValues(name: string, labels: Readonly<Record<string, string>>): readonly FigureValue[] {
    let total = 0
    const buckets = [...this.#bounds, '+Inf' as const].map((le, index) => {
      total += this.#counts[index] ?? 0
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: total }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: total },
    ]
  }
}

/** prom-client declares the enumeration, but has no such object at run time: there it is this text. */
const HISTOGRAM = 'histogram' as unknown as MetricType

/** The histograms of several places as one metric. */
export function toHistogram(
  name: string,
  help: string,
  values: readonly (readonly FigureValue[])[],
): HistogramFigures {
  return {
    name,
    help,
    type: HISTOGRAM,
    aggregator: 'sum',
    values: values.flat(),
  }
}

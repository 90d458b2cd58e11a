/** The payload of Sparkplug B (Sparkplug 3.0, 6.4) as it stands in the bytes: which type an integer has is often known from a birth only. */
import { DEPTH_MAX } from '../payload.ts'
import { SparkplugFault, Wire } from './wire.ts'

export interface SparkplugPayload {
  /** Milliseconds since the epoch, by the clock of the edge node. */
  readonly timestamp?: number
  readonly metrics: readonly RawMetric[]
  /** 0 to 255; all messages of one edge node count through, but for its death. */
  readonly seq?: number
}

export interface RawMetric {
  name?: string
  /** Digits: an alias may be larger than a number can hold. */
  alias?: string
  timestamp?: number
  type?: number
  isNull?: boolean
  /** The property `Quality`, where there is one. */
  quality?: number
  value?: RawValue
}

/** An integer is as yet only its 64 bits, told signed; its type says what it means. */
export type RawValue =
  | { readonly integer: number }
  | { readonly plain: number | boolean | string }
  | { readonly bytes: Buffer }
  | { readonly dataSet: RawDataSet }
  | { readonly template: RawTemplate }

export interface RawDataSet {
  readonly columns: readonly string[]
  readonly types: readonly number[]
  /** A cell without a value is null. */
  readonly rows: readonly (readonly (RawValue | undefined)[])[]
}

export interface RawTemplate {
  isDefinition: boolean
  readonly members: readonly RawMetric[]
  readonly parameters: readonly RawMetric[]
}

/** Of one message, members of templates included. */
const METRICS_MAX = 10_000
/** The edge node has compressed its metrics into the body, an extension that is not in the specification. */
const COMPRESSED = 'SPBV1.0_COMPRESSED'

export function parseSparkplugPayload(bytes: Buffer): SparkplugPayload {
  if (bytes.length === 0) throw new SparkplugFault('a payload')
  try {
    return new PayloadParser(bytes).parse()
  } catch (error) {
    // What pbf throws at numbers that do not end.
    throw error instanceof SparkplugFault ? error : new SparkplugFault('protocol buffers')
  }
}

class PayloadParser {
  readonly #wire: Wire
  #count = 0

  constructor(bytes: Buffer) {
    this.#wire = new Wire(bytes)
  }

  parse(): SparkplugPayload {
    const wire = this.#wire
    const payload: { timestamp?: number; seq?: number; metrics: RawMetric[] } = { metrics: [] }
    wire.eachField(field => {
      if (field === 1) payload.timestamp = wire.takeInteger()
      if (field === 2) payload.metrics.push(this.#takeMetric(1))
      if (field === 3) payload.seq = wire.takeInteger()
      if (field === 4 && wire.takeText() === COMPRESSED)
        throw new SparkplugFault('metrics that are not compressed')
    })
    return payload
  }

  #takeMetric(depth: number): RawMetric {
    this.#count += 1
    if (this.#count > METRICS_MAX) throw new SparkplugFault(`at most ${METRICS_MAX} metrics in one message`)
    if (depth > DEPTH_MAX) throw new SparkplugFault(`at most ${DEPTH_MAX} levels`)
    const wire = this.#wire
    const metric: RawMetric = {}
    wire.takeMessage(field => {
      if (field === 1) metric.name = checkName(wire.takeText())
      if (field === 2) metric.alias = wire.takeDigits()
      if (field === 3) metric.timestamp = wire.takeInteger()
      if (field === 4) metric.type = wire.takeInteger()
      if (field === 7) metric.isNull = wire.takeBoolean()
      if (field === 9) this.#takeProperties(metric)
      const value = this.#takeValue(field - 10, depth)
      if (value !== undefined) metric.value = value
    })
    return metric
  }

  /** The values that all kinds of value holders have, in the same order: the first is at `kind` 0. */
  #takeValue(kind: number, depth: number): RawValue | undefined {
    const wire = this.#wire
    if (kind === 6) return { bytes: wire.takeBytes() }
    if (kind === 7) return { dataSet: this.#takeDataSet() }
    if (kind === 8) return { template: this.#takeTemplate(depth) }
    return this.#takeScalar(kind)
  }

  #takeScalar(kind: number): RawValue | undefined {
    const wire = this.#wire
    if (kind === 0 || kind === 1) return { integer: wire.takeInteger() }
    if (kind === 2) return { plain: wire.takeFloat() }
    if (kind === 3) return { plain: wire.takeDouble() }
    if (kind === 4) return { plain: wire.takeBoolean() }
    if (kind === 5) return { plain: wire.takeText() }
    return undefined
  }

  /** Names and values are two lists. Of the properties only the quality says something of the value. */
  #takeProperties(metric: RawMetric): void {
    const wire = this.#wire
    const keys: string[] = []
    const values: (number | undefined)[] = []
    wire.takeMessage(field => {
      if (field === 1) keys.push(wire.takeText())
      if (field === 2) values.push(this.#takeIntegerProperty())
    })
    const quality = values[keys.indexOf('Quality')]
    if (quality !== undefined) metric.quality = quality
  }

  #takeIntegerProperty(): number | undefined {
    let integer: number | undefined
    this.#wire.takeMessage(field => {
      if (field === 3 || field === 4) integer = this.#wire.takeInteger()
    })
    return integer
  }

  #takeDataSet(): RawDataSet {
    const wire = this.#wire
    const dataSet = { columns: [] as string[], types: [] as number[], rows: [] as (RawValue | undefined)[][] }
    wire.takeMessage(field => {
      if (field === 2) dataSet.columns.push(checkName(wire.takeText()))
      if (field === 3) dataSet.types = dataSet.types.concat(wire.takeIntegers())
      if (field === 4) dataSet.rows.push(this.#takeRow())
    })
    const { columns, types, rows } = dataSet
    if (types.length !== columns.length || rows.some(row => row.length !== columns.length)) {
      throw new SparkplugFault('data sets with a type and a value for each column')
    }
    return dataSet
  }

  #takeRow(): (RawValue | undefined)[] {
    const wire = this.#wire
    const cells: (RawValue | undefined)[] = []
    wire.takeMessage(field => {
      if (field !== 1) return
      let cell: RawValue | undefined
      wire.takeMessage(kind => {
        cell = this.#takeScalar(kind - 1) ?? cell
      })
      cells.push(cell)
    })
    return cells
  }

  #takeTemplate(depth: number): RawTemplate {
    const wire = this.#wire
    const template = { isDefinition: false, members: [] as RawMetric[], parameters: [] as RawMetric[] }
    wire.takeMessage(field => {
      if (field === 2) template.members.push(this.#takeMetric(depth + 1))
      if (field === 3) template.parameters.push(this.#takeParameter())
      if (field === 5) template.isDefinition = wire.takeBoolean()
    })
    return template
  }

  #takeParameter(): RawMetric {
    const wire = this.#wire
    const parameter: RawMetric = {}
    wire.takeMessage(field => {
      if (field === 1) parameter.name = checkName(wire.takeText())
      if (field === 2) parameter.type = wire.takeInteger()
      const value = this.#takeScalar(field - 3)
      if (value !== undefined) parameter.value = value
    })
    return parameter
  }
}

/** Names of values become keys of objects. `__proto__` reaches for prototypes wherever a value is copied. */
function checkName(name: string): string {
  if (name === '__proto__') throw new SparkplugFault('no key named __proto__')
  return name
}

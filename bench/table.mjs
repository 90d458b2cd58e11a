/** The results as a Markdown table, so that a run can be pasted into docs/benchmarks.md. */

const COLUMNS = [
  ['load', ({ title }) => title],
  ['QoS', ({ qos }) => String(qos)],
  ['server', ({ server }) => (server === 'agent' ? 'Tromost' : 'bare aedes')],
  ['CPU µs per reading', ({ medians }) => format(medians.cpuMicrosPerReading, 1)],
  ['× bare aedes', ({ ratio }) => format(ratio, 2)],
  ['readings/s', ({ medians }) => format(medians.readingsPerSecond, 0)],
  ['PUBACK p50 / p99 ms', ({ medians }) => formatPair(medians.pubackP50Ms, medians.pubackP99Ms)],
  ['broker p50 / p99 ms', ({ medians }) => formatPair(medians.deliveryP50Ms, medians.deliveryP99Ms)],
  ['peak memory MiB', ({ medians }) => format(medians.peakMemoryMiB, 0)],
]

const MAPPING_COLUMNS = [
  ['decode and map', ({ title }) => title],
  ['profiles', ({ profiles }) => format(profiles, 0)],
  ['devices', ({ devices }) => format(devices, 0)],
  ['CPU µs per reading', ({ micros }) => format(micros, 2)],
]

/** @param {readonly object[]} results one per load and server */
export function formatTable(results) {
  return toTable(COLUMNS, results)
}

/** @param {readonly object[]} results one per kind of payload and size */
export function formatMapping(results) {
  return toTable(MAPPING_COLUMNS, results)
}

function toTable(columns, results) {
  const rows = [
    columns.map(([name]) => name),
    ...results.map(result => columns.map(([, show]) => show(result))),
  ]
  const widths = columns.map((_, column) => Math.max(...rows.map(row => row[column].length)))
  const [head, ...body] = rows.map(
    row => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`,
  )
  return [head, `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`, ...body].join('\n')
}

function format(number, digits) {
  if (number === undefined) return '–'
  return number.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

function formatPair(first, second) {
  return first === undefined ? '–' : `${format(first, 1)} / ${format(second, 1)}`
}

/** `npm run bench`: measures the agent and a bare aedes under the same load, in turns, and prints a table with the ratio. */
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { formatFlat, measureFlat } from './flat.mjs'
import { formatFlood, measureFlood } from './flood.mjs'
import { formatIdle, measureIdle } from './idle.mjs'
import { formatImport, measureImport } from './import.mjs'
import { measureMapping } from './mapping.mjs'
import { getMedians } from './measure.mjs'
import { formatOutage, measureOutage } from './outage.mjs'
import { formatRegistry, measureRegistry } from './registry.mjs'
import { runRound } from './round.mjs'
import { SHAPES } from './shapes.mjs'
import { formatSteady, measureSteady } from './steady.mjs'
import { formatMapping, formatTable } from './table.mjs'

const SERVERS = ['aedes', 'agent']
const MAPPING_ROUNDS = 7
const READINGS_MAX = 1e6
/** Each measures one thing and has no other options. */
const MODES = {
  import: { measure: measureImport, format: formatImport },
  registry: { measure: measureRegistry, format: formatRegistry },
  steady: { measure: measureSteady, format: formatSteady },
  idle: { measure: measureIdle, format: formatIdle },
  flat: { measure: measureFlat, format: formatFlat },
  flood: { measure: measureFlood, format: formatFlood },
}

const USAGE = `node bench/run.mjs [--shape w1|pipe | --mapping | --outage | --registry | --import | --steady | --idle | --flat | --flood] [--qos 0|1] [--rounds N] [--readings N] [--json]

--shape     one shape of traffic only
--mapping   decode and map alone
--outage    a backlog, kill -9, a start and the drain, with so many --readings (1,000,000 by default)
--registry  a start with 100,000 devices: how long they take to load, and what each costs in memory
--import    10,000 devices imported while readings come: how long it takes, and what sensors notice
--steady    5,000 readings a second: how long sensors wait for their PUBACK
--idle      10,000 clients that say nothing: what they take of the memory
--flat      few and many devices, an empty and a full journal: whether a reading costs the same
--flood     one client at full speed: how long 200 others wait for their PUBACK
--qos       one quality of service only
--rounds    rounds per load and server, of which the median counts; 3 by default
--readings  readings per round, at most ${READINGS_MAX.toLocaleString('en')}
--json      the medians and every round as JSON`

// By way of an exit, so that the agent and its folder go too.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const options = readOptions()
if (options === undefined) {
  console.error(USAGE)
  process.exitCode = 2
} else if (options.outage !== undefined) {
  const outage = await measureOutage(options.outage)
  console.log(
    options.isJson ? JSON.stringify(outage, undefined, 2) : `${describeMachine()}\n\n${formatOutage(outage)}`,
  )
} else if (options.mode !== undefined) {
  const { measure, format } = MODES[options.mode]
  const figures = await measure()
  console.log(options.isJson ? JSON.stringify(figures) : `${describeMachine()}\n\n${format(figures)}`)
} else {
  await runAll(options)
}

async function runAll({ loads, withMapping, rounds, isJson }) {
  const results = []
  for (const load of loads) {
    const measured = await runLoad(load, rounds)
    results.push(...measured)
  }
  const mapping = withMapping ? await measureMapping(MAPPING_ROUNDS) : []
  if (isJson) console.log(JSON.stringify({ machine: describeMachine(), results, mapping }, undefined, 2))
  else {
    console.log(`\n${describeMachine()}`)
    if (results.length > 0) console.log(`\n${formatTable(results)}`)
    if (mapping.length > 0) console.log(`\n${formatMapping(mapping)}`)
  }
}

/** Servers take turns within each round, so that a slow moment of the machine meets both. */
async function runLoad(load, rounds) {
  const { shape, qos } = load
  const measured = new Map(SERVERS.map(server => [server, []]))
  for (let round = 1; round <= rounds; round += 1) {
    for (const server of SERVERS) {
      const result = await runRound(server, load)
      measured.get(server).push(result)
      const cpu = result.cpuMicrosPerReading.toFixed(1)
      console.error(`${shape.name} QoS ${qos} round ${round}/${rounds} ${server}: ${cpu} CPU µs per reading`)
    }
  }
  const medians = new Map(SERVERS.map(server => [server, getMedians(measured.get(server))]))
  const bare = medians.get('aedes').cpuMicrosPerReading
  return SERVERS.map(server => ({
    shape: shape.name,
    title: shape.title,
    qos,
    server,
    ratio: medians.get(server).cpuMicrosPerReading / bare,
    medians: medians.get(server),
    rounds: measured.get(server),
  }))
}

function describeMachine() {
  const [cpu] = cpus()
  return `${cpus().length} × ${cpu?.model.trim()}, Node.js ${process.version}`
}

/** Undefined when they make no sense. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      shape: { type: 'string' },
      qos: { type: 'string' },
      rounds: { type: 'string', default: '3' },
      readings: { type: 'string' },
      mapping: { type: 'boolean', default: false },
      outage: { type: 'boolean', default: false },
      ...Object.fromEntries(Object.keys(MODES).map(mode => [mode, { type: 'boolean', default: false }])),
      json: { type: 'boolean', default: false },
    },
  })
  if (values.outage) {
    const outage = Number(values.readings ?? 1e6)
    return Number.isInteger(outage) && outage >= 1 && outage <= READINGS_MAX
      ? { outage, isJson: values.json }
      : undefined
  }
  const mode = Object.keys(MODES).find(name => values[name])
  if (mode !== undefined) return { mode, isJson: values.json }
  const allShapes = values.mapping ? [] : Object.keys(SHAPES)
  const shapes = values.shape === undefined ? allShapes : [values.shape]
  const levels = values.qos === undefined ? ['1', '0'] : [values.qos]
  const rounds = Number(values.rounds)
  const loads = shapes.flatMap(name => levels.map(qos => toLoad(SHAPES[name], qos, values.readings)))
  if (loads.includes(undefined) || !Number.isInteger(rounds) || rounds < 1) return undefined
  return { loads, withMapping: values.shape === undefined, rounds, isJson: values.json }
}

function toLoad(shape, qos, readingsText) {
  const readings = Number(readingsText ?? shape?.readings)
  const isValid =
    shape !== undefined &&
    ['0', '1'].includes(qos) &&
    Number.isInteger(readings) &&
    readings >= 1 &&
    readings <= READINGS_MAX
  return isValid ? { shape, qos: Number(qos), readings } : undefined
}

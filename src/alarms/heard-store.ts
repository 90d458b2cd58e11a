/** When devices were last heard, on disk: two records for each block of them, who they are and how they are, each written again when something in it has changed. */
import type { Change, Engine, Entry } from '../journal/engine.ts'
import {
  BLOCK,
  createFields,
  type HeardDevice,
  HeardDevices,
  type HeardFields,
  IMPLIED,
  STATE_TOLD,
} from './heard-devices.ts'

export interface LoadedDevices {
  readonly devices: HeardDevices
  /** When they were saved, in milliseconds since the epoch; absent before the first time. */
  readonly savedAt: number | undefined
}

const FIELDS = ['heard', 'known', 'away', 'batteryAt', 'battery', 'flags'] as const
const NAMES = 'names'
const NUMBERS = 'numbers'
const SAVED_AT = ['savedAt']

/** All that has changed. A block at a time, since sensors wait for their PUBACK on this thread. */
export async function saveHeard(
  engine: Pick<Engine, 'commit'>,
  devices: HeardDevices,
  nowMs = Date.now(),
): Promise<void> {
  const changes: Change[] = [{ table: 'heard', key: SAVED_AT, value: Buffer.from(JSON.stringify(nowMs)) }]
  const blocks = [...devices.dirty]
  const changed: number[] = []
  for (const block of blocks) {
    devices.dirty.delete(block)
    // What comes between two blocks must not have numbers without a name.
    if (devices.changed.delete(block)) {
      changed.push(block)
      changes.push({ table: 'heard', key: [NAMES, block], value: encodeNames(devices, block) })
    }
    changes.push({ table: 'heard', key: [NUMBERS, block], value: encodeNumbers(devices, block) })
    await new Promise(resolve => setImmediate(resolve))
  }
  try {
    await engine.commit(changes)
  } catch (error) {
    for (const block of blocks) devices.dirty.add(block)
    for (const block of changed) devices.changed.add(block)
    throw error
  }
}

export async function loadHeard(engine: Pick<Engine, 'get' | 'range'>): Promise<LoadedDevices> {
  const devices = new HeardDevices()
  const savedAt = await engine.get('heard', SAVED_AT)
  let block = 0
  let names = await findBlock(engine, NAMES, block)
  while (names !== undefined) {
    block = Number(names.key[1])
    const numbers = await engine.get('heard', [NUMBERS, block])
    if (numbers !== undefined) decodeBlock(names.value, numbers, devices)
    names = await findBlock(engine, NAMES, block + 1)
  }
  devices.dirty.clear()
  devices.changed.clear()
  return { devices, savedAt: savedAt === undefined ? undefined : Number(savedAt.toString()) }
}

async function findBlock(
  engine: Pick<Engine, 'range'>,
  name: string,
  block: number,
): Promise<Entry | undefined> {
  const [entry] = await engine.range('heard', { within: [name], from: [name, block], limit: 1 })
  return entry
}

/** JSON of tenant, id and profile of each; null for a free place. */
function encodeNames(devices: HeardDevices, block: number): Buffer {
  const rows: (readonly string[] | null)[] = []
  const { start, end } = getBounds(devices, block)
  for (let slot = start; slot < end; slot++) rows.push(toRow(devices.getDevice(slot)))
  return Buffer.from(JSON.stringify(rows))
}

/** Each field of all of them, one field after the other. */
function encodeNumbers(devices: HeardDevices, block: number): Buffer {
  const { start, end } = getBounds(devices, block)
  return Buffer.concat(FIELDS.map(name => toBytes(devices.fields[name].subarray(start, end))))
}

function getBounds(devices: HeardDevices, block: number): { readonly start: number; readonly end: number } {
  const start = block * BLOCK
  return { start, end: Math.min(start + BLOCK, devices.end) }
}

function decodeBlock(names: Buffer, numbers: Buffer, devices: HeardDevices): void {
  const rows = JSON.parse(names.toString()) as (readonly string[] | null)[]
  const saved = createFields(rows.length)
  let at = 0
  for (const name of FIELDS) {
    const bytes = toBytes(saved[name])
    numbers.copy(bytes, 0, at, at + bytes.length)
    at += bytes.length
  }
  for (const [index, row] of rows.entries()) addSaved(row, { saved, index }, devices)
}

function addSaved(
  row: readonly string[] | null,
  { saved, index }: { readonly saved: HeardFields; readonly index: number },
  devices: HeardDevices,
): void {
  const [tenant, id, profile] = row ?? []
  if (tenant === undefined || id === undefined || profile === undefined) return
  const flags = saved.flags[index] ?? 0
  const slot = devices.add({ tenant, id, profile }, 0, (flags & IMPLIED) !== 0)
  if (slot === undefined) return
  for (const name of FIELDS) devices.fields[name][slot] = saved[name][index] ?? 0
  // Which alarms stand is for the book of alarms to say.
  devices.fields.flags[slot] = flags & (IMPLIED | STATE_TOLD)
}

function toRow(device: HeardDevice | undefined): readonly string[] | null {
  return device === undefined ? null : [device.tenant, device.id, device.profile]
}

/** As they are in memory: every processor that the agent runs on is little endian. */
function toBytes(numbers: Uint32Array | Uint8Array): Buffer {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength)
}

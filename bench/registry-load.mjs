/** In a process of its own, with --expose-gc: stores devices, then loads them as an agent does at its start, on both its threads. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { openLmdbEngine } from '../dist/journal/lmdb-engine.js'
import { Indexes } from '../dist/provisioning/indexes.js'
import { Provisioning } from '../dist/provisioning/live-provisioning.js'
import { toCompactData } from '../dist/registry/compact-device.js'
import { Registry } from '../dist/registry/registry.js'
import { hashSecret } from '../dist/registry/secret.js'

const KEY = Buffer.alloc(32, 1)
const ACTOR = { name: 'bench', role: 'admin', from: '127.0.0.1' }
const BATCH = 1_000
const TENANTS = 20

if (isMainThread) await measure(Number(process.argv[2]))
else loadCopy()

async function measure(devices) {
  const folder = mkdtempSync(join(tmpdir(), 'tromost-bench-'))
  const options = { folder, durability: 'os', maxBytes: 64 * 1024 * 1024 }
  try {
    const storeMs = await store(options, devices)
    const { heap, rss } = getUse()
    const cpuBefore = process.cpuUsage()
    const startedAt = performance.now()
    const engine = openLmdbEngine(options)
    const provisioning = await open(engine)
    const indexes = new Indexes(provisioning.entries(), 'main', KEY)
    const loadMs = performance.now() - startedAt
    const loadCpuMs = process.cpuUsage(cpuBefore).user / 1e3
    const loaded = getUse()
    const changeMs = await timeChange(provisioning)
    const listMs = await timeList(provisioning)
    const empty = await measureCopy({ tenants: [], devices: [] })
    const copy = await measureCopy(indexes.registry.data)
    await engine.close()
    const bytesMain = (loaded.heap - heap) / devices
    const bytesDraining = (copy.bytes - empty.bytes) / devices
    const bytesResident = (loaded.rss - rss) / devices
    const figures = { devices, storeMs, loadMs, loadCpuMs, copyMs: copy.ms, changeMs, listMs }
    console.log(JSON.stringify({ ...figures, bytesMain, bytesDraining, bytesResident }))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function open(engine) {
  const nothing = () => undefined
  return Provisioning.open({
    ...{ engine, key: KEY, fileOf: () => 'bench', fromFiles: [toMain()] },
    getSurroundings: () => ({
      profileIds: new Set(['dragino-lht65n']),
      entityTypes: new Set(),
      isBridged: () => false,
      profilesRevision: 0,
      listClaims: () => [],
      listUnusualClaims: () => [],
      ...{ findKeyOwner: nothing, findCertificateOwner: nothing },
    }),
  })
}

/** In batches, as an import does. Every device has a password. */
async function store(options, devices) {
  const engine = openLmdbEngine(options)
  const provisioning = await open(engine)
  await change(
    provisioning,
    Array.from({ length: TENANTS }, (_, at) => ({ kind: 'tenant', id: `tenant_${at}`, value: {} })),
  )
  const startedAt = performance.now()
  for (let from = 0; from < devices; from += BATCH)
    await change(
      provisioning,
      Array.from({ length: Math.min(BATCH, devices - from) }, (_, at) => toEdit(from + at)),
    )
  const ms = performance.now() - startedAt
  await engine.close()
  return ms
}

function toMain() {
  const value = { id: 'main', dialect: 'preview' }
  return { kind: 'destination', id: 'main', source: 'file', revision: 1, updatedAt: 0, value, parsed: value }
}

function toEdit(number) {
  const id = (0xa8_40_41_00_00_00 + number).toString(16).padStart(16, '0')
  const value = {
    ...{ profile: 'dragino-lht65n', name: `Senzor ${number}`, attributes: { floor: number % 9 } },
    ...{ location: [14.3 + (number % 1_000) / 1e4, 46.2 + (number % 977) / 1e4] },
    passwordHash: hashSecret(id, KEY),
  }
  return { kind: 'device', tenant: `tenant_${number % TENANTS}`, id, value }
}

async function change(provisioning, edits) {
  const answer = await provisioning.change(edits, { actor: ACTOR })
  if (answer.refusals !== undefined) throw new Error(JSON.stringify(answer.refusals[0]))
}

async function timeChange(provisioning) {
  const edits = Array.from({ length: 50 }, (_, at) => ({
    ...toEdit(at),
    value: { ...toEdit(at).value, name: 'new' },
  }))
  const startedAt = performance.now()
  for (const edit of edits) await change(provisioning, [edit])
  return (performance.now() - startedAt) / edits.length
}

/** The costliest page: text that is looked up in all names. */
async function timeList(provisioning) {
  const startedAt = performance.now()
  provisioning.list('device', { search: 'senzor 99', sort: 'name', limit: 50 })
  return performance.now() - startedAt
}

function measureCopy(data) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { data, sentAt: Date.now() } })
    worker.once('message', resolve)
    worker.once('error', reject)
  })
}

/** The draining thread's half: it gets a copy, and keeps the registry of it. */
function loadCopy() {
  const kept = takeCopy()
  const ms = Date.now() - workerData.sentAt
  const full = getUse().heap
  const { data } = kept
  parentPort.postMessage({ ms, bytes: full, tenants: data.tenants.length })
}

/** In a function of its own: what it was made of is held by nobody afterwards. */
function takeCopy() {
  const { data } = workerData
  workerData.data = undefined
  return new Registry(toCompactData(data))
}

function getUse() {
  globalThis.gc()
  globalThis.gc()
  return {
    heap: process.memoryUsage().heapUsed + process.memoryUsage().external,
    rss: process.memoryUsage().rss,
  }
}

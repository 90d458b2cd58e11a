/** `npm run demo`: an agent with its embedded defaults and the sensors of a town, in a folder of its own that is made anew. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { createSecret } from '../registry/secret.ts'
import { getDemoProvision } from '../simulator/provision.ts'
import { startSimulator } from '../simulator/simulator.ts'
import { runStart } from './start.ts'

const DEVICES = 43
/** Each sensor about every eight seconds: a real one takes minutes, but who looks at a demo does not. */
const RATE_PER_SECOND = 5

export async function runDemo(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'tromost-demo-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const gatewayPassword = createSecret()
  const agent = await runStart(writeConfiguration(folder, gatewayPassword))
  const [listener] = agent?.mqtt ?? []
  if (agent === undefined || listener === undefined) return
  startSimulator({
    url: `mqtt://${listener.host}:${listener.port}`,
    devices: DEVICES,
    ratePerSecond: RATE_PER_SECOND,
    qos: 1,
    username: 'kranj-gateway',
    password: gatewayPassword,
  })
  printGuide(`http://localhost:${agent.http.port}`)
}

/** Ports and all else can be set by TROMOST_ variables, as in any agent. */
function writeConfiguration(folder: string, gatewayPassword: string): string {
  const provision = join(folder, 'provision.yaml')
  const config = join(folder, 'tromost.yaml')
  mkdirSync(join(folder, 'data'))
  writeFileSync(
    provision,
    stringify(getDemoProvision({ gatewayPassword, destination: 'preview', devices: DEVICES })),
    { mode: 0o600 },
  )
  writeFileSync(
    config,
    stringify({
      dataDir: join(folder, 'data'),
      profiles: [fileURLToPath(new URL('../../devices', import.meta.url))],
      provision,
      log: { level: 'warn' },
      mqtt: { listeners: [{ kind: 'tcp', host: '127.0.0.1', port: 1883 }] },
    }),
  )
  return config
}

function printGuide(address: string): void {
  console.log(`
Tromost runs, and ${DEVICES} simulated sensors in Kranj publish to it.

  entities   ${address}/ngsi-ld/v1/entities
  simpler    ${address}/ngsi-ld/v1/entities?options=keyValues&limit=5
  parking    ${address}/ngsi-ld/v1/entities?type=ParkingSpot
  balance    ${address}/api/v1/balance      what became of every message
  quarantine ${address}/api/v1/quarantine   what one broken sensor sends, and why it is kept
  metrics    ${address}/metrics

Stop with Ctrl+C.`)
}

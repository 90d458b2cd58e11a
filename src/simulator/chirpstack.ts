/** How a LoRaWAN sensor's frame reaches MQTT: ChirpStack v4's uplink event, with the bytes and what the maker's codec made of them. */
import { createHash } from 'node:crypto'
import type { Random } from './random.ts'
import { type CreateReader, type Moment, round, type Sensor } from './sensor.ts'

/** One LoRaWAN application frame. */
export interface Frame {
  readonly fPort: number
  readonly bytes: Buffer
  /** The bytes, decoded by the maker's codec. */
  readonly object: unknown
}

/** The application in ChirpStack that all the town's sensors belong to. */
export const APPLICATION_ID = '5f0c9a3e-7b1d-4c52-9e86-2a41d7c03b18'

/** Turns the reader of frames into a reader of uplink events. */
export function viaChirpstack(createReader: CreateReader<Frame>): CreateReader<string> {
  return (sensor, random, startMs) => {
    const read = createReader(sensor, random, startMs)
    const deviceInfo = getDeviceInfo(sensor)
    const radio = createRadio(random)
    return moment => {
      const frame = read(moment)
      return JSON.stringify({
        deduplicationId: random.uuid(),
        time: formatTime(moment.timeMs, random),
        deviceInfo,
        devAddr: `01${sensor.device.slice(-6)}`,
        adr: true,
        ...getFrameCounter(moment),
        fPort: frame.fPort,
        data: frame.bytes.toString('base64'),
        object: frame.object,
        ...radio(),
      })
    }
  }
}

const TENANT_ID = '8d2e6f14-30ab-4e79-b5c1-94f7603ad2be'
/** Gateways on three roofs of the town. */
const GATEWAY_IDS = ['24e124fffef79a10', '24e124fffef79a3c', '7276ff002e062c11']
/** The three channels that every EU868 network has. */
const FREQUENCIES_HZ = [868_100_000, 868_300_000, 868_500_000]
/** EU868: data rate 0 is spreading factor 12, data rate 5 is 7. */
const SPREADING_FACTOR_OF_DR0 = 12

function getDeviceInfo(sensor: Sensor): object {
  return {
    tenantId: TENANT_ID,
    tenantName: 'Mestna občina Kranj',
    applicationId: APPLICATION_ID,
    applicationName: 'Pametni Kranj',
    deviceProfileId: toUuid(sensor.profile),
    deviceProfileName: sensor.profile,
    deviceName: sensor.name,
    devEui: sensor.device,
    tags: {},
  }
}

/** proto3 JSON leaves out what is 0, so the first frame has no counter. */
function getFrameCounter(moment: Moment): { fCnt?: number } {
  return moment.uplinks === 0 ? {} : { fCnt: moment.uplinks }
}

/** Nanoseconds and an offset, where most parsers expect milliseconds and Z. */
function formatTime(timeMs: number, random: Random): string {
  const micros = String(random.below(1_000_000)).padStart(6, '0')
  return new Date(timeMs).toISOString().replace('Z', `${micros}+00:00`)
}

/** A sensor stays where it is, so it keeps its gateway and about its signal. */
function createRadio(random: Random): () => object {
  const gatewayId = GATEWAY_IDS[random.below(GATEWAY_IDS.length)]
  const rssi = random.between(-115, -60)
  const dr = rssi > -80 ? 5 : rssi > -100 ? 3 : 0
  return () => ({
    dr,
    rxInfo: [
      {
        gatewayId,
        uplinkId: random.below(2 ** 32),
        rssi: Math.round(rssi + 3 * random.normal()),
        snr: round(random.between(-5, 11), 1),
        context: 'E3OWOQ==',
        metadata: { region_name: 'eu868', region_common_name: 'EU868' },
      },
    ],
    txInfo: {
      frequency: FREQUENCIES_HZ[random.below(FREQUENCIES_HZ.length)],
      modulation: {
        lora: { bandwidth: 125_000, spreadingFactor: SPREADING_FACTOR_OF_DR0 - dr, codeRate: 'CR_4_5' },
      },
    },
  })
}

/** An id of its own for every device profile, the same at every start. */
function toUuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

import type { Message } from '../../src/reading.ts'

export const RECEIVED_AT = Date.parse('2026-01-15T09:00:00Z')

export function createMessage(payload: string | Buffer, topic = 'tromost/d1/up'): Message {
  return {
    tenant: 'kranj',
    device: 'd1',
    topic,
    payload: Buffer.from(payload),
    receivedAt: RECEIVED_AT,
    qos: 1,
  }
}

/** A LoRaWAN frame as ChirpStack v4 hands it on, heard by two gateways at noon of the day before. */
export function createUplink(bytes: Buffer, fPort: number): Message {
  const uplink = {
    time: '2026-01-14T12:00:00.775023242+00:00',
    fCnt: 7,
    fPort,
    data: bytes.toString('base64'),
    rxInfo: [
      { gatewayId: 'a', rssi: -97, snr: -2.5 },
      { gatewayId: 'b', rssi: -36, snr: 10.5 },
    ],
  }
  return createMessage(JSON.stringify(uplink), 'application/app/device/0101010101010101/event/up')
}

/** Alarms on disk: a record of JSON for each, by its number. */
import type { Change, Engine } from '../journal/engine.ts'
import type { Alarm } from './alarm.ts'

/** Beside them the table has what waits for webhooks. */
const WITHIN = ['alarm']
const PAGE_RECORDS = 500

/** Oldest first. */
export async function loadAlarms(engine: Pick<Engine, 'range'>): Promise<readonly Alarm[]> {
  const alarms: Alarm[] = []
  let isMore = true
  while (isMore) {
    const from = [...WITHIN, (alarms.at(-1)?.id ?? -1) + 1]
    const entries = await engine.range('alarms', { within: WITHIN, from, limit: PAGE_RECORDS })
    for (const { value } of entries) alarms.push(JSON.parse(value.toString()) as Alarm)
    isMore = entries.length === PAGE_RECORDS
  }
  return alarms
}

export function createAlarmChange(alarm: Alarm): Change {
  return { table: 'alarms', key: [...WITHIN, alarm.id], value: Buffer.from(JSON.stringify(alarm)) }
}

export function createAlarmRemoval({ id }: Alarm): Change {
  return { table: 'alarms', key: [...WITHIN, id] }
}

/** The three ways in, side by side: sensors that publish here, sensors that send requests, and brokers that we fetch from. */
import type { Command } from '../reading.ts'
import type { BridgeReport } from './bridges/bridge.ts'
import type { Bridges, BridgesOptions } from './bridges/bridges.ts'
import type { Ingest, IngestOptions } from './ingest.ts'
import type { MeasuresListener, MeasuresOptions } from './measures/measures.ts'

/** What all of them need; where their messages go is said by whoever opens them. */
export type WaysInOptions = Omit<IngestOptions & MeasuresOptions & BridgesOptions, 'store' | 'passAfter'>

export interface WaysIn extends Pick<Ingest, 'listeners' | 'recheck' | 'retained'> {
  readonly measures: MeasuresListener | undefined
  /** To whoever is connected here, and over the bridges of the tenant that hear the answer. Nobody waits for it. */
  send(command: Command): void
  getBridges(): readonly BridgeReport[]
  /** Takes nothing more. What was handed on before is still answered by its own. */
  close(): Promise<void>
}

interface Ways {
  readonly broker: Ingest
  readonly measures: MeasuresListener | undefined
  readonly bridges: Bridges
}

export { openBridges } from './bridges/bridges.ts'
export { openIngest } from './ingest.ts'
export { openMeasures } from './measures/measures.ts'

export function joinWays({ broker, measures, bridges }: Ways): WaysIn {
  return {
    listeners: broker.listeners,
    retained: broker.retained,
    measures,
    send: command => {
      broker.publish(command)
      bridges.send(command)
    },
    recheck: touched => broker.recheck(touched),
    getBridges: () => bridges.getReports(),
    close: async () => {
      await Promise.all([broker.close(), measures?.close(), bridges.close()])
    },
  }
}

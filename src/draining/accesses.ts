/** The access to each destination, once for all its lanes; a change of its certificates ends the pauses of all of them. */
import type { DestinationConfig } from '../config/config.ts'
import type { Egress } from '../egress/egress.ts'
import { Access } from '../uplink/access.ts'
import { report } from './drain-log.ts'

interface SharedAccess {
  readonly access: Access
  readonly onChange: Set<() => void>
}

export class Accesses {
  readonly #egress: Egress
  /** By the id of the destination. */
  readonly #shared = new Map<string, SharedAccess>()

  constructor(egress: Egress) {
    this.#egress = egress
  }

  open(destination: DestinationConfig): Access {
    const { id, tls } = destination
    const present = this.#shared.get(id)
    if (present !== undefined) return present.access
    if (tls?.rejectUnauthorized === false) {
      const msg = 'tls.rejectUnauthorized is false: anybody may pose as the destination and read what is sent'
      report('warn', { destination: id, msg })
    }
    const onChange = new Set<() => void>()
    const access = new Access(destination, this.#egress, {
      onChange: () => {
        report('info', { destination: id, msg: 'changed certificates are in use' })
        for (const hear of onChange) hear()
      },
      onFault: fault => report('error', { destination: id, fault, msg: 'changed certificates are not used' }),
    })
    this.#shared.set(id, { access, onChange })
    return access
  }

  /** `hear` is called when what the destination is reached with has changed, until what this gives is called. */
  onChange({ id }: DestinationConfig, hear: () => void): () => void {
    const heard = this.#shared.get(id)?.onChange
    heard?.add(hear)
    return () => void heard?.delete(hear)
  }

  /** Nobody uses it any more; the next lane of that id opens it anew. */
  forget({ id }: DestinationConfig): void {
    this.#shared.get(id)?.access.close()
    this.#shared.delete(id)
  }

  close(): void {
    for (const { access } of this.#shared.values()) access.close()
  }
}

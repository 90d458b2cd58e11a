/** Which credential a client id belongs to: nobody else can take the connection over, or read the queue that waits for it. */

interface Owner {
  readonly credentialId: string
  /** Connections with this id. There are two for a moment when a client comes back before its old socket is gone. */
  connections: number
}

export class ClientIds {
  readonly #owners = new Map<string, Owner>()

  /** Whether the id is free or already this credential's. It is the credential's until it is released. */
  claim(clientId: string, credentialId: string): boolean {
    const owner = this.#owners.get(clientId)
    if (owner === undefined) {
      this.#owners.set(clientId, { credentialId, connections: 1 })
      return true
    }
    if (owner.credentialId !== credentialId) return false
    owner.connections += 1
    return true
  }

  /** A connection ended. The session that it leaves behind, if it does, still belongs to its owner. */
  release(clientId: string, leavesSession: boolean): void {
    const owner = this.#owners.get(clientId)
    if (owner === undefined) return
    owner.connections -= 1
    if (owner.connections === 0 && !leavesSession) this.#owners.delete(clientId)
  }

  isConnected(clientId: string): boolean {
    return (this.#owners.get(clientId)?.connections ?? 0) > 0
  }

  /** It belongs to nobody any more, unless it is connected. */
  forget(clientId: string): void {
    if (this.#owners.get(clientId)?.connections === 0) this.#owners.delete(clientId)
  }

  /** Client ids with their credential. */
  list(): readonly (readonly [clientId: string, credentialId: string])[] {
    return [...this.#owners].map(([clientId, { credentialId }]) => [clientId, credentialId])
  }
}

/** Who is at the other end of a connection, as far as that is known before the client says a word. */

export interface Peer {
  /** Its IP address. */
  readonly address: string
}

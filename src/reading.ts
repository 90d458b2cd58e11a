/** The shapes of one reading on its way from sensor to context broker. Every stage speaks these; this file imports nothing. */

/** One MQTT PUBLISH as it came. Nothing in it has been decoded. */
export interface Message {
  readonly tenant: string
  /** The device that the topic names; empty when the topic names none. */
  readonly device: string
  readonly topic: string
  readonly payload: Buffer
  /** Milliseconds since the epoch, by the agent's clock. */
  readonly receivedAt: number
  readonly qos: 0 | 1 | 2
  /** What the client called the packet (MQTT 3.1.1, 2.3.1), where it came as one: the same again when it is sent again. */
  readonly packetId?: number | undefined
  /** The client says that it may have sent it before (MQTT 3.1.1, 3.3.1.1). */
  readonly isRedelivery?: boolean | undefined
  /** What another agent has found out about it already. */
  readonly note?: MessageNote | undefined
  /** Nothing is left of it but its place. */
  readonly isForgotten?: boolean | undefined
}

/** Of a message that came with the export of another agent. */
export interface MessageNote {
  /** The only lanes that it is for. */
  readonly destinations: readonly string[]
  /** It goes into quarantine as it is, for this reason. */
  readonly quarantined?: { readonly code: string; readonly detail: string } | undefined
}

/** A decoded message: values by name, and when they were observed. */
export interface Reading {
  readonly values: Readonly<Record<string, unknown>>
  /** Milliseconds since the epoch. */
  readonly observedAt: number
  /** What tells the message from all others of its device, where it says so itself. */
  readonly identity?: MessageIdentity | undefined
  /** A time that the payload gives and that cannot be true, as it is shown to people. */
  readonly doubtfulTime?: string | undefined
}

export interface MessageIdentity {
  /** The same only for the same message. */
  readonly id?: string | undefined
  /** The frame counter of LoRaWAN with the bytes of the frame: the counter begins anew with a join, so it tells for a short time only. */
  readonly frame?: string | undefined
  /** When the network heard it, in milliseconds since the epoch. */
  readonly heardAt: number
}

/** What a stage needs to know about a sensor in the field. */
export interface Device {
  readonly id: string
  readonly tenant: string
  readonly profile: string
  /** The version of it that the device stays with, whichever is active. */
  readonly profileVersion?: number | undefined
  readonly name?: string | undefined
  /** WGS84, longitude before latitude, as in GeoJSON. */
  readonly location?: readonly [number, number] | undefined
  readonly placement?: string | undefined
  /** What the administrator knows and the payload does not say: floor, mounting height, references. */
  readonly attributes: Readonly<Record<string, unknown>>
}

/** A GeoJSON geometry (RFC 7946); coordinates are longitude before latitude. */
export interface Geometry {
  readonly type: string
  readonly coordinates: unknown
}

/** One NGSI-LD attribute in normalized form (ETSI GS CIM 009, 4.5). `observedAt` is UTC with Z and always there. */
export type Attribute =
  | { type: 'Property'; value: unknown; unitCode?: string; observedAt: string }
  | { type: 'GeoProperty'; value: Geometry; observedAt: string }
  | { type: 'Relationship'; object: string | readonly string[]; observedAt: string }
  | { type: 'LanguageProperty'; languageMap: LanguageMap; observedAt: string }
  | { type: 'JsonProperty'; json: unknown; observedAt: string }
  | { type: 'VocabProperty'; vocab: string | readonly string[]; observedAt: string }
  | { type: 'ListProperty'; valueList: readonly unknown[]; unitCode?: string; observedAt: string }

/** Texts by language tag (RFC 5646), such as `sl`. */
export type LanguageMap = Readonly<Record<string, string | readonly string[]>>

/** An NGSI-LD entity: id, type and attributes by name, without @context. */
export interface Entity {
  id: string
  type: string
  [attribute: string]: Attribute | string
}

/** Where the way out keeps what it would look up for each reading of an entity. */
export interface Seat {
  slot?: object | undefined
  /** Whose slot that is. */
  owner?: object | undefined
}

/**
 * An entity made from a reading, as the JSON that a broker gets: written once, straight from the values. As objects, thousands of
 * entities in a second would be built only to be taken apart again.
 */
export interface EntityText {
  readonly id: string
  /** Of the id, made once for all readings of a device. */
  readonly idHash: number
  readonly type: string
  /** The address of the @context that its type and its attributes belong to, where its profile names one. */
  readonly context: string | undefined
  /** The names of its attributes. */
  readonly attributes: readonly string[]
  /** When they were observed, in milliseconds since the epoch. */
  readonly observedAt: number
  /** When each of them was, in the order of their names, where some have a time of their own. */
  readonly times?: readonly number[] | undefined
  /** `{"id":"…","type":"…","temperature":{…},"humidity":{…}}`, in UTF-8. */
  readonly json: Buffer
  /** How many of its bytes are before the first attribute. */
  readonly headBytes: number
  /** The same one for all readings of the entity, as far as is known. */
  readonly seat?: Seat | undefined
}

/** What became of a message or of one of its entities. Every message ends in exactly one of them. */
export type Outcome =
  | { readonly kind: 'delivered' }
  /** The profile makes no entity of it: a heartbeat, or all its values were left out or too late. */
  | { readonly kind: 'skipped' }
  /** It came before, and was dealt with then. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'quarantined'; readonly code: string; readonly detail: string }

/** Takes a message in. `done` is called once: without an error when the message is on disk, with one when it is not. */
export type StoreMessage = (message: Message, done: (error?: Error) => void) => void

/** What is said to a device or its gateway, wherever it is connected. */
export interface Command {
  readonly tenant: string
  readonly topic: string
  readonly payload: Buffer
  /** Where its answer comes in: who hears that topic can be asked. */
  readonly answerTopic: string
}

/** Asking edge nodes to announce themselves again (Sparkplug 3.0, 5.15): rarely, since each answer is all that a node has to say. */

import { PbfWriter } from 'pbf'
import type { Command } from '../../reading.ts'
import { remember } from '../../remember.ts'
import { createBirthTopic, createCommandTopic } from '../../sparkplug-topic.ts'
import type { EdgeNodeName } from './edge-nodes.ts'

const BOOLEAN = 11
const PAUSE_MS = 30_000
const REMEMBERED_MAX = 10_000

export class RebirthRequests {
  readonly #requestedAt = new Map<string, number>()

  /** What is to be published; nothing when the edge node was asked less than half a minute ago. */
  create({ group, edgeNode }: EdgeNodeName, now: number): Omit<Command, 'tenant'> | undefined {
    const topic = createCommandTopic(group, edgeNode)
    if (now - (this.#requestedAt.get(topic) ?? Number.NEGATIVE_INFINITY) < PAUSE_MS) return undefined
    remember(this.#requestedAt, topic, now, REMEMBERED_MAX)
    return { topic, payload: encodeRebirth(now), answerTopic: createBirthTopic(group, edgeNode) }
  }
}

/** A command with the one metric that every edge node has to know. */
function encodeRebirth(now: number): Buffer {
  const writer = new PbfWriter()
  writer.writeVarintField(1, now)
  writer.writeMessage(
    2,
    (_metric, pbf) => {
      pbf.writeStringField(1, 'Node Control/Rebirth')
      pbf.writeVarintField(3, now)
      pbf.writeVarintField(4, BOOLEAN)
      pbf.writeBooleanField(14, true)
    },
    undefined,
  )
  return Buffer.from(writer.finish())
}

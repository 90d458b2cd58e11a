import { beforeEach, expect, test } from '@jest/globals'
import type { SettledMessage, TailFilter } from '../../src/draining/tail.ts'
import { TailHub, type TailLine } from '../../src/trace/tail-hub.ts'
import type { TracedMessage } from '../../src/trace/traced-message.ts'
import { until } from '../support/until.ts'

let wanted: (readonly TailFilter[])[]
let tracers: { open: number; closed: number }
let held: Promise<void>
let release: () => void
let hub: TailHub

beforeEach(() => {
  wanted = []
  tracers = { open: 0, closed: 0 }
  release = () => {}
  held = Promise.resolve()
  hub = new TailHub({
    openTracer: () => {
      tracers.open += 1
      return {
        trace: async (_tenant, [heard]) => {
          await held
          if (heard?.position === 13) throw new Error('no trace')
          return [{ position: heard?.position } as TracedMessage]
        },
        close: async () => {
          tracers.closed += 1
        },
      }
    },
    listen: async filters => {
      wanted.push(filters)
    },
  })
})

function hold(): void {
  held = new Promise(resolve => {
    release = resolve
  })
}

function settled(device: string, position: number): SettledMessage {
  const message = {
    tenant: 'kranj',
    device,
    topic: 't',
    payload: Buffer.from('x'),
    receivedAt: 1,
    qos: 1 as const,
  }
  return { destination: 'main', position, message, outcome: { kind: 'delivered' } }
}

async function listen(filter: TailFilter): Promise<{ lines: TailLine[]; stop: () => Promise<void> }> {
  const lines: TailLine[] = []
  const stop = await hub.add({ filter, hear: line => lines.push(line) })
  return { lines, stop }
}

test('each hears what he asked for, and the draining thread is told what anybody wants', async () => {
  const one = await listen({ device: 'a' })
  const all = await listen({})
  hub.hear({ settled: [settled('a', 1), settled('b', 2)], dropped: 0 })
  await until('both are told', () => all.lines.length === 2)
  expect(all.lines).toEqual([{ position: 1 }, { position: 2 }])
  expect(one.lines).toEqual([{ position: 1 }])
  await one.stop()
  await all.stop()
  expect(wanted).toEqual([[{ device: 'a' }], [{ device: 'a' }, {}], [{}], []])
})

test('one tracer serves all, and ends when nobody listens any more', async () => {
  const { lines, stop } = await listen({})
  expect(tracers).toEqual({ open: 0, closed: 0 })
  hub.hear({ settled: [settled('a', 1)], dropped: 0 })
  hub.hear({ settled: [settled('a', 2)], dropped: 0 })
  await until('both are told', () => lines.length === 2)
  expect(tracers).toEqual({ open: 1, closed: 0 })
  await stop()
  expect(tracers).toEqual({ open: 1, closed: 1 })
})

test('what was dropped before is told, and so is what cannot be traced', async () => {
  const { lines } = await listen({})
  hub.hear({ settled: [settled('a', 1)], dropped: 4 })
  hub.hear({ settled: [settled('a', 13)], dropped: 1 })
  await until('all is told', () => lines.length === 3)
  expect(lines).toEqual([{ position: 1 }, { dropped: 4 }, { dropped: 2 }])
})

test('more reports than can be traced are not kept, but counted', async () => {
  const { lines } = await listen({})
  hold()
  for (let position = 0; position < 11; position += 1) {
    hub.hear({ settled: [settled('a', 100 + position)], dropped: 2 })
  }
  expect(lines).toEqual([{ dropped: 3 }])
  release()
  await until('the others are told', () => lines.length === 1 + 10 * 2)
})

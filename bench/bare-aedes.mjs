/** What the agent is compared with: aedes that acknowledges and does nothing else. Its own process. */
import { createServer } from 'node:net'
import { Aedes } from 'aedes'
import { answer } from './child.mjs'
import { Sink } from './sink.mjs'

const sink = new Sink()
const broker = await Aedes.createBroker({
  authorizePublish(_client, _packet, done) {
    sink.takeAny()
    done(null)
  },
})
const server = createServer(broker.handle)

answer({
  listen: () =>
    new Promise(resolve => {
      server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
        resolve({ port: server.address().port }),
      )
    }),
  expect: range => sink.expect(range),
  collect: () => sink.collect(),
})

/** Publishes readings over raw sockets, one or many in flight per client. Its own process; every run has an end. */
import { Burst } from './burst.mjs'
import { answer } from './child.mjs'
import { PublishingClient } from './publishing-client.mjs'

/** So many connects at a time: a thousand at once would measure the backlog. */
const CONNECTS_AT_A_TIME = 200

/** @type {PublishingClient[]} */
let clients = []
/** @type {Burst | undefined} */
let burst

answer({
  connect: async ({ port, logins, qos, inFlight }) => {
    clients = logins.map(login => new PublishingClient(login, qos, inFlight))
    for (let first = 0; first < clients.length; first += CONNECTS_AT_A_TIME) {
      const some = clients.slice(first, first + CONNECTS_AT_A_TIME)
      await Promise.all(some.map(client => client.connect(port)))
    }
  },
  send: order => {
    burst = new Burst(clients, order)
    return burst.run()
  },
  seen: ({ count }) => burst?.pace(count),
})

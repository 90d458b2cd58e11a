/** For --import: lets a test change what is provisioned by the agent's own Provisioning, over a port of its own that the log names. */
import { createServer } from 'node:http'
import { json } from 'node:stream/consumers'
import { Provisioning } from '../../dist/provisioning/live-provisioning.js'

const { open } = Provisioning

Provisioning.open = async options => {
  const provisioning = await open.call(Provisioning, options)
  const server = createServer(async (request, response) => {
    try {
      const { edits, get, dryRun } = await json(request)
      const actor = { name: 'test', role: 'admin', from: '127.0.0.1' }
      const answer =
        get === undefined ? await provisioning.change(edits, { actor, dryRun }) : provisioning.get(get)
      response.end(JSON.stringify(answer ?? null))
    } catch (error) {
      response.writeHead(500).end(JSON.stringify({ error: String(error) }))
    }
  })
  server.listen(0, '127.0.0.1', () => {
    console.log(JSON.stringify({ msg: 'listening', kind: 'changes', port: server.address().port }))
  })
  server.unref()
  return provisioning
}

/** What goes wrong between an agent and any broker. Nothing of it confirms anything. */
import type { Mishap } from './fixture-broker.ts'

export const MISHAPS: Readonly<Record<string, Mishap>> = {
  'a page of a proxy with 200': response => {
    response.writeHead(200, { 'Content-Type': 'text/html' }).end('<html><body>Login</body></html>')
  },
  'a page of nginx with 400, which misses our certificate': response => {
    response.writeHead(400, { 'Content-Type': 'text/html' }).end('<html><body>No required SSL')
  },
  'JSON of something else with 200': response => {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"status":"UP"}')
  },
  'garbage with 207': response => {
    response.writeHead(207, { 'Content-Type': 'application/json' }).end('{"success":["urn:')
  },
  'a redirect': response => {
    response.writeHead(302, { Location: 'https://login.example.org/' }).end()
  },
  'a body without end': response => {
    response.on('error', () => {})
    response.writeHead(207)
    const pour = () => {
      while (response.write(Buffer.alloc(65_536, 'x'))) {}
      response.once('drain', pour)
    }
    pour()
  },
  'a connection that breaks before the answer': response => {
    response.destroy()
  },
  'an answer that stops in the middle': response => {
    response.writeHead(204 + 3, { 'Content-Length': '100' }).write('{"success":')
  },
  '503 of a gateway with a list of errors of its own': response => {
    response.writeHead(503).end('{"errors":[{"code":"UPSTREAM_DOWN","message":"no healthy upstream"}]}')
  },
  '429 with Retry-After': response => {
    response.writeHead(429, { 'Retry-After': '0' }).end()
  },
  '401 of a proxy': response => {
    response.writeHead(401).end('{"error":"invalid_token"}')
  },
}

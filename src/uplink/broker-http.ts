/** Requests to the broker of a destination, with its login and the headers of its dialect. */
import { getAuthHeaderNames } from './auth/authorization.ts'
import type { DeliveryAddress, DescribedRequest, DialectKind } from './dialect.ts'
import { HttpPost, type HttpRequest } from './http-post.ts'

export function openBroker(address: DeliveryAddress, { getHeaders }: DialectKind): HttpPost {
  const { destination, access } = address
  return new HttpPost({ destination, access, headers: getHeaders(address) })
}

export function describeRequest(
  address: DeliveryAddress,
  { getHeaders }: DialectKind,
  { method, path, headers, body }: HttpRequest,
): DescribedRequest {
  const { url, auth } = address.destination
  const secret = getAuthHeaderNames(auth).map(name => [name, '(hidden)'])
  return {
    method,
    url: `${url?.replace(/\/+$/, '')}${path}`,
    headers: { ...getHeaders(address), ...headers, ...Object.fromEntries(secret) },
    body: body === undefined ? '' : body.toString(),
  }
}

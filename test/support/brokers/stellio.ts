/** Stellio 1.9: words of the standard; a tenant that is not configured is 404 to every call. */
import type { FixtureBroker, Wording } from './fixture-broker.ts'
import { toJson, toProblem } from './fixture-broker.ts'
import { ngsiLd } from './ngsi-ld.ts'

export const stellio: Wording = (request, broker: FixtureBroker) => {
  const tenant = request.headers['ngsild-tenant']
  if (typeof tenant === 'string' && !broker.tenants.has(tenant)) {
    return toJson(404, toProblem('NonexistentTenant', 404, `Tenant ${tenant} does not exist`))
  }
  return ngsiLd(request, broker)
}

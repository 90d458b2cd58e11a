/** The control plane on port 4041: health, metrics, status, the entities of the preview, and what administrators change. */
import type { Identify } from '../access/access.ts'
import { getMessage, TromostError } from '../errors.ts'
import type { AdminSources } from './admin-sources.ts'
import { addAlarmRoutes } from './alarm-routes.ts'
import { type Api, createApi } from './api.ts'
import { addAuditRoutes } from './audit-routes.ts'
import { addContextRoutes } from './context-routes.ts'
import { addDeviceFileRoutes } from './device-file-routes.ts'
import { EntityTags } from './entity-tags.ts'
import { addForgetRoutes } from './forget-routes.ts'
import { addGuard } from './guard.ts'
import { addIdempotency } from './idempotency.ts'
import { addLaneOrderRoutes } from './lane-order-routes.ts'
import { addMessageRoutes } from './message-routes.ts'
import { addOnboardingRoutes } from './onboarding-routes.ts'
import { addDocsRoutes, describeApi } from './openapi.ts'
import { createSourcesOf } from './own-sources.ts'
import { Cursors } from './paging.ts'
import { addPasswordRoutes } from './password-routes.ts'
import { addPreviewRoutes } from './preview-routes.ts'
import { addProfileRoutes } from './profile-routes.ts'
import { addProvisionListRoutes } from './provision-list-routes.ts'
import { addProvisionRoutes } from './provision-routes.ts'
import { addQuarantineRoutes } from './quarantine-routes.ts'
import { Seals } from './seals.ts'
import { addHealthRoutes, addStatusRoutes } from './status-routes.ts'
import { addTokenRoutes } from './token-routes.ts'
import { addTransferRoutes } from './transfer-routes.ts'
import { addTrialRoutes } from './trial-routes.ts'

export interface HttpOptions {
  readonly host: string
  readonly port: number
  readonly access: Identify
  /** The secret of this installation. */
  readonly key: Buffer
  /** Whose word is taken for the address that a request came from. */
  readonly trustedProxies: readonly string[]
  readonly sources: AdminSources
}

export interface HttpServer {
  readonly host: string
  readonly port: number
  /** Each as `GET /path/{name}`. */
  readonly routes: readonly string[]
  close(): Promise<void>
}

export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { host, port, trustedProxies } = options
  const server = createApi(trustedProxies)
  const routes = listRoutes(server)
  await addRoutes(server, options)
  return { host, port: await listen(server, host, port), routes, close: () => server.close() }
}

/** THE LIST of what there is on the port. */
export async function addRoutes(
  server: Api,
  { access, host, key, sources }: Pick<HttpOptions, 'access' | 'host' | 'key' | 'sources'>,
): Promise<void> {
  const seals = new Seals(key)
  const cursors = new Cursors(seals)
  const tags = new EntityTags(seals)
  await describeApi(server, sources.version)
  addIdempotency(server)
  addHealthRoutes(server, sources)
  addContextRoutes(server, sources)
  await server.register(async guarded => {
    const sourcesOf = createSourcesOf(sources)
    addGuard(guarded, { access, host })
    addDocsRoutes(guarded)
    addStatusRoutes(guarded, sourcesOf)
    addAlarmRoutes(guarded, sourcesOf, cursors)
    addQuarantineRoutes(guarded, sourcesOf, cursors)
    addMessageRoutes(guarded, sourcesOf)
    addPreviewRoutes(guarded, sourcesOf)
    addLaneOrderRoutes(guarded, sourcesOf)
    addDeviceFileRoutes(guarded, sourcesOf, cursors)
    addOnboardingRoutes(guarded, sourcesOf, cursors)
    addTrialRoutes(guarded, sourcesOf)
    addTokenRoutes(guarded, sourcesOf)
    addProfileRoutes(guarded, { sourcesOf, cursors, tags })
    addAuditRoutes(guarded, sourcesOf, cursors)
    addProvisionListRoutes(guarded, sourcesOf, cursors)
    addProvisionRoutes(guarded, { sourcesOf, tags })
    addPasswordRoutes(guarded, { sourcesOf, tags })
    addTransferRoutes(guarded, sourcesOf)
    addForgetRoutes(guarded, sourcesOf)
  })
}

/** Of all that are added from now on. */
function listRoutes(server: Api): readonly string[] {
  const routes: string[] = []
  server.addHook('onRoute', ({ method, url }) => {
    const path = url.replace(/:(\w+)/g, '{$1}')
    for (const verb of [method].flat()) if (verb !== 'HEAD') routes.push(`${verb} ${path}`)
  })
  return routes
}

async function listen(server: Api, host: string, port: number): Promise<number> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    throw new TromostError('LISTENER_FAILED', `http ${host}:${port}: ${getMessage(error)}`, { cause: error })
  }
  const address = server.server.address()
  return typeof address === 'object' && address !== null ? address.port : port
}

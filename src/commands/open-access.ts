/** Who may use the HTTP port of a running agent: its tokens, the sign-on of the city, and the log of what they change. */
import type { Logger } from 'pino'
import { Access } from '../access/access.ts'
import type { Oidc } from '../access/oidc.ts'
import { Tokens } from '../access/tokens.ts'
import { AuditLog } from '../audit/audit-log.ts'
import type { Egress } from '../egress/egress.ts'
import type { Engine } from '../journal/engine.ts'
import type { Plan } from './plan.ts'

export interface OpenedAccess {
  readonly access: Access
  readonly tokens: Tokens
  readonly audit: AuditLog
  readonly hasOtherLogin: boolean
}

export async function openAccess(
  { config, key }: Plan,
  engine: Engine,
  { log, egress }: { readonly log: Logger; readonly egress: Egress },
): Promise<OpenedAccess> {
  const audit = await AuditLog.open(engine)
  // Whoever keeps the log elsewhere can prove with this line that no record before it was changed.
  log.info({ records: audit.head.number, hash: audit.head.hash, msg: 'audit log' })
  const tokens = await Tokens.open({
    engine,
    commit: (events, changes) => audit.commit(events, changes),
    dataDir: config.dataDir,
    key,
    onError: error => log.error({ error, msg: 'the last use of a token could not be kept' }),
  })
  if (tokens.fresh !== undefined)
    log.warn({ token: tokens.fresh, msg: 'administrator token, shown this once' })
  const oidc = await openOidc(config.http, egress, log)
  const access = new Access({ tokens, oidc, audit, log })
  return { access, tokens, audit, hasOtherLogin: oidc?.hasAdmin ?? false }
}

/** An issuer that is down is no reason not to start: tokens of our own are taken, and it is asked again with the next login. */
async function openOidc(
  { oidc }: Plan['config']['http'],
  egress: Egress,
  log: Logger,
): Promise<Oidc | undefined> {
  if (oidc === undefined) return undefined
  // Whoever has no sign-on is spared its cryptography.
  const { Oidc } = await import('../access/oidc.ts')
  const { createFetch } = await import('../egress/fetch.ts')
  const opened = new Oidc(oidc, createFetch(egress))
  void opened.prepare().then(reason => {
    const { issuer } = oidc
    if (reason === undefined) log.info({ issuer, msg: 'the OpenID Connect issuer answers' })
    else log.warn({ issuer, reason, msg: 'the OpenID Connect issuer does not answer; logins ask it again' })
  })
  return opened
}

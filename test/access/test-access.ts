/** Tokens, audit log and logins as an agent has them, on a store in memory and a clock that the test sets. */
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Access } from '../../src/access/access.ts'
import type { Oidc } from '../../src/access/oidc.ts'
import { type NewToken, Tokens } from '../../src/access/tokens.ts'
import { AuditLog } from '../../src/audit/audit-log.ts'
import type { AuditRecord } from '../../src/audit/audit-record.ts'
import { LoginThrottle } from '../../src/login-throttle.ts'
import type { Actor } from '../../src/provisioning/provisioning.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

export const ADMIN: Actor = { name: 'token:setup', role: 'admin', from: '192.0.2.1' }

export class TestAccess {
  readonly engine = new MemoryEngine()
  readonly key = randomBytes(32)
  readonly dataDir = mkdtempSync(join(tmpdir(), 'access-'))
  readonly logs: object[] = []
  readonly delays: number[] = []
  now = Date.parse('2026-01-15T09:00:00Z')
  audit!: AuditLog
  tokens!: Tokens
  access!: Access

  static async open(oidc?: Pick<Oidc, 'verify'>): Promise<TestAccess> {
    const opened = new TestAccess()
    await opened.restart(oidc)
    return opened
  }

  /** What the same data folder and store come to. */
  async restart(oidc?: Pick<Oidc, 'verify'>): Promise<void> {
    const now = () => this.now
    this.audit = await AuditLog.open(this.engine, now)
    this.tokens = await Tokens.open({
      engine: this.engine,
      commit: (events, changes) => this.audit.commit(events, changes),
      dataDir: this.dataDir,
      key: this.key,
      onError: error => this.logs.push({ error }),
      now,
    })
    const tell = (fields: object) => this.logs.push(fields)
    this.access = new Access({
      tokens: this.tokens,
      oidc,
      audit: this.audit,
      log: { warn: tell, error: tell },
      throttle: new LoginThrottle(now),
      wait: async ms => this.delays.push(ms),
    })
  }

  async create(token: NewToken, actor: Actor = ADMIN): Promise<{ id: string; secret: string }> {
    const shown = await this.tokens.create(token, actor)
    if (typeof shown === 'string') throw new Error(`expected a token, got ${shown}`)
    return { id: shown.token.id, secret: shown.secret }
  }

  /** Name and role of who has the token; else the kind of the refusal. */
  async ask(secret: string, from = '192.0.2.7'): Promise<string> {
    const verdict = await this.access.identify({ authorization: `Bearer ${secret}`, from })
    return verdict.kind === 'actor' ? `${verdict.actor.name} ${verdict.actor.role}` : verdict.kind
  }

  async listAudit(): Promise<readonly AuditRecord[]> {
    const records: AuditRecord[] = []
    for await (const record of this.audit.read()) records.push(record)
    return records
  }

  close(): void {
    rmSync(this.dataDir, { recursive: true })
  }
}

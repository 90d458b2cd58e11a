/** A folder of its own for one agent: configuration, provisioning, profiles and data. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { stringify } from 'yaml'

const PROFILES = join(import.meta.dirname, 'profiles')

export class AgentFolder {
  readonly path = mkdtempSync(join(tmpdir(), 'tromost-test-'))

  constructor() {
    cpSync(PROFILES, join(this.path, 'profiles'), { recursive: true })
  }

  /** Writes a file; what is not text is written as YAML. */
  write(name: string, content: unknown): void {
    const path = join(this.path, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, typeof content === 'string' ? content : stringify(content))
  }

  /** Writes the configuration over defaults that fit a test: free ports, JSON logs, everything inside this folder. */
  writeConfig(config: Readonly<Record<string, unknown>>): void {
    this.write('tromost.yaml', {
      dataDir: 'data',
      profiles: ['profiles'],
      provision: 'provision.yaml',
      log: { level: 'info', format: 'json' },
      mqtt: {
        listeners: [
          { kind: 'tcp', port: 0 },
          { kind: 'ws', port: 0 },
        ],
      },
      http: { port: 0 },
      ...config,
    })
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true })
  }
}

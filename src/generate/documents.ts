/** THE TABLE of generated documents. They are committed, `npm run generate` writes them, and a test holds them up to date. */
import { readFileSync } from 'node:fs'
import { configSchema } from '../config/config.ts'
import { profileSchema } from '../profiles/profile.ts'
import { provisionSchema } from '../registry/provision.ts'
import { toJsonSchema } from './json-schema.ts'
import { toLicencePage } from './licences.ts'
import { readLockFile } from './lock-file.ts'
import { toReferencePage } from './reference-page.ts'
import { toSbom } from './sbom.ts'

const PROFILE = toJsonSchema(profileSchema, {
  title: 'A device profile of Tromost',
  description: 'A device type as data: how its payload is read, and which entities are made of it.',
  hasReferences: false,
})

const CONFIG = toJsonSchema(configSchema, {
  title: 'The configuration of Tromost',
  description: 'config/tromost.yaml. Every key can be set by an environment variable, too.',
  hasReferences: true,
})

const PROVISION = toJsonSchema(provisionSchema, {
  title: 'The provisioning of Tromost',
  description: 'config/provision.yaml: tenants, who may log in, and which sensors there are.',
  hasReferences: true,
})

const REFERENCE_HEAD = `# Reference of profiles

Every key of a device profile, generated from its schema by \`npm run generate\`. What the keys do together, with examples, is in
[profiles.md](profiles.md). The default stands where a key may be left out and something else is taken instead.
`

const LOCKED = readLockFile(readFileSync('package-lock.json', 'utf8'))

/** Each by its path in the repository. */
export const GENERATED_DOCUMENTS: Readonly<Record<string, string>> = {
  'config/profile.schema.json': toText(PROFILE),
  'config/tromost.schema.json': toText(CONFIG),
  'config/provision.schema.json': toText(PROVISION),
  'docs/profile-reference.md': toReferencePage(PROFILE, REFERENCE_HEAD, 'profile'),
  'docs/sbom.cdx.json': toText(toSbom(LOCKED)),
  'docs/licences.md': toLicencePage(LOCKED),
}

function toText(schema: object): string {
  return `${JSON.stringify(schema, null, 2)}\n`
}

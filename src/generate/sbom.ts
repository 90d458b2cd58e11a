/** The bill of materials in the form of CycloneDX 1.5 (ECMA-424): the same text for the same lock file, so that it can be compared. */
import type { LockedPackage, LockFile } from './lock-file.ts'

export function toSbom({ root, packages }: LockFile): object {
  return {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: {
      lifecycles: [{ phase: 'pre-build' }],
      component: { 'bom-ref': toRef(root), type: 'application', ...describe(root) },
    },
    components: packages.map(found => ({
      ...{ 'bom-ref': toRef(found), type: 'library', ...describe(found) },
      scope: found.isOptional ? 'optional' : 'required',
      hashes: [toHash(found)],
    })),
    dependencies: [root, ...packages].map(one => ({ ref: toRef(one), dependsOn: one.needs })),
  }
}

type Named = Pick<LockedPackage, 'name' | 'version' | 'license'>

function describe({ name, version, license }: Named) {
  return { name, version, purl: toPurl(name, version), licenses: [toLicence(license)] }
}

function toRef({ name, version }: Named): string {
  return `${name}@${version}`
}

/** Package URL: the @ of a scope is percent-encoded. */
function toPurl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function toLicence(license: string): object {
  return license.includes(' ') ? { expression: license } : { license: { id: license } }
}

function toHash({ integrity }: LockedPackage): object {
  const content = Buffer.from(integrity.replace(/^sha512-/, ''), 'base64').toString('hex')
  return { alg: 'SHA-512', content }
}

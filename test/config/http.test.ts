import { describe, expect, test } from '@jest/globals'
import { configSchema } from '../../src/config/config.ts'
import { checkDocument, formatFault } from '../../src/document.ts'

const OIDC = {
  issuer: 'https://keycloak.example.org/realms/kranj',
  audience: 'tromost',
  roles: [{ group: 'senzorji', role: 'operator', tenant: 'kranj' }],
}

function faultsOf(http: unknown): readonly string[] {
  return (checkDocument(configSchema, { http }, 'tromost.yaml').faults ?? []).map(formatFault)
}

describe("a city's own sign-on", () => {
  test('needs an issuer, an audience and one role', () => {
    expect(faultsOf({ oidc: OIDC })).toEqual([])
    expect(configSchema.parse({ http: { oidc: OIDC } }).http.oidc?.clockTolerance).toBe(30_000)
  })

  test.each<[string, object, RegExp]>([
    ['an issuer that is no address', { issuer: 'keycloak' }, /http\.oidc\.issuer: .*got "keycloak"/],
    ['no audience', { audience: undefined }, /http\.oidc\.audience: /],
    ['an empty audience', { audience: '' }, /http\.oidc\.audience: /],
    ['no roles', { roles: [] }, /http\.oidc\.roles: /],
    ['a role that there is not', { roles: [{ group: 'a', role: 'root' }] }, /http\.oidc\.roles\.0\.role: /],
    ['a role of no group', { roles: [{ role: 'admin' }] }, /http\.oidc\.roles\.0\.group: /],
    ['a tolerance without its unit', { clockTolerance: 30 }, /http\.oidc\.clockTolerance: /],
    [
      'two claims',
      { groupsClaim: 'groups', rolesClaim: 'roles' },
      /http\.oidc: expected one of groupsClaim and rolesClaim/,
    ],
    ['a key that is not known', { realm: 'kranj' }, /http\.oidc\.realm: this key is not known/],
  ])('%s is a fault of the file', (_what, change, expected) => {
    const faults = faultsOf({ oidc: { ...OIDC, ...change } })
    expect(faults).toHaveLength(1)
    expect(faults[0]).toMatch(expected)
  })
})

describe('proxies that are trusted', () => {
  test('are addresses and networks', () => {
    expect(faultsOf({ trustedProxies: ['192.0.2.1', '10.0.0.0/8', '2001:db8::1', '2001:db8::/32'] })).toEqual(
      [],
    )
  })

  test.each(['proxy.example.org', '10.0.0.0/33', '300.0.0.1', '', '*'])('%j is none', proxy => {
    const [fault = '', ...others] = faultsOf({ trustedProxies: ['192.0.2.1', proxy] })
    expect(others).toEqual([])
    expect(fault).toContain('http.trustedProxies.1: expected an address or a network')
  })
})

import { describe, expect, test } from '@jest/globals'
import { formatFault } from '../../src/document.ts'
import { type ProvisionInput, provisionSchema } from '../../src/registry/provision.ts'
import { findProvisionFaults } from '../../src/registry/provision-faults.ts'

const KEYED = `hmac-sha256$${Buffer.alloc(32).toString('base64')}`
const LOGIN = { tenant: 'kranj', username: 'gateway', password: 'secret' }
const GROUP = { apikey: 'k', profile: 'known' }
const DEVICE = { tenant: 'kranj', id: 'dev', profile: 'known' }

test('a file whose entries fit each other has none', () => {
  expect(
    check({
      tenants: [
        { id: 'kranj', destinations: ['main', 'other'], groups: [{ apikey: 'k', profile: 'known' }] },
        {
          id: 'bled',
          groups: [{ apikey: 'other', profile: 'known' }],
          routes: [{ topic: 'x/{device}', profile: 'known' }],
        },
      ],
      credentials: [
        LOGIN,
        { ...LOGIN, tenant: 'bled' },
        { ...LOGIN, username: 'dev' },
        { tenant: 'kranj', username: '{device}' },
      ],
      devices: [
        DEVICE,
        { ...DEVICE, tenant: 'bled', passwordHash: KEYED },
        { ...DEVICE, id: 'gateway-2', passwordHash: KEYED },
      ],
    }),
  ).toEqual([])
})

describe('what an entry names but is not there', () => {
  test.each<[string, ProvisionInput, string]>([
    [
      'the destination of a tenant',
      { tenants: [{ id: 'bled', destinations: ['main', 'mian'] }] },
      'tenants.0.destinations.1: expected one of the destinations main, other, got "mian"',
    ],
    [
      'the profile of a group',
      { tenants: [{ id: 'bled', groups: [{ apikey: 'k', profile: 'nkown' }] }] },
      'tenants.0.groups.0.profile: expected the id of a loaded profile, got "nkown"',
    ],
    [
      'the profile of a route',
      {
        tenants: [{ id: 'bled', routes: [{ topic: '{device}' }, { topic: 'a/{device}', profile: 'nkown' }] }],
      },
      'tenants.0.routes.1.profile: expected the id of a loaded profile, got "nkown"',
    ],
    [
      'the tenant of a credential',
      { credentials: [{ ...LOGIN, tenant: 'krnaj' }] },
      'credentials.0.tenant: expected the id of a tenant, got "krnaj"',
    ],
    [
      'the tenant of a device',
      { devices: [{ ...DEVICE, tenant: 'krnaj' }] },
      'devices.0.tenant: expected the id of a tenant, got "krnaj"',
    ],
    [
      'the profile of a device',
      { devices: [DEVICE, { ...DEVICE, id: 'dev-2', profile: 'nkown' }] },
      'devices.1.profile: expected the id of a loaded profile, got "nkown"',
    ],
  ])('%s', (_case, input, line) => {
    expect(check({ tenants: [{ id: 'kranj' }], ...input })).toEqual([line])
  })
})

describe('what is there twice', () => {
  test.each<[string, ProvisionInput, string]>([
    [
      'a tenant',
      { tenants: [{ id: 'kranj' }, { id: 'kranj' }] },
      'tenants.1.id: expected one entry for each, got "kranj"',
    ],
    [
      'a user name of a tenant',
      { credentials: [LOGIN, { ...LOGIN, password: 'other' }] },
      'credentials.1.username: expected one entry for each, got "kranj/gateway"',
    ],
    [
      'the rule for devices',
      {
        credentials: [
          { tenant: 'kranj', username: '{device}' },
          { tenant: 'kranj', username: '{device}' },
        ],
      },
      'credentials.1.username: expected one entry for each, got "kranj/{device}"',
    ],
    ['a device', { devices: [DEVICE, DEVICE] }, 'devices.1.id: expected one entry for each, got "kranj/dev"'],
    [
      'a key of a group',
      {
        tenants: [
          {
            id: 'kranj',
            groups: [
              { apikey: 'k', profile: 'known' },
              { apikey: 'k', profile: 'known' },
            ],
          },
        ],
      },
      'tenants.0.groups.1.apikey: expected one entry for each, got "k"',
    ],
    [
      'a user name that is a device with a password, too',
      { credentials: [LOGIN], devices: [{ ...DEVICE, id: 'gateway', passwordHash: KEYED }] },
      'devices.0.id: expected an id that is no user name of a credential, got "gateway"',
    ],
  ])('%s', (_case, input, line) => {
    expect(check({ tenants: [{ id: 'kranj' }], ...input })).toEqual([line])
  })
})

test.each([
  [
    'credentials',
    { credentials: [{ tenant: 'kranj', username: 'gateway', passwordHash: 'scrypt$5318008' }] },
  ],
  ['devices', { devices: [{ ...DEVICE, passwordHash: 'scrypt$5318008' }] }],
])('a hash of %s that cannot be read is told by its length, and not shown', (list, input) => {
  expect(check({ tenants: [{ id: 'kranj' }], ...input })).toEqual([
    `${list}.0.passwordHash: expected what \`tromost secret\` printed, got "14 characters"`,
  ])
})

test('all faults are told at once, in the order of the file', () => {
  const device = { ...DEVICE, tenant: 'krnaj', profile: 'nkown' }
  const keys = check({
    tenants: [{ id: 'bled', destinations: ['mian'] }],
    credentials: [LOGIN],
    devices: [device, device],
  })
  expect(keys.map(line => line.split(': ')[0])).toEqual([
    'tenants.0.destinations.0',
    'credentials.0.tenant',
    'devices.0.tenant',
    'devices.0.profile',
    'devices.1.tenant',
    'devices.1.profile',
    'devices.1.id',
  ])
})

function check(input: ProvisionInput): readonly string[] {
  const known = { file: 'x.yaml', profileIds: new Set(['known']), destinationIds: ['main', 'other'] }
  return findProvisionFaults(provisionSchema.parse(input), known).map(fault =>
    formatFault(fault).replace('x.yaml: ', ''),
  )
}

test.each<[string, Pick<ProvisionInput, 'tenants' | 'devices'>, string]>([
  [
    'two groups',
    {
      tenants: [
        { id: 'kranj', groups: [GROUP] },
        { id: 'bled', groups: [GROUP] },
      ],
    },
    'tenants.1.groups.0.apikey',
  ],
  [
    'a group and a device',
    {
      tenants: [{ id: 'kranj', groups: [GROUP] }, { id: 'bled' }],
      devices: [
        { ...DEVICE, apikey: 'k' },
        { ...DEVICE, tenant: 'bled', apikey: 'k' },
      ],
    },
    'devices.1.apikey',
  ],
])(
  'an API key that %s of two tenants share is a fault, since a request with it names no tenant',
  (_, entries, key) => {
    expect(check(entries)).toEqual([
      `${key}: expected an API key that no other tenant has, got "that of kranj"`,
    ])
  },
)

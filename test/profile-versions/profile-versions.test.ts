import { beforeEach, describe, expect, test } from '@jest/globals'
import { stringify } from 'yaml'
import type { SaveOptions } from '../../src/profile-versions/profile-change.ts'
import { ProfileVersions } from '../../src/profile-versions/profile-versions.ts'
import { ProfilesInUse } from '../../src/profile-versions/profiles-in-use.ts'
import type { ProfilePlace } from '../../src/profile-versions/version-record.ts'
import type { Provisioning } from '../../src/provisioning/live-provisioning.ts'
import type { Device } from '../../src/reading.ts'
import { carryOutDraftJob, type DraftTested } from '../../src/trace/draft.ts'
import { createProfile, SOUND } from '../profiles/sound-profile.ts'
import { ACTOR, device, KRANJ, make, openProvisioning } from '../provisioning/test-provisioning.ts'
import { MemoryEngine } from '../support/memory-engine.ts'

const PLACE: ProfilePlace = { id: 'maker-model' }
const OPTIONS: SaveOptions = { actor: ACTOR, dryRun: false, activate: false }
const UNIT_CHANGED = {
  ...SOUND,
  entities: [{ type: 'WeatherObserved', attributes: { temperature: { from: 'temperature', unit: 'PAL' } } }],
}
const FAILING = {
  ...SOUND,
  samples: [{ name: 'x', payload: { json: { temperature: 1 } }, device: { id: 'd' }, entities: [] }],
}

let engine: MemoryEngine
let provisioning: Provisioning
let inUse: ProfilesInUse
let versions: ProfileVersions
let devices: Device[]

beforeEach(async () => {
  engine = new MemoryEngine()
  devices = []
  await open()
  await make(provisioning, KRANJ)
})

/** As an agent does at its start. */
async function open(): Promise<void> {
  provisioning = await openProvisioning({ engine })
  const files = new Map([['six', createProfile({ id: 'six' })]])
  inUse = new ProfilesInUse({ engine, files, onFault: (name, fault) => expect([name, fault]).toEqual([]) })
  const follow = async () => {
    const { items } = provisioning.list('profile', { limit: 100 })
    const heads = items.map(({ tenant, id, value }) => ({ tenant, id, head: value as never }))
    await inUse.follow({ heads, devices })
  }
  await follow()
  provisioning.live = { hold: async () => [], release: async () => {}, apply: follow }
  versions = new ProfileVersions({
    ...{ engine, provisioning, inUse, activation: { validate: 'off', schemas: '' } },
    listDevicesAround: () => new Map([['kranj', devices]]),
    getDevice: (tenant, id) => devices.find(one => one.tenant === tenant && one.id === id),
    getShadows: async () => [],
    test: async draft => (await carryOutDraftJob({ kind: 'test', draft })) as { value: DraftTested },
    now: () => 7,
  })
}

function getHead(place: ProfilePlace = PLACE) {
  return provisioning.get({ kind: 'profile', ...place })?.value
}

/** As `CODE problem`. */
function told({
  refusals = [],
}: {
  readonly refusals?: Awaited<ReturnType<typeof versions.remove>>['refusals']
}) {
  return refusals.flatMap(({ code, faults }) =>
    faults.map(({ key, problem }) => `${code} ${key}: ${problem}`),
  )
}

describe('saving', () => {
  test('gives the next number, and keeps the text as it was sent', async () => {
    const yaml = `# from the data sheet\n${stringify(SOUND)}`
    expect(await versions.create(undefined, { yaml }, OPTIONS)).toMatchObject({ version: 1, isNew: true })
    expect(await versions.add(PLACE, { profile: UNIT_CHANGED }, OPTIONS)).toMatchObject({ version: 2 })
    expect(getHead()).toEqual({ id: 'maker-model', latest: 2, earlier: [] })
    const stored = await engine.get('profiles', ['', 'maker-model', 1])
    expect(JSON.parse(String(stored))).toEqual({ format: 'yaml', text: yaml, createdAt: 7, createdBy: 'Ana' })
    expect(inUse.find({ tenant: 'kranj', profile: 'maker-model' })).toBeUndefined()
  })

  test('of what is the same as the newest version saves nothing', async () => {
    await versions.create(undefined, { profile: SOUND }, OPTIONS)
    expect(await versions.add(PLACE, { profile: SOUND }, OPTIONS)).toMatchObject({ version: 1, isNew: false })
  })

  test('in a dry run changes nothing', async () => {
    const dry = { ...OPTIONS, dryRun: true, activate: true }
    expect(await versions.create(undefined, { profile: SOUND }, dry)).toMatchObject({ version: 1 })
    expect(getHead()).toBeUndefined()
    expect(await engine.get('profiles', ['', 'maker-model', 1])).toBeUndefined()
  })

  test('refuses ids that are taken, what is no profile, and files of scripts', async () => {
    await versions.create('kranj', { profile: SOUND }, OPTIONS)
    expect(told(await versions.create(undefined, { profile: SOUND }, OPTIONS))).toEqual([
      'EXISTS id: expected an id that no other profile has, got maker-model',
    ])
    expect(told(await versions.create('kranj', { profile: { ...SOUND, id: 'six' } }, OPTIONS))).toEqual([
      'FROM_FILE id: expected an id that no profile of a file has, got six',
    ])
    expect(told(await versions.create('bled', { profile: SOUND }, OPTIONS))).toEqual([
      'INVALID tenant: expected the id of a tenant, got "bled"',
    ])
    const script = { ...SOUND, id: 'script', decode: { script: { file: 'codec.js' } } }
    expect(told(await versions.create('kranj', { profile: script }, OPTIONS))).toEqual([
      expect.stringMatching(/^INVALID decode\.script\.file: expected source with the text of the script/),
    ])
    expect(
      told(await versions.add({ ...PLACE, tenant: 'kranj' }, { profile: { ...SOUND, id: 'b' } }, OPTIONS)),
    ).toEqual(['INVALID id: expected maker-model, got b'])
  })
})

describe('activating', () => {
  beforeEach(async () => {
    await versions.create(undefined, { profile: SOUND }, { ...OPTIONS, activate: true })
    await versions.add(PLACE, { profile: UNIT_CHANGED }, OPTIONS)
  })

  test('puts a version to use, and tells what means something else then, in a dry run too', async () => {
    const warnings = [
      'profile maker-model: temperature of WeatherObserved was a property in CEL and is a property in PAL',
    ]
    expect(await versions.activate(PLACE, 2, { ...OPTIONS, dryRun: true })).toEqual({ version: 2, warnings })
    expect(getHead()).toMatchObject({ active: 1 })
    expect(await versions.activate(PLACE, 2, OPTIONS)).toEqual({ version: 2, warnings })
    expect(getHead()).toMatchObject({ active: 2, earlier: [1] })
    expect(
      inUse.find({ tenant: 'kranj', profile: 'maker-model' })?.entities[0]?.attributes['temperature']?.unit,
    ).toBe('PAL')
  })

  test('is refused for a version that fails its samples, and for one that is not there', async () => {
    await versions.add(PLACE, { profile: FAILING }, OPTIONS)
    expect(told(await versions.activate(PLACE, 3, OPTIONS))).toEqual([
      expect.stringMatching(/^INVALID sample "x": entities/),
    ])
    expect(told(await versions.activate(PLACE, 4, OPTIONS))).toEqual([
      'NOT_FOUND : expected a version from 1 to 3, got 4',
    ])
    expect(getHead()).toMatchObject({ active: 1, latest: 3 })
  })

  test('is refused where devices would write into one entity that do not now', async () => {
    const shared = {
      ...SOUND,
      entities: [
        { type: 'WeatherObserved', id: 'urn:{device.id}', attributes: {} },
        { type: 'Device', id: 'urn:{device.id}', attributes: {} },
      ],
    }
    devices = ['a', 'b'].map(id => ({ id, tenant: 'kranj', profile: 'maker-model', attributes: {} }))
    await versions.add(PLACE, { profile: shared }, OPTIONS)
    expect(told(await versions.activate(PLACE, 3, OPTIONS))).toEqual([
      expect.stringContaining('expected one type for each entity, got urn:a'),
      expect.stringContaining('got urn:b'),
    ])
  })

  test('is taken back to the version before, and from there to the one before that', async () => {
    await versions.activate(PLACE, 2, OPTIONS)
    await versions.add(PLACE, { profile: { ...SOUND, model: 'Third' } }, { ...OPTIONS, activate: true })
    expect(getHead()).toMatchObject({ active: 3, earlier: [1, 2] })
    expect(await versions.rollBack(PLACE, undefined, OPTIONS)).toMatchObject({ version: 2 })
    expect(await versions.rollBack(PLACE, undefined, OPTIONS)).toMatchObject({ version: 1 })
    expect(getHead()).toMatchObject({ active: 1, earlier: [], latest: 3 })
    expect(told(await versions.rollBack(PLACE, undefined, OPTIONS))).toEqual([
      'INVALID version: expected a version that was active before: there is none, got none',
    ])
  })

  test('is refused where somebody else has changed the profile meanwhile', async () => {
    expect(told(await versions.activate(PLACE, 2, { ...OPTIONS, ifRevisions: [1] }))).toEqual([
      'CHANGED : expected revision 1, got 2',
    ])
  })
})

describe('a profile that is in use', () => {
  beforeEach(async () => {
    await versions.create(undefined, { profile: SOUND }, { ...OPTIONS, activate: true })
    await versions.add(PLACE, { profile: UNIT_CHANGED }, OPTIONS)
  })

  test('is not removed while a device has it, and then with all its versions', async () => {
    await make(provisioning, device('d1', { profile: 'maker-model', profileVersion: 2 }))
    expect(told(await versions.remove(PLACE, OPTIONS))).toEqual([
      'IN_USE : expected no device that has it any more, got 1',
    ])
    await make(provisioning, { kind: 'device', tenant: 'kranj', id: 'd1' })
    expect(await versions.remove(PLACE, OPTIONS)).toEqual({})
    expect(await engine.get('profiles', ['', 'maker-model', 2])).toBeUndefined()
  })

  test('takes devices that are pinned to a version that it has, and no others', async () => {
    const pin = (profile: string, profileVersion: number) =>
      provisioning.change([device('d1', { profile, profileVersion })], { actor: ACTOR, dryRun: true })
    expect(await pin('maker-model', 2)).toMatchObject({ warnings: [] })
    expect(told(await pin('maker-model', 3))).toEqual([
      'INVALID profileVersion: expected a version of maker-model from 1 to 2, got 3',
    ])
    expect(told(await pin('six', 1))).toEqual([
      'INVALID profileVersion: expected none: six is no profile of the store, got 1',
    ])
  })

  test('is the same after a restart, with what devices are pinned to', async () => {
    await versions.startShadow(PLACE, 2, OPTIONS)
    devices = [{ id: 'd1', tenant: 'kranj', profile: 'maker-model', profileVersion: 2, attributes: {} }]
    await open()
    expect(inUse.list().map(({ id }) => id)).toEqual(['six', 'maker-model', 'maker-model@2'])
    expect([...inUse.offer('kranj').keys()]).toEqual(['six', 'maker-model'])
    expect(inUse.shadows).toMatchObject([{ active: { version: 1 }, shadow: { version: 2 } }])
  })

  test('runs another version beside it until that, or a third one, becomes active', async () => {
    expect(told(await versions.startShadow(PLACE, 1, OPTIONS))).toEqual([
      'INVALID : expected another version than the active one, got 1',
    ])
    const chosen = [{ tenant: 'kranj', id: 'nobody' }]
    expect(told(await versions.startShadow(PLACE, 2, { ...OPTIONS, devices: chosen }))).toEqual([
      'INVALID devices.0: expected a device with the profile maker-model, got nobody',
    ])
    await versions.startShadow(PLACE, 2, OPTIONS)
    expect(getHead()).toMatchObject({ shadow: { version: 2, since: 7 } })
    await versions.activate(PLACE, 2, OPTIONS)
    expect(getHead()).not.toHaveProperty('shadow')
  })
})

test('a version that would write into the Device that a tenant has told of each sensor is not put to use', async () => {
  const entities = [{ ...UNIT_CHANGED.entities[0], id: 'urn:ngsi-ld:Device:{device.id}' }]
  await versions.create(undefined, { profile: SOUND }, { ...OPTIONS, activate: true })
  await versions.add(PLACE, { profile: { ...SOUND, entities } }, OPTIONS)
  devices = [{ tenant: 'kranj', id: 'd1', profile: 'maker-model', attributes: {} }]
  const activate = () => versions.activate(PLACE, 2, { actor: ACTOR, dryRun: true })
  expect(told(await activate())).toEqual([])
  await make(provisioning, { ...KRANJ, value: { deviceStatus: true } })
  const problem =
    'got urn:ngsi-ld:Device:d1 as WeatherObserved from device "d1" and as Device from device "d1"'
  expect(told(await activate())).toEqual([
    `INVALID devices.0.id: expected one type for each entity, ${problem}`,
  ])
})

import { expect, test } from '@jest/globals'
import { runImport } from './run-import.ts'

const ERS = { tenant: 'kranj', id: 'a81758fffe030405', profile: 'elsys-ers' }

test("a list of ChirpStack's API names devices by their DevEUIs, and its tags are attributes", async () => {
  const file = {
    totalCount: 1,
    result: [
      {
        devEui: 'a81758fffe030405',
        name: 'Šola',
        description: 'Učilnica 3',
        deviceProfileId: 'd1f7a9e0-0000-0000-0000-000000000000',
        deviceProfileName: 'Elsys ERS',
        tags: { floor: '2' },
        lastSeenAt: null,
      },
    ],
  }
  const { store, lines, warnings } = await runImport(JSON.stringify(file))
  expect(lines).toEqual([{ line: 1, id: 'a81758fffe030405', verdict: 'created' }])
  expect(store.valueOf('a81758fffe030405')).toEqual({
    ...{ ...ERS, name: 'Šola' },
    attributes: { description: 'Učilnica 3', floor: '2' },
  })
  expect(warnings).toEqual([
    'these columns are not used: deviceProfileId, lastSeenAt (attributes.NAME makes an attribute of one)',
  ])
})

test('a file of The Things Stack has one object after the other, and its keys are left alone', async () => {
  const device = (id: string, eui: string) => ({
    ids: {
      device_id: id,
      dev_eui: eui,
      join_eui: '70B3D57ED0000000',
      application_ids: { application_id: 'kranj' },
    },
    name: 'with "quotes" and {braces}',
    version_ids: { brand_id: 'elsys', model_id: 'ers' },
    locations: { user: { latitude: 46.2, longitude: 14.3, altitude: 380, source: 'SOURCE_REGISTRY' } },
    root_keys: { app_key: { key: '00112233445566778899AABBCCDDEEFF' } },
  })
  const file = [device('one', 'A81758FFFE030405'), device('two', 'A81758FFFE030406')]
  const { store, warnings } = await runImport(file.map(one => JSON.stringify(one, null, 2)).join('\n'))
  expect(store.ids).toEqual(['one', 'two'])
  expect(store.valueOf('one')).toEqual({
    ...{ ...ERS, id: 'one', name: 'with "quotes" and {braces}', location: [14.3, 46.2] },
    attributes: { devEui: 'a81758fffe030405' },
  })
  expect(warnings[0]).toBe(
    'these columns hold secrets, which were neither read nor stored: root_keys.app_key',
  )
})

test('devices as the provisioning file has them are taken as they are; null takes away what was there', async () => {
  const device = {
    id: 'x',
    profile: 'elsys-ers',
    name: 'Park',
    location: [14.3, 46.2],
    attributes: { floor: 2, side: 'n' },
  }
  const { store } = await runImport(JSON.stringify([device]))
  expect(store.valueOf('x')).toEqual({ tenant: 'kranj', ...device })
  const change = {
    id: 'x',
    name: null,
    location: { crs: 'EPSG:3794', e: 462397, n: 100500 },
    attributes: { side: null },
  }
  const { lines } = await runImport(JSON.stringify({ devices: [change] }), { store })
  expect(lines).toEqual([{ line: 1, id: 'x', verdict: 'updated' }])
  expect(store.valueOf('x')).toEqual({
    ...{ tenant: 'kranj', id: 'x', profile: 'elsys-ers', attributes: { floor: 2 } },
    location: [14.514143, 46.043269],
  })
})

test('an entry that is no device is told by its place in the list', async () => {
  const { lines } = await runImport('[7, {"name": "x"}, {"id": ["x"]}, {"id": "ok"}]', {
    profile: 'elsys-ers',
  })
  expect(lines).toEqual([
    { line: 1, verdict: 'refused', problem: 'expected an object, got 7' },
    { line: 2, verdict: 'refused', problem: 'id: expected an id or a DevEUI, got nothing' },
    {
      ...{ line: 3, verdict: 'refused' },
      problem: 'id: expected an id as text (make the cells of the sheet text), got ["x"]',
    },
    { line: 4, id: 'ok', verdict: 'created' },
  ])
})

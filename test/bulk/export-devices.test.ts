import { describe, expect, test } from '@jest/globals'
import { type ExportedDevice, exportCsv, exportJson } from '../../src/bulk/export-devices.ts'
import { runImport } from './run-import.ts'

const DEVICES: readonly ExportedDevice[] = [
  {
    ...{ id: 'a', profile: 'elsys-ers', name: "=cmd|' /C calc'!A0", location: [-14.25, 46.2] },
    attributes: { floor: 2.5, code: '007', note: 'true', when: '@noon', rooms: ['1', 2], 'ši;fra': '4,5' },
  },
  {
    ...{ id: '-1', profile: 'elsys-ers', name: '\'=quoted "name"; č', apikey: 'key' },
    attributes: { floor: -3 },
  },
  {
    ...{ id: 'c', profile: 'milesight-am307', placement: 'indoor' },
    certificate: { cn: 'c-1' },
    attributes: {},
  },
]

async function join(parts: AsyncIterable<string>): Promise<string> {
  let text = ''
  for await (const part of parts) text += part
  return text
}

describe('an export', () => {
  test('as CSV can be opened in a sheet: marked as UTF-8, decimal commas, and no formula in it', async () => {
    expect((await join(exportCsv(() => DEVICES))).split('\r\n')).toEqual([
      '\uFEFFid;name;profile;profileVersion;latitude;longitude;placement;apikey;certificate.cn;certificate.san;attributes.code;attributes.floor;attributes.note;attributes.rooms;attributes.when;"attributes.ši;fra"',
      'a;\'=cmd|\' /C calc\'!A0;elsys-ers;;46,2;-14,25;;;;;007;2,5;"""true""";"[""1"",2]";\'@noon;"""4,5"""',
      '-1;"\'\'=quoted ""name""; č";elsys-ers;;;;;key;;;;-3;;;;',
      'c;;milesight-am307;;;;indoor;;c-1;;;;;;;',
      '',
    ])
  })

  test.each([
    ['CSV', () => exportCsv(() => DEVICES)],
    ['JSON', () => exportJson(() => DEVICES)],
  ])('as %s imports again as it was, and once more changes nothing', async (_form, write) => {
    const text = await join(write())
    const { store, lines } = await runImport(text)
    expect(lines.map(({ verdict, problem }) => problem ?? verdict)).toEqual(['created', 'created', 'created'])
    for (const device of DEVICES) expect(store.valueOf(device.id)).toEqual({ tenant: 'kranj', ...device })
    const again = await runImport(text, { store })
    expect(again.lines.map(({ verdict }) => verdict)).toEqual(['unchanged', 'unchanged', 'unchanged'])
  })

  test('has the version that a device stays on, which an import takes to where there is such a version', async () => {
    const text = await join(exportCsv(() => [{ id: 'd', profile: 'elsys-ers', profileVersion: 3 }]))
    expect(text).toContain('\r\nd;;elsys-ers;3;')
    const { lines } = await runImport(text)
    const problem = 'profileVersion: expected none: elsys-ers is no profile of the store, got 3'
    expect(lines).toMatchObject([{ verdict: 'refused', problem }])
  })

  test('of no devices is whole all the same', async () => {
    expect(await join(exportCsv(() => []))).toBe(
      '\uFEFFid;name;profile;profileVersion;latitude;longitude;placement;apikey;certificate.cn;certificate.san\r\n',
    )
    expect(JSON.parse(await join(exportJson(() => [])))).toEqual({ devices: [] })
  })
})

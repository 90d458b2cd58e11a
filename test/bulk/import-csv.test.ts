import { describe, expect, test } from '@jest/globals'
import { runImport, TestStore } from './run-import.ts'

/** Bytes of Windows-1250 for the letters that Slovenian has. */
function toWindows1250(text: string): Buffer {
  const letters: Readonly<Record<string, number>> = { č: 0xe8, š: 0x9a, ž: 0x9e, Č: 0xc8, Š: 0x8a, Ž: 0x8e }
  return Buffer.from([...text].map(letter => letters[letter] ?? letter.charCodeAt(0)))
}

describe('a sheet', () => {
  test('of Slovenian Excel, in Windows-1250 with semicolons and decimal commas, gives devices', async () => {
    const sheet = [
      'Naziv;DevEUI;Zemljepisna širina;Zemljepisna dolžina;Tip naprave;Opis;Nadstropje',
      'Šola Žabnica;24-E1-24-13-6B-32-26-75;46,1956;14,3412;Milesight AM307;Učilnica 3;2',
    ].join('\r\n')
    const { lines, warnings, store } = await runImport(toWindows1250(sheet))
    expect(lines).toEqual([{ line: 2, id: '24e124136b322675', verdict: 'created' }])
    expect(store.valueOf('24e124136b322675')).toEqual({
      tenant: 'kranj',
      id: '24e124136b322675',
      profile: 'milesight-am307',
      name: 'Šola Žabnica',
      location: [14.3412, 46.1956],
      attributes: { description: 'Učilnica 3' },
    })
    expect(warnings).toEqual([
      'these columns are not used: Nadstropje (attributes.NAME makes an attribute of one)',
    ])
  })

  test.each([
    ['UTF-8', Buffer.from('id,name\nx,Žalec')],
    ['UTF-8 with its mark', Buffer.from('\uFEFFid,name\nx,Žalec')],
    ['UTF-16, as Excel has Unicode text', Buffer.from('\uFEFFid\tname\nx\tŽalec', 'utf16le')],
    ['Windows-1250', toWindows1250('id;name\nx;Žalec')],
    ['the line by which Excel names the delimiter', Buffer.from('sep=;\r\nid;name\r\nx;Žalec')],
  ])('is understood in %s', async (_form, bytes) => {
    const { store } = await runImport(bytes, { profile: 'elsys-ers' })
    expect(store.valueOf('x')).toEqual({
      ...{ tenant: 'kranj', id: 'x', profile: 'elsys-ers', name: 'Žalec', attributes: {} },
    })
  })

  test('may have its columns in any order, and cells with delimiters, quotes and line breaks', async () => {
    const sheet =
      'name,"profile",lat,LON,device_id\n"Trg; ""stari"", 1\nspodaj",elsys-ers,46.2,14.3,x-1\n5" cev,elsys-ers,,,x-2'
    const { lines, store } = await runImport(sheet)
    expect(lines).toEqual([
      { line: 2, id: 'x-1', verdict: 'created' },
      { line: 4, id: 'x-2', verdict: 'created' },
    ])
    expect(store.valueOf('x-1')).toMatchObject({ name: 'Trg; "stari", 1\nspodaj', location: [14.3, 46.2] })
    expect(store.valueOf('x-2')).toMatchObject({ name: '5" cev' })
  })

  test('of The Things Stack names devices as its topics do, and keeps what stands on the device', async () => {
    const sheet = [
      'id;dev_eui;join_eui;name;frequency_plan_id;brand_id;model_id;app_key;latitude;longitude',
      'ws302-park;24E124743D012345;24E124C0002A0001;Park;EU_863_870_TTN;milesight;ws302;00112233445566778899AABBCCDDEEFF;46.24;14.35',
    ].join('\n')
    const { store, warnings } = await runImport(sheet)
    expect(store.valueOf('ws302-park')).toEqual({
      ...{
        tenant: 'kranj',
        id: 'ws302-park',
        profile: 'milesight-ws302',
        name: 'Park',
        location: [14.35, 46.24],
      },
      attributes: { devEui: '24e124743d012345' },
    })
    expect(warnings).toEqual([
      'these columns hold secrets, which were neither read nor stored: app_key',
      'these columns are not used: join_eui, frequency_plan_id (attributes.NAME makes an attribute of one)',
    ])
  })

  test('has attributes in columns of their own and in tags; digits that are a name of something stay text', async () => {
    const sheet = [
      'id;attributes.height;attributes.iccid;tags;attributes.rooms;attributes.code;serial_number',
      'x;4,50;89386012345678901234;floor=2, side=north;"[1,2]";007;6725380830018',
    ].join('\n')
    const { store } = await runImport(sheet, { profile: 'elsys-ers' })
    expect(store.valueOf('x')).toMatchObject({
      attributes: {
        ...{ height: 4.5, iccid: '89386012345678901234', rooms: [1, 2], code: '007' },
        ...{ floor: 2, side: 'north', serialNumber: '6725380830018' },
      },
    })
  })

  test('may have places in a national grid, which it has to name', async () => {
    const sheet = 'id;e;n;crs\na;"462.397,5";100500;D96\nb;462397;100500;\nc;46;14;D96/TM'
    const { lines, store } = await runImport(sheet, { profile: 'elsys-ers' })
    expect(store.valueOf('a')).toMatchObject({ location: [14.514149, 46.043269] })
    expect(lines.slice(1)).toEqual([
      {
        ...{ line: 3, id: 'b', verdict: 'refused' },
        problem: 'crs: expected EPSG:3794 (D96/TM) or EPSG:3912 (D48/GK) beside e and n, got nothing',
      },
      {
        ...{ line: 4, id: 'c', verdict: 'refused' },
        problem: expect.stringContaining('location: expected a place in Slovenia'),
      },
    ])
  })
})

describe('a row with a fault', () => {
  test.each([
    ['a DevEUI that is none', 'dev_eui\n24E124', 'dev_eui: expected 16 hexadecimal digits, got "24E124"'],
    [
      'a DevEUI that the sheet took for a number',
      'dev_eui\n"2,4E+15"',
      'dev_eui: expected 16 hexadecimal digits (the sheet took it for a number: make its cells text), got "2,4E+15"',
    ],
    ['no id', 'id,name\n,Park', 'id: expected an id or a DevEUI, got nothing'],
    [
      'an id that topics cannot have',
      'id\na/b',
      expect.stringMatching(/^id: expected 1 to 128 .*, got "a\/b"$/),
    ],
    [
      'a profile that there is not',
      'id,profile\nx,elsys-erz',
      'profile: expected the id of a loaded profile, got "elsys-erz"; was elsys-ers meant?',
    ],
    ['half a place', 'id,lat\nx,46.2', 'longitude: expected a number beside latitude, got nothing'],
    ['a place that is no number', 'id;lat;lon\nx;sever;14,3', 'latitude: expected a number, got "sever"'],
    [
      'a place that is nowhere',
      'id;lat;lon\nx;462;14,3',
      'location.1: expected a latitude from -90 to 90, got 462',
    ],
    ['another tenant', 'id,tenant\nx,bled', 'tenant: expected "kranj", got "bled"'],
    [
      'more cells than the header',
      'id,name\nx,Trg 1,Kranj',
      expect.stringMatching(/^expected at most 2 cells/),
    ],
    [
      'a formula',
      "id,name\nx,=cmd|' /C calc'!A0",
      'expected a value, got the formula "=cmd|\' /C calc\'!A0": put its result in its place',
    ],
  ])('because of %s is told, and the others are taken', async (_what, sheet, problem) => {
    const columns = sheet.split('\n')[0]?.split(/[,;]/).length ?? 1
    const good = `24e124000000000a${';'.repeat(columns - 1)}`.replaceAll(';', sheet.includes(';') ? ';' : ',')
    const { lines } = await runImport(`${sheet}\n${good}`, { profile: 'elsys-ers' })
    expect(lines).toEqual([
      { line: 2, ...(lines[0]?.id !== undefined && { id: lines[0].id }), verdict: 'refused', problem },
      { line: 3, id: '24e124000000000a', verdict: 'created' },
    ])
  })

  test('that is there twice is taken once', async () => {
    const sheet = 'dev_eui;name\n24E124000000000A;one\n24:e1:24:00:00:00:00:0a;two'
    const { lines, store } = await runImport(sheet, { profile: 'elsys-ers' })
    expect(lines[1]).toEqual({
      ...{ line: 3, id: '24e124000000000a', verdict: 'refused' },
      problem: 'id: expected one row for each device, got "24e124000000000a", which row 2 is about',
    })
    expect(store.valueOf('24e124000000000a')).toMatchObject({ name: 'one' })
  })

  test('whose quote is never closed ends the file, and what is before it is taken', async () => {
    const { lines } = await runImport('id,name\na,A\nb,"B\nc,C\nd,D\n', { profile: 'elsys-ers' })
    expect(lines).toEqual([
      { line: 2, id: 'a', verdict: 'created' },
      {
        ...{ line: 3, verdict: 'refused' },
        problem: 'expected a quote for each that was opened; nothing behind this one was read',
      },
    ])
  })

  test('that the registry refuses keeps nothing else back', async () => {
    const store = await TestStore.open('b', 'd')
    const { lines } = await runImport('id;name\na;\nb;B\nc;\nd;', { store, profile: 'elsys-ers' })
    expect(lines.map(({ id, verdict, problem }) => [id, verdict, problem])).toEqual([
      ['a', 'created', undefined],
      ['b', 'refused', 'expected one that no file has, got one of provision.yaml: change it there'],
      ['c', 'created', undefined],
      ['d', 'unchanged', undefined],
    ])
  })
})

describe('the same file again', () => {
  const SHEET = 'id;name;lat;lon;attributes.floor\na;Park;46,2;14,3;2\nb;Šola;46,3;14,4;'

  test('changes nothing', async () => {
    const { store } = await runImport(SHEET, { profile: 'elsys-ers' })
    const again = await runImport(SHEET, { store, profile: 'elsys-ers' })
    expect(again.lines.map(({ verdict }) => verdict)).toEqual(['unchanged', 'unchanged'])
    expect(store.changes).toEqual([2])
  })

  test('with a changed cell updates that device, and leaves what it does not say', async () => {
    const { store } = await runImport(SHEET, { profile: 'elsys-ers' })
    const again = await runImport('id;name;attributes.side\na;Novi park;north\nb;;', { store })
    expect(again.lines.map(({ verdict }) => verdict)).toEqual(['updated', 'unchanged'])
    expect(store.valueOf('a')).toEqual({
      ...{ tenant: 'kranj', id: 'a', profile: 'elsys-ers', name: 'Novi park', location: [14.3, 46.2] },
      attributes: { floor: 2, side: 'north' },
    })
  })

  test('as a dry run says what it would do, and does nothing', async () => {
    const { lines, store } = await runImport(SHEET, { profile: 'elsys-ers', dryRun: true })
    expect(lines.map(({ verdict }) => verdict)).toEqual(['created', 'created'])
    expect(store.ids.length).toBe(0)
  })
})

describe('a file that is no list of devices', () => {
  test.each([
    ['a workbook', Buffer.from('PK\x03\x04 and a gigabyte of zeros'), /save the sheet as CSV UTF-8/],
    ['an old workbook', Buffer.from('d0cf11e0a1b11ae100', 'hex'), /save the sheet as CSV UTF-8/],
    ['an image', Buffer.from('89504e470d0a1a0a00', 'hex'), /bytes that are no text/],
    ['nothing', '\n  \n', /expected a row for each device, got nothing/],
    [
      'rows without a header',
      '24E124000000000A;Park\n',
      /^line 1: expected a header with a column id or dev_eui, got "24E124000000000A, Park"/,
    ],
    ['a header of other things', 'name;app_key\nPark;1\n', /expected a header with a column id or dev_eui/],
    ['broken JSON', '[{"id": "a"', /^expected JSON: /],
  ])('is refused as a whole: %s', async (_what, content, message) => {
    await expect(runImport(content)).rejects.toThrow(message)
  })

  test('has a million empty rows, which are no devices', async () => {
    const { lines } = await runImport(`id;name\na;A\n${';\n'.repeat(200_000)}`, { profile: 'elsys-ers' })
    expect(lines).toEqual([{ line: 2, id: 'a', verdict: 'created' }])
  })
})

test('ten thousand devices go to the registry in parts', async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) => `dev-${index};Naprava ${index};46,2;14,3`)
  const { lines, store } = await runImport(`id;name;lat;lon\n${rows.join('\n')}`, { profile: 'elsys-ers' })
  expect(lines.every(({ verdict, line, id }) => verdict === 'created' && id === `dev-${line - 2}`)).toBe(true)
  expect(store.ids.length).toBe(10_000)
  expect(Math.max(...store.changes)).toBe(16)
})

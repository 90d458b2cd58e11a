import { describe, expect, test } from '@jest/globals'
import { createMessage, RECEIVED_AT } from '../create-message.ts'
import { decodeAs, describeFormat } from '../format-suite.ts'

const SPARKPLUG = { sparkplug: {} }
/** The time of all payloads here, unless they say otherwise. */
const SENT_AT = Date.parse('2026-01-15T09:00:00Z')

/** All were encoded by hand from the message definitions of Sparkplug 3.0. */
const INTEGERS = [
  '0880a58887bc3312090a026938200150fb0112100a06693877696465200150fbffffff0f120b0a036931',
  '36200250d4fd03120d0a03693332200350fbffffff0f12120a03693634200458fbffffffffffffffff01',
  '12150a066936346d696e2004588080808080808080800112090a027538200550fb01120b0a0375313620',
  '0650d3fd03120d0a03753332200750fbffffff0f12100a03753634200858808080808080801012150a06',
  '7536346d6178200858ffffffffffffffffff011801',
].join('')
const OTHERS = [
  '0880a58887bc33120a0a01662009653333ab41120e0a0164200a699a9999999999b9bf12090a03796573',
  '200b700112080a026e6f200b7000120c0a0173200c7a05c5a16f6c61120c0a0174200d5880a58887bc33',
  '120a0a0474657874200e7a0012150a026964200f7a0d34663063386135322d30303031120f0a05627974',
  '6573201182010300ff41120a0a046e6f6e6520033801121d0a0362616420094a0f0a075175616c697479',
  '120408031800650000803f121f0a04676f6f6420094a100a075175616c6974791205080318c001650000',
  '803f12090a05656d70747920031801',
].join('')
const ARRAYS = [
  '0880a58887bc33120b0a0269382016820102ef7b120e0a036931362017820104d08a307512120a036933',
  '322018820108fffffffffaafcb12121a0a036936342019820110fbffffffffffffff0700000000000000',
  '120b0a027538201a82010217fa120e0a03753136201b8201041e0088cc12120a03753332201c82010834',
  '00000049fb55c412120a03753634201d820108340000000000000012100a0166201e820108a4709d3f98',
  'aeb24212100a0164201f820108d7a205685bb52840120e0a016220208201060c00000034d012120a0173',
  '202182010a4142430068656c6c6f0012100a01742022820108c7d09075240100001801',
].join('')
const DATA_SETS =
  '0880a58887bc3312310a0770726f66696c6520108a01230802120564657074681201741807180122090a02080a0a0308fb0122060a0208140a00122a0a067061636b656420108a011d0802120564657074681201741a020709220b0a02080a0a051d000090401801'
const TEMPLATE = [
  '0880a58887bc3312140a0450756d70201392010912050a01702009280112530a0570756d703120139201',
  '47120a0a01702009650000c03f12200a046c6561662013920115120b0a0176200350f9ffffff0f22044c',
  '65616628001a0f0a056c696d6974100318ffffffff0f220450756d7028001801',
].join('')
const TIMES = [
  '0880a58887bc3312110a01741880a58887bc332009650000404012130a017418b0958887bc3320092801',
  '650000803f12110a01681880a58887bc332009650000484212130a017418989d8887bc33200928016500',
  '00004012110a01741880a58887bc33200965000080401801',
].join('')
/** Forty templates, each the only member of the one before. */
const DEEP = [
  '0880a58887bc3312ce030a017820139201c50312c2030a017820139201b90312b6030a017820139201ad',
  '0312aa030a017820139201a103129e030a01782013920195031292030a01782013920189031286030a01',
  '7820139201fd0212fa020a017820139201f10212ee020a017820139201e50212e2020a017820139201d9',
  '0212d6020a017820139201cd0212ca020a017820139201c10212be020a017820139201b50212b2020a01',
  '7820139201a90212a6020a0178201392019d02129a020a0178201392019102128e020a01782013920185',
  '021282020a017820139201f90112f6010a017820139201ed0112ea010a017820139201e10112de010a01',
  '7820139201d50112d2010a017820139201c90112c6010a017820139201bd0112ba010a017820139201b1',
  '0112ae010a017820139201a50112a2010a01782013920199011296010a0178201392018d01128a010a01',
  '78201392018101127f0a0178201392017712750a0178201392016d126b0a0178201392016312610a0178',
  '201392015912570a0178201392014f124d0a0178201392014512430a0178201392013b12390a01782013',
  '920131122f0a0178201392012712250a0178201392011d121b0a0178201392011312110a017820139201',
  '0912070a0178200350011801',
].join('')

describeFormat('sparkplug', {
  vectors: [
    {
      name: 'a metric with its name',
      decode: SPARKPLUG,
      topic: 'spBv1.0/Kranj/DDATA/GW01/WB-MSW-1',
      hex: '0880a58887bc33121b0a0b74656d70657261747572651880a58887bc332009650000ac411800',
      readings: [{ temperature: 21.5 }],
    },
    {
      name: 'integers, the negative ones sent unsigned in 8, 16, 32 and 64 bits',
      decode: SPARKPLUG,
      hex: INTEGERS,
      readings: [
        {
          i8: -5,
          i8wide: -5,
          i16: -300,
          i32: -5,
          i64: -5,
          i64min: -(2 ** 63),
          u8: 251,
          u16: 65_235,
          u32: 4_294_967_291,
          u64: 2 ** 53,
          u64max: 2 ** 64,
        },
      ],
    },
    {
      name: 'values of every other type, and what has none or none that is good',
      decode: SPARKPLUG,
      hex: OTHERS,
      readings: [
        {
          f: 21.4,
          d: -0.1,
          yes: true,
          no: false,
          s: 'šola',
          t: '2026-01-15T09:00:00.000Z',
          text: '',
          id: '4f0c8a52-0001',
          bytes: '00ff41',
          none: null,
          bad: null,
          good: 1,
          empty: null,
        },
      ],
    },
    {
      name: 'arrays of every type',
      decode: SPARKPLUG,
      hex: ARRAYS,
      readings: [
        {
          i8: [-17, 123],
          i16: [-30_000, 30_000],
          i32: [-1, 315_338_746],
          i64: [-5, 7],
          u8: [23, 250],
          u16: [30, 52_360],
          u32: [52, 3_293_969_225],
          u64: [52],
          f: [1.23, 89.341],
          d: [12.354213],
          b: [false, false, true, true, false, true, false, false, true, true, false, true],
          s: ['ABC', 'hello'],
          t: ['2009-10-21T05:27:55.335Z'],
        },
      ],
    },
    {
      name: 'data sets as rows by column',
      decode: SPARKPLUG,
      hex: DATA_SETS,
      readings: [
        {
          profile: [
            { depth: 10, t: -5 },
            { depth: 20, t: null },
          ],
          packed: [{ depth: 10, t: 4.5 }],
        },
      ],
    },
    {
      name: 'a template as its parameters and members, and its definition as no value',
      decode: SPARKPLUG,
      hex: TEMPLATE,
      readings: [{ Pump: null, pump1: { limit: -1, p: 1.5, leaf: { v: -7 } } }],
    },
    {
      name: 'metrics of one time as one reading, the newest last',
      decode: SPARKPLUG,
      hex: TIMES,
      readings: [{ t: 1 }, { t: 2 }, { t: 3, h: 50 }, { t: 4 }],
    },
  ],
  hostileName: { hex: '0880a58887bc3312120a095f5f70726f746f5f5f200965000040401801' },
})

describe('the time of a metric', () => {
  test('is its own, also when it is of the past', () => {
    const readings = decodeHex(TIMES)
    expect(readings.map(({ observedAt }) => observedAt)).toEqual([
      SENT_AT - 2_000,
      SENT_AT - 1_000,
      SENT_AT,
      SENT_AT,
    ])
  })

  test('is that of the message where it has none', () => {
    const [reading] = decodeHex('08b0958887bc33120a0a0161200965000040401801')
    expect(reading).toEqual({ values: { a: 3 }, observedAt: SENT_AT - 2_000 })
  })

  test('is that of receipt where neither can be true', () => {
    const [reading] = decodeHex('0801120a0a0161200965000040401801')
    expect(reading).toEqual({ values: { a: 3 }, observedAt: RECEIVED_AT, doubtfulTime: '1' })
  })
})

describe('what is no payload of Sparkplug B', () => {
  const LENGTHS = 'lengths that do not lead past its end'

  test.each([
    ['nothing', '', 'a payload, got nothing'],
    [
      'a value in bytes of another type',
      '0880a58887bc3312070a0161200960031801',
      'fields of the wire types of Sparkplug B',
    ],
    [
      'an integer whose type nobody has told',
      '0880a58887bc3312050a016150031801',
      'a birth before that announces the type of "a"',
    ],
    ['a name that is no text', '0880a58887bc3312060a02fffe20091801', 'text in UTF-8'],
    [
      'a row with a cell too few',
      '0880a58887bc33121e0a017020108a01160802120564657074681201741807180122040a02080a1801',
      'data sets with a type and a value for each column',
    ],
    ['an integer too large for its type', '0880a58887bc3312080a0161200150ac021801', 'integers of 8 bits'],
    ['half an item of an array', '0880a58887bc3312090a01612017820101011801', 'arrays of items of 2 bytes'],
    ['a field without a number', '0880a58887bc33120a0a01612009650000404018010001', 'protocol buffers'],
    ['a group, which has no length', '0880a58887bc330b0c1801', 'fields of known wire types'],
    ['a metric longer than its message', '0880a58887bc33127f0a0161', LENGTHS],
    ['a name longer than its metric', '0880a58887bc3312040a7f61001801', LENGTHS],
    ['a float that was cut off', '0880a58887bc3312060a016165000018010000', LENGTHS],
    ['a number without an end', '0880a58887bc3318ff', 'protocol buffers'],
    [
      'types of a data set that were cut off',
      '0880a58887bc3312150a017020108a010d0801120564657074681a0187071801',
      'protocol buffers',
    ],
    ['templates nested without end', DEEP, 'at most 32 levels'],
    [
      'metrics that are compressed',
      '0880a58887bc331801221253504256312e305f434f4d505245535345442a0101',
      'metrics that are not compressed',
    ],
    ['too many metrics', '1200'.repeat(10_001), 'at most 10000 metrics in one message'],
  ])('%s is refused by what was expected', (_case, hex, expectation) => {
    expect(() => decodeHex(hex)).toThrow(`DECODE_FAILED: expected ${expectation}`)
  })
})

function decodeHex(hex: string) {
  return decodeAs(SPARKPLUG, createMessage(Buffer.from(hex, 'hex')))
}

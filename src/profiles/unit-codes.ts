/** The UN/CEFACT common codes (UN/ECE Recommendation 20) that municipal sensors need, and what each stands for. */

const UNITS = {
  CEL: 'degree Celsius',
  P1: 'percent',
  C62: 'one: a count, or a share from 0 to 1',
  PAL: 'pascal',
  A97: 'hectopascal',
  KPA: 'kilopascal',
  BAR: 'bar',
  LUX: 'lux',
  A24: 'candela per square metre',
  D54: 'watt per square metre',
  WTT: 'watt',
  KWT: 'kilowatt',
  WHR: 'watt hour',
  KWH: 'kilowatt hour',
  MWH: 'megawatt hour',
  D44: 'var',
  KVR: 'kilovar',
  K3: 'kilovar hour',
  D46: 'volt-ampere',
  VLT: 'volt',
  AMP: 'ampere',
  '4K': 'milliampere',
  HTZ: 'hertz',
  LTR: 'litre',
  MTQ: 'cubic metre',
  L2: 'litre per minute',
  E32: 'litre per hour',
  G51: 'litre per second',
  MQH: 'cubic metre per hour',
  MMT: 'millimetre; of rain: litre per square metre',
  CMT: 'centimetre',
  MTR: 'metre',
  MTS: 'metre per second',
  KMH: 'kilometre per hour',
  KNT: 'knot',
  DD: 'degree of an angle',
  GQ: 'microgram per cubic metre',
  GP: 'milligram per cubic metre',
  M1: 'milligram per litre',
  '59': 'part per million',
  '61': 'part per billion',
  '2N': 'decibel',
  DBM: 'decibel-milliwatt: the strength of a radio signal',
  SEC: 'second',
  MIN: 'minute',
  HUR: 'hour',
  G42: 'microsiemens per centimetre',
  H61: 'millisiemens per centimetre',
  D10: 'siemens per metre',
  Q30: 'pH',
  A19: 'becquerel per cubic metre',
  KGM: 'kilogram',
} as const

export type UnitCode = keyof typeof UNITS

export const UNIT_CODES: readonly UnitCode[] = Object.keys(UNITS) as UnitCode[]

/** The meaning of each code, in the order of UNIT_CODES. */
export const UNIT_NAMES: readonly string[] = Object.values(UNITS)

/** What a unit has to be, with the code of what was probably meant: people write `Celsius`. */
export function describeUnit({ input }: { readonly input?: unknown }): string {
  const words = typeof input === 'string' ? input.toLowerCase().trim() : ''
  const meant = Object.entries(UNITS).find(([, name]) => isName(words, name.toLowerCase()))
  const example = meant === undefined ? 'CEL' : `${meant[0]} (${meant[1]})`
  return `expected a UN/CEFACT common code such as ${example}`
}

function isName(words: string, name: string): boolean {
  return words.length > 2 && (name === words || name.endsWith(` ${words}`) || name.startsWith(`${words}:`))
}

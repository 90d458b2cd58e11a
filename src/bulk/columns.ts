/**
 * THE TABLE of column names: what a column of a sheet, or a key of an export, is called by us. Sources: ChirpStack v4 (device of
 * its REST API), The Things Stack v3 (CSV and JSON file of end devices), sheets of Milesight and Dragino, and what people write.
 */

/** What a cell can be about. Those that begin with `attributes.` are attributes of the device. */
export type Field =
  | 'id'
  | 'devEui'
  | 'tenant'
  | 'name'
  | 'profile'
  | 'profileVersion'
  | 'model'
  | 'vendor'
  | 'latitude'
  | 'longitude'
  | 'e'
  | 'n'
  | 'crs'
  | 'location'
  | 'placement'
  | 'apikey'
  | 'cn'
  | 'san'
  | 'attributes'
  | 'tags'
  | 'description'
  | 'serialNumber'
  | `attributes.${string}`

const NAMES: readonly (readonly [Field, string])[] = [
  ['id', 'id deviceid idsdeviceid enddeviceid sensorid naprava idnaprave oznaka oznakanaprave idsenzorja'],
  ['devEui', 'deveui deviceeui idsdeveui lorawandeveui eui eui64'],
  ['tenant', 'tenant'],
  ['name', 'name devicename label ime naziv imenaprave nazivnaprave'],
  ['profile', 'profile profil'],
  ['profileVersion', 'profileversion razlicicaprofila'],
  ['model', 'model modelid modelname versionidsmodelid deviceprofile deviceprofilename devicetype type'],
  ['model', 'tip tipnaprave tipsenzorja vrsta profilnaprave'],
  ['vendor', 'vendor vendorid brand brandid versionidsbrandid manufacturer proizvajalec'],
  ['latitude', 'latitude lat gpslatitude gpslat locationlatitude locationsuserlatitude'],
  ['latitude', 'sirina zemljepisnasirina geografskasirina'],
  ['longitude', 'longitude lon lng long gpslongitude gpslon gpslng locationlongitude locationsuserlongitude'],
  ['longitude', 'dolzina zemljepisnadolzina geografskadolzina'],
  ['e', 'e easting locatione'],
  ['n', 'n northing locationn'],
  ['crs', 'crs epsg locationcrs koordinatnisistem'],
  ['location', 'location coordinates lokacija koordinate'],
  ['placement', 'placement postavitev umestitev'],
  ['apikey', 'apikey'],
  ['cn', 'certificatecn'],
  ['san', 'certificatesan'],
  ['attributes', 'attributes atributi'],
  ['tags', 'tags oznake'],
  ['description', 'description opis'],
  ['serialNumber', 'serialnumber serialno serial sn serijskastevilka'],
]
const FIELDS: ReadonlyMap<string, Field> = new Map(
  NAMES.flatMap(([field, names]) => names.split(' ').map(name => [name, field] as const)),
)

/** A column for each attribute: `attributes.floor`, and tags of network servers. */
const ATTRIBUTE = /^(?:attributes?|attr|atributi?|tags?)[.:_](.+)$/i
/** Keys of LoRaWAN are for the network server, and passwords are made by the agent: neither is read. */
const SECRET = /(?:key|secret|password|passwordhash|geslo|token|authenticationcode)$/

export type Column =
  | { readonly kind: 'field'; readonly field: Field }
  | { readonly kind: 'secret' | 'unused' }

/** What the header of a column means, whatever its capitals, spaces, signs and accents. */
export function toColumn(header: string): Column {
  const [, attribute] = ATTRIBUTE.exec(header.trim()) ?? []
  if (attribute !== undefined) return { kind: 'field', field: `attributes.${attribute.trim()}` }
  const name = header
    .normalize('NFD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
  const field = FIELDS.get(name)
  if (field !== undefined) return { kind: 'field', field }
  return { kind: SECRET.test(name) ? 'secret' : 'unused' }
}

/** Columns that nothing is taken from, as people are told of them. */
export function describeUnread(headers: Iterable<string>): readonly string[] {
  const unread = [...new Set(headers)].map(header => ({ header: header.trim(), column: toColumn(header) }))
  const list = (kind: Column['kind']) =>
    unread
      .filter(({ header, column }) => header !== '' && column.kind === kind)
      .map(({ header }) => header)
      .join(', ')
  const secret = list('secret')
  const unused = list('unused')
  return [
    ...(secret === '' ? [] : [`these columns hold secrets, which were neither read nor stored: ${secret}`]),
    ...(unused === ''
      ? []
      : [`these columns are not used: ${unused} (attributes.NAME makes an attribute of one)`]),
  ]
}

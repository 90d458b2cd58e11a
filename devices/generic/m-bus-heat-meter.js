/** A heat meter's answer on a wired M-Bus (EN 13757-2 and -3): records that say themselves what they measure and how it is coded. */

var LONG_FRAME = 0x68
var FRAME_END = 0x16
/* From the control field of the answer to the first record: control, address, kind of data, and the header of the meter. */
var RECORDS_START = 19
var VARIABLE_DATA = 0x72
/* Bytes of the kinds of data whose length is fixed. 13 has a length of its own; 15 is what only its maker understands. */
var BYTES_OF_DATA = [0, 1, 2, 3, 4, 4, 6, 8, 0, 1, 2, 3, 4, 0, 6]
/* From this code on the unit says more than the first table of the standard has. */
var UNITS_END = 0x7b

/* What the present values of a heat meter are called, by the range of their unit codes; the lowest power of ten; J in a kWh. */
var UNITS = [
  { name: 'energy', from: 0x00, to: 0x07, exponent: -6 }, // kWh
  { name: 'energy', from: 0x08, to: 0x0f, exponent: 0, divisor: 3.6e6 }, // from J
  { name: 'volume', from: 0x10, to: 0x17, exponent: -6 }, // m³
  { name: 'power', from: 0x28, to: 0x2f, exponent: -6 }, // kW
  { name: 'flow', from: 0x38, to: 0x3f, exponent: -6 }, // m³/h
  { name: 'flowTemperature', from: 0x58, to: 0x5b, exponent: -3 },
  { name: 'returnTemperature', from: 0x5c, to: 0x5f, exponent: -3 },
]

function decodeUplink(input) {
  var frame = input.bytes
  var problem = findProblem(frame)
  if (problem !== '') return { errors: [problem] }
  var values = { serial: toHex(frame, 7, 4), status: frame[16] }
  var end = frame.length - 2
  for (var at = RECORDS_START; at < end; ) {
    if (frame[at] === 0x2f) at += 1
    else if ((frame[at] & 0x0f) === 0x0f) break
    else at = readRecord(frame, at, end, values)
  }
  if (at > end) return { errors: ['expected the last record to end before the checksum'] }
  return { data: values }
}

function findProblem(frame) {
  if (frame.length <= RECORDS_START + 2) return 'expected a long frame, got ' + frame.length + ' bytes'
  if (frame[0] !== LONG_FRAME || frame[3] !== LONG_FRAME) return 'expected a frame that starts with 68 L L 68'
  if (frame[1] !== frame[2] || frame[1] !== frame.length - 6)
    return 'expected the length ' + (frame.length - 6)
  if (frame[frame.length - 1] !== FRAME_END) return 'expected 16 at the end'
  if (frame[6] !== VARIABLE_DATA) return 'expected variable data (72), got ' + toHex(frame, 6, 1)
  var sum = 0
  for (var at = 4; at < frame.length - 2; at += 1) sum = (sum + frame[at]) & 255
  return sum === frame[frame.length - 2] ? '' : 'expected the checksum ' + ('0' + sum.toString(16)).slice(-2)
}

/* Gives where the record ends. Only present values count: no stored ones, no tariffs, no maxima. */
function readRecord(frame, start, end, values) {
  var at = start
  var kind = frame[at] & 0x0f
  var isPresent = (frame[at] & 0x70) === 0
  while (frame[at++] & 0x80) isPresent = isPresent && at < end && (frame[at] & 0x7f) === 0
  var unit = frame[at] & 0x7f
  var isPlain = unit < UNITS_END && !(frame[at] & 0x80)
  while (frame[at++] & 0x80);
  var length = kind === 13 ? 1 + (frame[at] < 0xc0 ? frame[at] : 0) : BYTES_OF_DATA[kind]
  var found = isPresent && isPlain && at + length <= end ? findUnit(unit) : undefined
  var value = found === undefined ? undefined : readNumber(frame, at, length, kind)
  if (value !== undefined)
    values[found.name] = scale(value, found.exponent + unit - found.from) / (found.divisor || 1)
  return at + length
}

function findUnit(code) {
  return UNITS.filter(function (unit) {
    return code >= unit.from && code <= unit.to
  })[0]
}

/* Division keeps decimals exact where a negative power would not. */
function scale(value, exponent) {
  return exponent < 0 ? value / Math.pow(10, -exponent) : value * Math.pow(10, exponent)
}

function readNumber(frame, at, length, kind) {
  if (length === 0 || kind === 13) return undefined
  if (kind === 5) return new DataView(new Uint8Array(frame.slice(at, at + 4)).buffer).getFloat32(0, true)
  return kind > 8 ? readDecimal(frame, at, length) : readInteger(frame, at, length)
}

function readInteger(frame, at, length) {
  var value = 0
  for (var n = length - 1; n >= 0; n -= 1) value = value * 256 + frame[at + n]
  return value < Math.pow(2, 8 * length - 1) ? value : value - Math.pow(2, 8 * length)
}

/* Two decimal digits in a byte, the lowest first. Other digits mean that there is no value, but for F at the front: a minus. */
function readDecimal(frame, at, length) {
  var digits = ''
  for (var n = length - 1; n >= 0; n -= 1) digits += toHex(frame, at + n, 1)
  var text = digits.replace(/^f/, '-')
  return /^-?[0-9]+$/.test(text) ? Number(text) : undefined
}

/* As it is printed on the meter: the highest byte first. */
function toHex(frame, start, length) {
  var text = ''
  for (var at = start + length - 1; at >= start; at -= 1) text += ('0' + frame[at].toString(16)).slice(-2)
  return text
}

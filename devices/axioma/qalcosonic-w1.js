/** Water meter with an hourly log in each frame: the log begins with a volume and goes on with what was added to it. */

/* The frame on port 100, all of it little-endian: time (4 bytes), status (1), volume in litres (4); then the log: its time (4), its
   volume (4), and up to fifteen differences (2 each). Other ports carry settings and alarms. */
var FRAME_PORT = 100
var LOG_START = 9
var DIFFERENCES_START = 17
var DIFFERENCES_MAX = 15

function decodeUplink(input) {
  var bytes = input.bytes
  if (input.fPort !== FRAME_PORT) return { data: [] }
  if (bytes.length < DIFFERENCES_START) {
    return { errors: ['expected at least ' + DIFFERENCES_START + ' bytes, got ' + bytes.length] }
  }
  var stepSeconds = Number(input.variables.logMinutes) * 60
  return { data: readLog(bytes, stepSeconds).concat(readNow(bytes)) }
}

function readNow(bytes) {
  return { at: readUnsigned(bytes, 0, 4), volume: readUnsigned(bytes, 5, 4), alarm: bytes[4] === 0 ? 0 : 1 }
}

function readLog(bytes, stepSeconds) {
  var at = readUnsigned(bytes, LOG_START, 4)
  var volume = readUnsigned(bytes, LOG_START + 4, 4)
  var log = [{ at: at, volume: volume }]
  var end = Math.min(bytes.length - 1, DIFFERENCES_START + 2 * DIFFERENCES_MAX)
  for (var start = DIFFERENCES_START; start < end; start += 2) {
    at += stepSeconds
    volume += readUnsigned(bytes, start, 2)
    log.push({ at: at, volume: volume })
  }
  return log
}

function readUnsigned(bytes, start, length) {
  var value = 0
  for (var at = start + length - 1; at >= start; at -= 1) value = value * 256 + bytes[at]
  return value
}

/**
 * `Buffer`, `atob`, `btoa` and `console` for codecs, as the network servers offer them: the part of them that published codecs use.
 * It is text because it runs inside the sandbox; lines of the log are dropped.
 */
export const GUEST_GLOBALS = String.raw`(function () {
  'use strict'
  const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  const { fromCharCode } = String

  function toBase64(bytes) {
    let text = ''
    for (let at = 0; at < bytes.length; at += 3) {
      const bits = (bytes[at] << 16) | ((bytes[at + 1] || 0) << 8) | (bytes[at + 2] || 0)
      text += BASE64[bits >> 18] + BASE64[(bits >> 12) & 63]
      text += at + 1 < bytes.length ? BASE64[(bits >> 6) & 63] : '='
      text += at + 2 < bytes.length ? BASE64[bits & 63] : '='
    }
    return text
  }

  function fromBase64(text) {
    const bytes = []
    let bits = 0
    let count = 0
    for (const letter of text.replace(/-/g, '+').replace(/_/g, '/')) {
      const six = BASE64.indexOf(letter)
      if (six < 0) continue
      bits = ((bits << 6) | six) & 0xfff
      count += 6
      if (count >= 8) {
        count -= 8
        bytes.push((bits >> count) & 255)
      }
    }
    return bytes
  }

  function toLatin1(bytes) {
    let text = ''
    for (let at = 0; at < bytes.length; at++) text += fromCharCode(bytes[at])
    return text
  }

  function fromLatin1(text) {
    const bytes = []
    for (let at = 0; at < text.length; at++) bytes.push(text.charCodeAt(at) & 255)
    return bytes
  }

  function toUtf8(bytes) {
    const text = toLatin1(bytes)
    try {
      return decodeURIComponent(escape(text))
    } catch {
      return text.replace(/[^\0-\x7f]/g, '\ufffd')
    }
  }

  function toHex(bytes) {
    let text = ''
    for (let at = 0; at < bytes.length; at++) text += (bytes[at] < 16 ? '0' : '') + bytes[at].toString(16)
    return text
  }

  function fromHex(text) {
    const bytes = []
    for (let at = 0; at + 1 < text.length; at += 2) {
      const byte = /^[0-9a-f]{2}$/i.test(text.substr(at, 2)) ? parseInt(text.substr(at, 2), 16) : -1
      if (byte < 0) break
      bytes.push(byte)
    }
    return bytes
  }

  const utf8 = { write: toUtf8, read: text => fromLatin1(unescape(encodeURIComponent(text))) }
  const latin1 = { write: toLatin1, read: fromLatin1 }
  const base64 = { write: toBase64, read: fromBase64 }
  const ENCODINGS = {
    __proto__: null, utf8, 'utf-8': utf8, latin1, binary: latin1, ascii: latin1, base64, base64url: base64,
    hex: { write: toHex, read: fromHex },
  }

  function getEncoding(name = 'utf8') {
    const encoding = ENCODINGS[String(name).toLowerCase()]
    if (!encoding) throw new TypeError('Unknown encoding: ' + name)
    return encoding
  }

  class Buffer extends Uint8Array {
    constructor(source, offset, length) {
      if (typeof source === 'string') super(getEncoding(offset).read(source))
      else super(source, offset, length)
    }
    static from(source, offset, length) {
      return new Buffer(source instanceof Uint8Array ? [...source] : source, offset, length)
    }
    static alloc(size, value = 0) { return new Buffer(size).fill(value) }
    static allocUnsafe(size) { return new Buffer(size) }
    static isBuffer(value) { return value instanceof Buffer }
    static byteLength(text, encoding) { return getEncoding(encoding).read(text).length }
    static concat(list) { return new Buffer(list.flatMap(part => [...part])) }
    slice(start, end) { return this.subarray(start, end) }
    toString(encoding, start, end) { return getEncoding(encoding).write(this.subarray(start, end)) }
    toJSON() { return { type: 'Buffer', data: [...this] } }
    equals(other) { return toHex(this) === toHex(other) }
    readUIntBE(offset, size) {
      let value = 0
      for (let at = 0; at < size; at++) value = value * 256 + this.readUInt8(offset + at)
      return value
    }
    readUIntLE(offset, size) { return new Buffer([...this.slice(offset, offset + size)].reverse()).readUIntBE(0, size) }
    readIntBE(offset, size) { return toSigned(this.readUIntBE(offset, size), size) }
    readIntLE(offset, size) { return toSigned(this.readUIntLE(offset, size), size) }
  }

  function toSigned(value, size) {
    return value < 2 ** (size * 8 - 1) ? value : value - 2 ** (size * 8)
  }

  function addNumber(name, type, size, little) {
    const view = buffer => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    const methods = {
      read(offset = 0) { return view(this)['get' + type](offset, little) },
      write(value, offset = 0) {
        view(this)['set' + type](offset, value, little)
        return offset + size
      },
    }
    for (const verb of ['read', 'write']) {
      for (const alias of [name, name.replace('UInt', 'Uint')]) {
        Object.defineProperty(Buffer.prototype, verb + alias, { value: methods[verb] })
      }
    }
  }

  const NUMBERS = [
    ['Int16', 'Int16', 2], ['UInt16', 'Uint16', 2], ['Int32', 'Int32', 4], ['UInt32', 'Uint32', 4],
    ['BigInt64', 'BigInt64', 8], ['BigUInt64', 'BigUint64', 8], ['Float', 'Float32', 4], ['Double', 'Float64', 8],
  ]
  addNumber('Int8', 'Int8', 1, true)
  addNumber('UInt8', 'Uint8', 1, true)
  for (const [name, type, size] of NUMBERS) {
    addNumber(name + 'LE', type, size, true)
    addNumber(name + 'BE', type, size, false)
  }

  const drop = () => {}
  const console = { log: drop, info: drop, warn: drop, error: drop, debug: drop, trace: drop, dir: drop, table: drop }
  const atob = text => toLatin1(fromBase64(String(text)))
  const btoa = text => toBase64(fromLatin1(String(text)))
  for (const [name, value] of Object.entries({ Buffer, console, atob, btoa })) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
  }
})()`

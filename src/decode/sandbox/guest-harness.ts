/**
 * The part of the harness that runs inside the sandbox, as text: it calls a codec by whichever signature it has, and sees to it that
 * nothing of one message is left for the next.
 *
 * The built-in objects are frozen, so a script cannot change them; what a sloppy script leaves in the global object is removed after
 * each message. A frozen property would also forbid `object.toString = …` on every object that inherits it, which published codecs
 * rely on, so those are replaced by accessors that define the property on the object itself.
 */

/** Gives a function (harden, charsMax) that gives the function (factory, inputJson) that decodes one message; see toAnswer. */
export const GUEST_HARNESS = `(function (harden, charsMax) {
  'use strict'
  const { parse, stringify } = JSON
  const { defineProperty, deleteProperty, getOwnPropertyDescriptor, getPrototypeOf, isExtensible, ownKeys } = Reflect
  const scriptEval = eval
  // As strict code it keeps its declarations to itself.
  globalThis.eval = code => (typeof code === 'string' ? scriptEval('"use strict";' + code) : code)

  const world = globalThis
  const worldPrototype = getPrototypeOf(world)
  const names = ownKeys(world)
  for (const name of names) {
    if (getOwnPropertyDescriptor(world, name).configurable) defineProperty(world, name, { configurable: false })
  }
  const values = names.map(name => world[name])
  const known = new Set(names)
  if (harden) freezeBuiltIns()
  return decode

  function decode(factory, inputJson) {
    let reply
    try {
      reply = read(factory, parse(inputJson))
    } catch (error) {
      reply = '!' + describe(error)
    }
    return (tidy() ? 'k' : 's') + reply
  }

  function read(factory, input) {
    input.recvTime = new Date(input.recvTime)
    const module = { exports: {} }
    const own = factory(module, module.exports) || []
    const find = (name, index) => [own[index], module.exports[name]].find(found => typeof found === 'function')
    const decodeUplink = find('decodeUplink', 0)
    if (decodeUplink) return readResult(decodeUplink(input))
    const decoder = find('Decoder', 1)
    if (decoder) return readData(decoder(input.bytes, input.fPort))
    const oldest = find('Decode', 2)
    if (oldest) return readData(oldest(input.fPort, input.bytes, input.variables))
    return '!expected a function decodeUplink, Decoder or Decode, got none of them'
  }

  function readResult(result) {
    if (typeof result !== 'object' || result === null || result instanceof Promise) return readData(result)
    const errors = result.errors
    if (Array.isArray(errors) && errors.length > 0) return '!' + errors.slice(0, 10).map(describe).join('; ').slice(0, 300)
    if (typeof errors === 'string' && errors !== '') return '!' + describe(errors)
    return readData(result.data)
  }

  function readData(data) {
    if (data instanceof Promise) return '!expected data, got a promise'
    const json = stringify(data)
    if (json === undefined) return '!expected data, got ' + typeof data
    return json.length > charsMax ? '#' : '=' + json
  }

  function describe(error) {
    try {
      if (error instanceof Error) return (error.name + ': ' + error.message).slice(0, 300)
      return (typeof error === 'object' ? stringify(error) : String(error)).slice(0, 300)
    } catch {
      return 'an error that cannot be shown'
    }
  }

  // False when something stays that cannot be removed.
  function tidy() {
    try {
      const present = ownKeys(world)
      if (present.length !== names.length) {
        for (const name of present) if (!known.has(name) && !deleteProperty(world, name)) return false
      }
      for (let at = 0; at < names.length; at++) {
        if (world[names[at]] !== values[at] && values[at] === values[at]) {
          if (!defineProperty(world, names[at], { value: values[at] })) return false
        }
      }
      return isExtensible(world) && getPrototypeOf(world) === worldPrototype
    } catch {
      return false
    }
  }

  function freezeBuiltIns() {
    const found = new Set()
    const add = value => {
      if (value !== world && (typeof value === 'function' || (typeof value === 'object' && value !== null))) found.add(value)
    }
    const errors = values.filter(value => typeof value === 'function' && value.prototype instanceof Error)
    for (const { prototype } of [Object, Function, Error, ...errors]) allowOverriding(prototype)
    values.forEach(add)
    // No name leads to these.
    const hidden = [function* () {}, async function () {}, async function* () {}, [].values(), new Map().values()]
    hidden.push(new Set().values(), ''[Symbol.iterator](), ''.matchAll(/./g), [].values().map(String), Iterator.from({}))
    for (const object of hidden) add(getPrototypeOf(object))
    for (const object of found) {
      add(getPrototypeOf(object))
      for (const name of ownKeys(object)) {
        const { value, get, set } = getOwnPropertyDescriptor(object, name)
        add(value)
        add(get)
        add(set)
      }
    }
    found.forEach(Object.freeze)
  }

  function allowOverriding(prototype) {
    for (const name of ownKeys(prototype)) {
      const { value, writable, configurable } = getOwnPropertyDescriptor(prototype, name)
      if (!writable || !configurable) continue
      const set = function (own) {
        if (this === prototype || (typeof this !== 'object' && typeof this !== 'function')) return
        defineProperty(this, name, { value: own, writable: true, enumerable: true, configurable: true })
      }
      defineProperty(prototype, name, { get: () => value, set, enumerable: false, configurable: true })
    }
  }
})`

/**
 * A codec as a factory: it is sloppy code, as published codecs need, and each call gives functions with variables of their own. The
 * inner function keeps the script's declarations apart from the parameters, and lets a "use strict" of its own count.
 */
export function toFactory(source: string): string {
  const found = ['decodeUplink', 'Decoder', 'Decode'].map(
    name => `typeof ${name} === 'function' ? ${name} : 0`,
  )
  return `(function (module, exports) { return (function () {${source}\n;return [${found.join()}]}).call(this)})`
}

const BUILT_IN =
  '(?:Array|BigInt|Boolean|Buffer|DataView|Date|Error|Function|JSON|Map|Math|Number|Object|Promise|RegExp|Set|String|Symbol|[A-Z]\\w{2,7}Array)'
const ALTERING = new RegExp(
  `\\b${BUILT_IN}(?:\\.prototype)?(?:\\.\\w+|\\[[^\\]\\n]{1,64}\\]) ?=(?![=>])|` +
    `\\b(?:defineProperty|defineProperties|setPrototypeOf|assign)\\( ?${BUILT_IN}\\b`,
)

/** Whether a script means to extend the built-in objects. It cannot run with frozen ones, so it gets new ones for each message. */
export function altersBuiltIns(source: string): boolean {
  return ALTERING.test(source)
}

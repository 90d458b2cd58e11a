/** QuickJS in WebAssembly with a memory that cannot grow past its maximum, and the codecs that are loaded in it. */
import release from '@jitl/quickjs-wasmfile-release-sync'
import { newQuickJSWASMModuleFromVariant, newVariant, type QuickJSWASMModule } from 'quickjs-emscripten-core'
import { type Answer, MEMORY_PAGES } from './answer.ts'
import type { CodecLimits } from './codec.ts'
import { LoadedCodec } from './loaded-codec.ts'

// The types of the package describe its CommonJS build; here the default export is the variant itself.
const variant = 'default' in release ? release.default : release

/** TypeScript knows WebAssembly only together with everything else that a browser has. */
declare const WebAssembly: { readonly Memory: new (pages: typeof MEMORY_PAGES) => Memory }

interface Memory {
  readonly buffer: ArrayBuffer
}

/** The allocator grows the memory by a twentieth at least, so it never gets the last of it. */
const FULL_BYTES = MEMORY_PAGES.maximum * 65_536 * 0.95
/** A loaded codec takes 0.2 MB, and about nine bytes for each character of its source; together they stay far from the maximum. */
const LOADED_MAX = 64
const LOADED_CHARS_MAX = 1_048_576

export class CodecEngine {
  readonly #module: QuickJSWASMModule
  readonly #memory: Memory
  readonly #limits: CodecLimits
  readonly #sources = new Map<string, string>()
  /** The one used last is the last; a codec that cannot be loaded is kept as the answer that says why. */
  readonly #loaded = new Map<string, LoadedCodec | Answer>()

  static async open(limits: CodecLimits): Promise<CodecEngine> {
    const wasmMemory = new WebAssembly.Memory(MEMORY_PAGES)
    const module = await newQuickJSWASMModuleFromVariant(newVariant(variant, { wasmMemory }))
    return new CodecEngine(module, wasmMemory, limits)
  }

  private constructor(module: QuickJSWASMModule, memory: Memory, limits: CodecLimits) {
    this.#module = module
    this.#memory = memory
    this.#limits = limits
  }

  setSource(id: string, source: string): void {
    this.#unload(id)
    this.#sources.set(id, source)
  }

  /** Compiles a codec that is not loaded. Throws, as decode does, when the engine itself broke: it is of no more use then. */
  load(id: string): void {
    if (this.#loaded.has(id)) return
    const source = this.#sources.get(id) ?? ''
    this.#makeRoom(source.length)
    this.#loaded.set(id, LoadedCodec.load(this.#module, source, this.#limits))
  }

  /** Runs a codec that is loaded. After an answer with the memory limit the engine is of no more use either. */
  decode(id: string, inputJson: string): Answer {
    const codec = this.#loaded.get(id)
    if (codec === undefined) throw new Error(`expected the codec ${id} to be loaded`)
    this.#loaded.delete(id)
    this.#loaded.set(id, codec)
    const answer = codec instanceof LoadedCodec ? codec.decode(inputJson) : codec
    if (codec instanceof LoadedCodec && codec.spent) this.#unload(id)
    // An engine without memory has none for an error either: it throws null, or the script fails in some other way.
    return 'failed' in answer && this.#isFull() ? { limit: 'memory' } : answer
  }

  #isFull(): boolean {
    return this.#memory.buffer.byteLength >= FULL_BYTES
  }

  #makeRoom(chars: number): void {
    const ids = [...this.#loaded.keys()]
    let charsLoaded = ids.reduce((sum, id) => sum + (this.#sources.get(id)?.length ?? 0), chars)
    for (const id of ids) {
      if (this.#loaded.size < LOADED_MAX && charsLoaded <= LOADED_CHARS_MAX) return
      charsLoaded -= this.#sources.get(id)?.length ?? 0
      this.#unload(id)
    }
  }

  #unload(id: string): void {
    const codec = this.#loaded.get(id)
    this.#loaded.delete(id)
    if (codec instanceof LoadedCodec) codec.dispose()
  }
}

import { ConfigError } from '../errors/config-error.ts'

/** What makes the two engines of a codec. */
export interface EngineChoice<E> {
  /** The fast one; undefined where this machine cannot run it. */
  wasm(): E | undefined
  /** The one that works everywhere. */
  js(): E
}

/**
 * Gives a choice between the two engines of a codec, by the name that a user may have given. Each is made once, when it is first needed.
 * @param codec - its name, for who reads the error
 * @returns takes the name, or undefined for `wasm` where this machine can run it, else `js`; throws a ConfigError for a name that does not exist, or
 * an engine that does not exist here
 */
export function chooseEngine<E>(codec: string, create: EngineChoice<E>): (name: 'wasm' | 'js' | undefined) => () => E {
  let js: E | undefined
  // Null is not yet, undefined is never.
  let wasm: E | undefined | null = null
  function jsEngine(): E {
    js ??= create.js()
    return js
  }
  function wasmEngine(): E | undefined {
    if (wasm === null) wasm = create.wasm()
    return wasm
  }
  return (name) => {
    if (name === undefined) return () => wasmEngine() ?? jsEngine()
    if (name === 'js') return jsEngine
    if (name !== 'wasm') throw new ConfigError('engine', `of ${codec} must be 'wasm' or 'js', not ${String(name)}`)
    const engine = wasmEngine()
    if (engine === undefined)
      throw new ConfigError('engine', `of ${codec} cannot be 'wasm' here: this machine does not run WebAssembly with SIMD; leave it out`)
    return () => engine
  }
}

import { ConfigError, chooseEngine } from '@k/protocol'
import { describe, expect, it, vi } from 'vitest'

const engines = (wasm: string | undefined) => {
  const create = { wasm: vi.fn(() => wasm), js: vi.fn(() => 'in JavaScript') }
  return { create, engineOf: chooseEngine<string>('brotli', create) }
}

describe('the choice of an engine', () => {
  it('is WebAssembly where it runs, else JavaScript, unless it has been made', () => {
    expect(engines('fast').engineOf(undefined)()).toBe('fast')
    expect(engines(undefined).engineOf(undefined)()).toBe('in JavaScript')
    expect(engines('fast').engineOf('js')()).toBe('in JavaScript')
    expect(engines('fast').engineOf('wasm')()).toBe('fast')
  })

  it('makes each engine once, and only when it is needed', () => {
    const { create, engineOf } = engines(undefined)
    const engine = engineOf(undefined)
    expect(create.wasm).not.toHaveBeenCalled()
    for (const use of [engine, engine, engineOf(undefined), engineOf('js')]) use()
    expect(create.wasm).toHaveBeenCalledTimes(1)
    expect(create.js).toHaveBeenCalledTimes(1)
  })

  it('refuses WebAssembly at once where it does not run, and every other name', () => {
    expect(() => engines(undefined).engineOf('wasm')).toThrow("engine of brotli cannot be 'wasm' here")
    const choose = () => engines('fast').engineOf('native' as 'js')
    expect(choose).toThrow(ConfigError)
    expect(choose).toThrow("engine of brotli must be 'wasm' or 'js', not native")
  })
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { guardedLogger, silentLogger, standardErrorLogger } from '../src/logger.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function written() {
  const lines: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((line) => {
    lines.push(String(line))
    return true
  })
  return lines
}

describe('the default logger', () => {
  it('writes warnings and errors to standard error, with their facts', () => {
    const lines = written()
    standardErrorLogger.debug('no')
    standardErrorLogger.info('no')
    standardErrorLogger.warn('slow handler', { topic: 'orders', partition: 3, offset: 5n, replicas: [1, 2] })
    standardErrorLogger.error('lost', { error: new Error('reset'), nothing: undefined })
    expect(lines).toEqual([
      'kafka warning: slow handler topic="orders" partition=3 offset=5n replicas=[ 1, 2 ]\n',
      'kafka error: lost error="reset" nothing=undefined\n',
    ])
  })

  it('lets no control characters through', () => {
    const lines = written()
    standardErrorLogger.warn('topic a\nkafka error: forged \u001b[31m', { topic: 'b\u001b[0m\n' })
    expect(lines).toEqual(['kafka warning: topic a%0Akafka error: forged %1B[31m topic="b\\u001b[0m\\n"\n'])
  })
})

describe('a logger that throws', () => {
  it('disturbs nobody', () => {
    const broken = () => {
      throw new Error('full disk')
    }
    const logger = guardedLogger({ debug: broken, info: broken, warn: broken, error: broken })
    for (const level of ['debug', 'info', 'warn', 'error'] as const) expect(() => logger[level]('x')).not.toThrow()
  })

  it('is handed message and fields, as a method', () => {
    const heard: unknown[] = []
    class Mine {
      readonly #heard = heard
      debug(...line: unknown[]) {
        this.#heard.push(line)
      }
      info() {}
      warn() {}
      error() {}
    }
    guardedLogger(new Mine()).debug('m', { a: 1 })
    expect(heard).toEqual([['m', { a: 1 }]])
  })
})

describe('silence', () => {
  it('writes nothing', () => {
    const lines = written()
    for (const level of ['debug', 'info', 'warn', 'error'] as const) silentLogger[level]('x')
    expect(lines).toEqual([])
  })
})

import { BrokerError, ConfigError, DecodeError, KafkaError, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, expectTypeOf, it, vi } from 'vitest'

/** The errors of a second copy of the package, as two versions in one node_modules would be. */
async function anotherCopy(): Promise<
  typeof import('../../src/errors/decode-error.ts') & typeof import('../../src/errors/kafka-error.ts')
> {
  vi.resetModules()
  const [kafka, decode] = [await import('../../src/errors/kafka-error.ts'), await import('../../src/errors/decode-error.ts')]
  return { ...kafka, ...decode }
}

describe('KafkaError', () => {
  it('is an Error with code, retriable and cause', () => {
    const cause = new Error('why')
    const error = new KafkaError('TIMED_OUT', 'too late', { cause, retriable: true })
    expect(error).toBeInstanceOf(Error)
    expect(error).toMatchObject({ name: 'KafkaError', code: 'TIMED_OUT', message: 'too late', retriable: true, cause })
    expect(new KafkaError('CLOSED', 'x').retriable).toBe(false)
    expect('cause' in new KafkaError('CLOSED', 'x')).toBe(false)
  })

  it('shows its class and message, and neither brand nor noise', () => {
    expect(String(new DecodeError('broken'))).toBe('DecodeError: broken')
    expect(Object.keys(new KafkaError('CLOSED', 'x'))).toEqual(['code', 'retriable'])
  })

  it('is recognised by its class, and by those above it', () => {
    const error = new DecodeError('broken')
    expect([DecodeError.is(error), KafkaError.is(error), ConfigError.is(error), BrokerError.is(error)]).toEqual([true, true, false, false])
    expect(DecodeError.is(new KafkaError('MALFORMED_MESSAGE', 'x'))).toBe(false)
    for (const other of [undefined, null, 'x', {}, new Error('x'), { code: 'CLOSED' }]) expect(KafkaError.is(other)).toBe(false)
  })

  it('is recognised by its codes', () => {
    const error = new DecodeError('x', { code: 'CRC_MISMATCH' })
    expect(KafkaError.is(error, 'CRC_MISMATCH')).toBe(true)
    expect(KafkaError.is(error, 'CLOSED', 'CRC_MISMATCH')).toBe(true)
    expect(KafkaError.is(error, 'CLOSED')).toBe(false)
    expect(DecodeError.is(error, 'CRC_MISMATCH')).toBe(true)
    expect(UnsupportedVersionError.is(new UnsupportedVersionError('x', { api: 'A' }), 'UNSUPPORTED_VERSION')).toBe(true)
  })

  it('is recognised across two copies of the package', async () => {
    const copy = await anotherCopy()
    expect(copy.KafkaError).not.toBe(KafkaError)
    const theirs = new copy.DecodeError('x', { code: 'UNKNOWN_MAGIC' })
    expect(theirs).not.toBeInstanceOf(KafkaError)
    expect(KafkaError.is(theirs)).toBe(true)
    expect(DecodeError.is(theirs, 'UNKNOWN_MAGIC')).toBe(true)
    expect(ConfigError.is(theirs)).toBe(false)
    expect(copy.KafkaError.is(new BrokerError(3, 'x'), 'UNKNOWN_TOPIC_OR_PARTITION')).toBe(true)
  })

  it('knows its codes at compile time', () => {
    const error: unknown = new BrokerError(3, 'x')
    // @ts-expect-error a code that does not exist
    KafkaError.is(error, 'UNKNOWN_TOPIC')
    // @ts-expect-error a code that does not exist
    expect(new KafkaError('CLOSD', 'x').message).toBe('x')
    if (KafkaError.is(error, 'CLOSED', 'TIMED_OUT')) expectTypeOf(error.code).toEqualTypeOf<'CLOSED' | 'TIMED_OUT'>()
    if (BrokerError.is(error)) expectTypeOf(error.errorCode).toEqualTypeOf<number>()
  })
})

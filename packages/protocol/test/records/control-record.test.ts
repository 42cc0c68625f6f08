import { controlRecordKey, DecodeError, readControlType } from '@k/protocol'
import { describe, expect, it } from 'vitest'

describe('control records', () => {
  it.each(['ABORT', 'COMMIT', 'LEADER_CHANGE', 'SNAPSHOT_HEADER', 'SNAPSHOT_FOOTER', 'KRAFT_VERSION', 'KRAFT_VOTERS'] as const)(
    'say %s in their key',
    (type) => {
      expect(readControlType(controlRecordKey(type))).toBe(type)
    },
  )

  it('have the key that Kafka writes', () => {
    expect(controlRecordKey('ABORT').toString('hex')).toBe('00000000')
    expect(controlRecordKey('COMMIT').toString('hex')).toBe('00000001')
  })

  it('of types and versions to come are unknown, not wrong', () => {
    expect(readControlType(Buffer.from([0, 0, 0, 99]))).toBe('UNKNOWN')
    expect(readControlType(Buffer.from([0, 0, 0xff, 0xff]))).toBe('UNKNOWN')
    expect(readControlType(Buffer.from([0, 7, 0, 1, 42]))).toBe('COMMIT')
  })

  it.each([null, Buffer.alloc(0), Buffer.from([0, 0, 0]), Buffer.from([0xff, 0xff, 0, 0])])('are refused with the key %o', (key) => {
    expect(() => readControlType(key)).toThrow(DecodeError)
  })
})

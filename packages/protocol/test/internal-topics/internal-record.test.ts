import {
  DecodeError,
  decodeGroupRecord,
  decodeTransactionRecord,
  GroupMetadataKey,
  GroupMetadataValue,
  type Message,
  OffsetCommitKey,
  OffsetCommitValue,
  TransactionLogKey,
  TransactionLogValue,
  ZERO_UUID,
} from '@k/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

/** A message with a number in front of it, as records of internal topics have it. */
function prefixed(prefix: number, bytes: Uint8Array): Buffer {
  const whole = Buffer.alloc(2 + bytes.length)
  whole.writeInt16BE(prefix)
  whole.set(bytes, 2)
  return whole
}

const encode = (message: Message, version: number, value: object) => message.encode(version, value as never)

const offsetKey = { group: 'billing', topic: 'orders', partition: 3 }
const offsetKeyBytes = prefixed(1, encode(OffsetCommitKey, 0, offsetKey))
const transactionKeyBytes = prefixed(0, encode(TransactionLogKey, 0, { transactionalId: 'tx' }))

describe('a record of __consumer_offsets', () => {
  it('is a committed offset, in every version that brokers ever wrote', () => {
    for (const version of [0, 1, 2, 3, 4]) {
      const value = { offset: 42n, metadata: 'm', commitTimestamp: 1_700_000_000_000n }
      const record = decodeGroupRecord(offsetKeyBytes, prefixed(version, encode(OffsetCommitValue, version, value)))
      const absent = { leaderEpoch: -1, expireTimestamp: -1n, topicId: ZERO_UUID }
      expect(record).toEqual({ type: 'OffsetCommit', key: offsetKey, value: { ...value, ...absent } })
    }
  })

  it('has no value where the offset was deleted', () => {
    expect(decodeGroupRecord(offsetKeyBytes, null)).toEqual({ type: 'OffsetCommit', key: offsetKey, value: null })
  })

  it('narrows to a kind by its type', () => {
    const bytes = encode(GroupMetadataValue, 3, { protocolType: 'consumer', generation: 5, protocol: 'range', leader: 'm-1', members: [] })
    const record = decodeGroupRecord(prefixed(2, encode(GroupMetadataKey, 0, { group: 'billing' })), prefixed(3, bytes))
    if (record?.type !== 'GroupMetadata') throw new Error(`${record?.type}`)
    expect([record.key.group, record.value?.generation, record.value?.protocol]).toEqual(['billing', 5, 'range'])
  })

  it('is a member as a broker of 4.3.1 wrote it, where null is told apart from nothing', () => {
    const key = '0005' + '000167' + '00164c645372664d50695454753449586d68674f67325177'
    const client = '00' + '00' + '11636f6e736f6c652d636f6e73756d6572' + '0b2f3132372e302e302e31'
    const value = `0000${client}02026f01000493e000${'01000100'}`
    expect(decodeGroupRecord(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'))).toEqual({
      type: 'ConsumerGroupMemberMetadata',
      key: { groupId: 'g', memberId: 'LdSrfMPiTTu4IXmhgOg2Qw' },
      value: {
        instanceId: null,
        rackId: null,
        clientId: 'console-consumer',
        clientHost: '/127.0.0.1',
        subscribedTopicNames: ['o'],
        subscribedTopicRegex: '',
        rebalanceTimeoutMs: 300_000,
        serverAssignor: null,
        classicMemberMetadata: null,
      },
    })
  })

  it('of a kind that is not known is nothing, to be skipped', () => {
    expect(decodeGroupRecord(prefixed(1000, Buffer.from('whatever')), Buffer.from('it is'))).toBeUndefined()
  })
})

describe('a record of __transaction_state', () => {
  it('is the state of a transactional id, in every version', () => {
    for (const version of [0, 1]) {
      const value = {
        producerId: 7n,
        producerEpoch: 2,
        transactionTimeoutMs: 60_000,
        transactionStatus: 1,
        transactionPartitions: [{ topic: 'orders', partitionIds: [0, 2] }],
        transactionLastUpdateTimestampMs: 2n,
        transactionStartTimestampMs: 1n,
      }
      const record = decodeTransactionRecord(transactionKeyBytes, prefixed(version, encode(TransactionLogValue, version, value)))
      expect(record).toMatchObject({ type: 'TransactionLog', key: { transactionalId: 'tx' }, value })
      expect(record?.value?.previousProducerId).toBe(-1n)
    }
  })

  it('has no value where the transactional id has expired', () => {
    expect(decodeTransactionRecord(transactionKeyBytes, null)?.value).toBeNull()
  })
})

describe.each([
  ['__consumer_offsets', decodeGroupRecord, offsetKeyBytes],
  ['__transaction_state', decodeTransactionRecord, transactionKeyBytes],
] as const)('a record of %s that is none', (_, decode, keyBytes) => {
  const refused = (key: Uint8Array | null, value: Uint8Array | null) => {
    try {
      return decode(key, value)
    } catch (error) {
      return DecodeError.is(error) ? error.message : error
    }
  }

  it('is refused: without a key, with a key cut short or too long, with a kind below 0', () => {
    expect(refused(null, null)).toContain('no key')
    for (let size = 0; size < keyBytes.length; size++) expect(refused(keyBytes.subarray(0, size), null)).toContain('needs')
    expect(refused(Buffer.concat([keyBytes, Buffer.alloc(1)]), null)).toContain('1 bytes are left over')
    expect(refused(prefixed(-1, keyBytes), null)).toContain('kind -1')
  })

  it('is refused: with a value without a version, or in one that is not known', () => {
    expect(refused(keyBytes, Buffer.alloc(1))).toContain('needs')
    expect(refused(keyBytes, prefixed(9, Buffer.alloc(100)))).toContain('version 9: only versions 0 to')
    expect(refused(keyBytes, prefixed(-1, Buffer.alloc(100)))).toContain('version -1')
  })

  it('is refused, or read, whatever the bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 80 })
    const kind = fc.integer({ min: 0, max: 24 })
    fc.assert(
      fc.property(kind, bytes, fc.integer({ min: 0, max: 5 }), bytes, (id, key, version, value) => {
        const outcome = refused(prefixed(id, key), prefixed(version, value))
        expect(outcome === undefined || typeof outcome === 'string' || 'key' in (outcome as object)).toBe(true)
      }),
      { seed: 4, numRuns: 3_000 },
    )
  })
})

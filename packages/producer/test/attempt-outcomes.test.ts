import { ConnectionError, TimeoutError } from '@k/network'
import { type BrokerErrorCode, brokerErrorCodes, brokerErrorRow, DecodeError, KafkaError, UnsupportedVersionError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { answer, BROKER, setUpOutcomes as setUp } from './outcomes-set-up.ts'

const sentAgain: BrokerErrorCode[] = [
  'CORRUPT_MESSAGE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REQUEST_TIMED_OUT',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'NOT_ENOUGH_REPLICAS',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
  'CONCURRENT_TRANSACTIONS',
]
const refreshed: BrokerErrorCode[] = [
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_OR_FOLLOWER',
  'REPLICA_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_TOPIC_ID',
  'INCONSISTENT_TOPIC_ID',
]
const certainlyNotWritten: BrokerErrorCode[] = [
  'CORRUPT_MESSAGE',
  'MESSAGE_TOO_LARGE',
  'INVALID_TOPIC_EXCEPTION',
  'RECORD_LIST_TOO_LARGE',
  'NOT_ENOUGH_REPLICAS',
  'INVALID_REQUIRED_ACKS',
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'INVALID_TIMESTAMP',
  'UNSUPPORTED_FOR_MESSAGE_FORMAT',
  'POLICY_VIOLATION',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'INVALID_PRODUCER_EPOCH',
  'UNKNOWN_PRODUCER_ID',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'INVALID_RECORD',
  'INCONSISTENT_TOPIC_ID',
  'CONCURRENT_TRANSACTIONS',
  'INVALID_PRODUCER_ID_MAPPING',
  'INVALID_TXN_STATE',
  'PRODUCER_FENCED',
  'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
  'TRANSACTION_ABORTABLE',
]
const success: BrokerErrorCode[] = ['DUPLICATE_SEQUENCE_NUMBER']
const newEpoch: BrokerErrorCode[] = ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID']

describe('what becomes of a batch that was answered with', () => {
  for (const code of sentAgain) {
    it(`${code}: it is sent again under the same place in the sequence`, () => {
      const { outcomes, queue, add, leave, clock, lookedUp } = setUp()
      const batch = add()
      leave()
      outcomes.answered(batch, answer(code))
      expect(batch.isSettled).toBe(false)
      expect(batch.maybeWritten).toBe(!certainlyNotWritten.includes(code))
      expect(queue.retryAt).toBe(clock.monotonic() + 100)
      expect(leave()).toEqual([batch])
      expect([batch.identity?.producerEpoch, batch.baseSequence]).toEqual([0, 0])
      expect(lookedUp.length > 0).toBe(refreshed.includes(code))
    })
  }

  for (const code of newEpoch) {
    it(`${code}: it is sent again under a new epoch`, () => {
      const { outcomes, add, leave } = setUp()
      const batch = add()
      leave()
      outcomes.answered(batch, answer(code))
      expect(leave()).toEqual([batch])
      expect([batch.identity?.producerEpoch, batch.baseSequence]).toEqual([1, 0])
    })
  }

  for (const code of success) {
    it(`${code}: it is written, nobody knows where`, () => {
      const { outcomes, add, leave } = setUp()
      const batch = add(2)
      leave()
      outcomes.answered(batch, answer(code))
      expect(batch.noted.metadata.map(({ offset, hasOffset }) => [offset, hasOffset])).toEqual([
        [-1, false],
        [-1, false],
      ])
    })
  }

  const handled = new Set([...sentAgain, ...newEpoch, ...success, 'MESSAGE_TOO_LARGE'])
  for (const code of brokerErrorCodes) {
    // Codes of other APIs that the table calls retriable are sent again too; Kafka never answers a Produce with them.
    if (handled.has(code) || brokerErrorRow(code).retriable) continue
    it(`${code}: it fails, and says whether it may have been written`, () => {
      const { outcomes, add, leave, released } = setUp()
      const batch = add(2)
      leave()
      outcomes.answered(batch, answer(code, { errorMessage: 'because' }))
      const [error, same] = batch.noted.errors
      expect(same).toBe(error)
      expect(error).toMatchObject({ code, topic: 'orders', partition: 0, maybeWritten: !certainlyNotWritten.includes(code) })
      expect(error?.message).toContain('because')
      expect(KafkaError.is(error?.cause, code)).toBe(true)
      expect(released).toEqual([batch])
    })
  }

  it('UNSUPPORTED_FOR_MESSAGE_FORMAT: it says what does without a newer format, where that is idempotence', () => {
    for (const idempotent of [true, false]) {
      const { outcomes, add, leave } = setUp({ idempotent })
      const batch = add()
      leave()
      outcomes.answered(batch, answer('UNSUPPORTED_FOR_MESSAGE_FORMAT'))
      expect(batch.noted.errors[0]?.message.includes('enableIdempotence: false')).toBe(idempotent)
    }
  })

  it('a code that nobody knows: it fails, and may have been written', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.answered(batch, answer(9_999))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', maybeWritten: true })
    expect(batch.noted.errors[0]?.message).toContain('9999')
  })

  it('nothing at all: it is sent again', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.answered(batch, undefined)
    expect(batch.maybeWritten).toBe(true)
    expect(leave()).toEqual([batch])
  })

  it('success: every record gets its offset', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add(3)
    leave()
    outcomes.answered(batch, answer(0, { baseOffset: 40n, logStartOffset: 7n }))
    expect(batch.noted.metadata.map(({ offset }) => offset)).toEqual([40, 41, 42])
    expect(batch.noted.metadata[2]).toMatchObject({ timestamp: 1_002, timestampType: 'CreateTime', logStartOffset: 7 })
  })

  it('success in a topic whose broker sets the time: every record gets that time', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add(1)
    leave()
    outcomes.answered(batch, answer(0, { baseOffset: 0n, logAppendTimeMs: 5_000n }))
    expect(batch.noted.metadata[0]).toMatchObject({ timestamp: 5_000, timestampType: 'LogAppendTime' })
  })

  it('an offset that no number holds: it fails rather than report a wrong one', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add(1)
    leave()
    outcomes.answered(batch, answer(0, { baseOffset: 2n ** 53n }))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'OFFSET_TOO_LARGE', maybeWritten: true })
  })
})

describe('what becomes of a batch whose request failed', () => {
  const facts = { broker: 'broker 1 (host:9092)' }
  const lost = new ConnectionError('CONNECTION_CLOSED', 'the connection was lost', { ...facts, phase: 'request' })
  const refused = new ConnectionError('CONNECTION_FAILED', 'no connection', { ...facts, phase: 'connect' })
  const late = new TimeoutError('no answer', { deadline: 'requestTimeoutMs', elapsedMs: 30_000 })
  const unsent = new TimeoutError('still connecting', { deadline: 'requestTimeoutMs', elapsedMs: 30_000, sent: false })
  const gone = new KafkaError('BROKER_UNKNOWN', 'the cluster has no broker 1', { retriable: true })

  it.each([
    ['a lost connection', lost, true],
    ['a connection that could not be made', refused, false],
    ['an answer that did not come', late, true],
    ['a request that never left', unsent, false],
    ['a broker that is gone', gone, false],
    ['a response that cannot be read', new DecodeError('garbage'), true],
  ])('by %s: it is sent again', (_what, error, maybeWritten) => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.requestFailed(batch, error)
    expect(batch.maybeWritten).toBe(maybeWritten)
    expect(leave()).toEqual([batch])
  })

  it('because the broker is too old: it fails, certainly not written', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.requestFailed(batch, new UnsupportedVersionError('too old', { api: 'Produce' }))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'UNSUPPORTED_VERSION', maybeWritten: false })
  })

  it('with acks 0: it fails where it may have left, for a second attempt could write it twice, and is sent again where it has not', () => {
    const { outcomes, add, leave } = setUp({ acks: 0 })
    const batch = add()
    leave()
    outcomes.requestFailed(batch, refused)
    expect(leave()).toEqual([batch])
    outcomes.requestFailed(batch, lost)
    expect(batch.noted.errors[0]).toMatchObject({ code: 'CONNECTION_CLOSED', maybeWritten: true })
  })

  it('when it was sent as often as retries allow: it fails with the last error', () => {
    const { outcomes, add, leave } = setUp({ retries: 2 })
    const batch = add()
    for (let i = 0; i < 2; i++) {
      leave()
      outcomes.answered(batch, answer('NOT_ENOUGH_REPLICAS'))
      expect(batch.isSettled).toBe(false)
    }
    leave()
    outcomes.answered(batch, answer('NOT_ENOUGH_REPLICAS'))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'NOT_ENOUGH_REPLICAS', maybeWritten: false })
    expect(batch.noted.errors[0]?.message).toContain('3 attempts')
  })

  it('remembers that an earlier attempt may have written it', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.requestFailed(batch, lost)
    leave()
    outcomes.answered(batch, answer('POLICY_VIOLATION'))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'POLICY_VIOLATION', maybeWritten: true })
  })
})

describe('a leader that steps down', () => {
  it('leaves the outcome open with acks all, and certain with acks 1', () => {
    for (const code of ['NOT_LEADER_OR_FOLLOWER', 'LEADER_NOT_AVAILABLE', 'UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC_ID'] as const) {
      for (const [acks, maybeWritten] of [
        [-1, true],
        [1, false],
      ] as const) {
        const { outcomes, add, leave } = setUp({ acks, retries: 0, idempotent: false })
        const batch = add()
        leave()
        outcomes.answered(batch, answer(code))
        expect(batch.noted.errors[0]).toMatchObject({ code, maybeWritten })
      }
    }
  })

  it('is given a pause, and another leader none, unless failures go on', () => {
    const { outcomes, queue, add, leave, clock } = setUp()
    const batch = add()
    leave()
    outcomes.answered(batch, answer('NOT_LEADER_OR_FOLLOWER'))
    expect([queue.retryBroker, queue.retryAt - clock.monotonic()]).toEqual([BROKER, 100])
    leave()
    outcomes.answered(batch, answer('NOT_LEADER_OR_FOLLOWER'))
    expect([queue.retryBroker, queue.retryAt - clock.monotonic()]).toEqual([-1, 200])
    for (let i = 0; i < 5; i++) {
      leave()
      outcomes.answered(batch, answer('NOT_LEADER_OR_FOLLOWER'))
    }
    expect(queue.retryAt - clock.monotonic()).toBe(1_000)
  })
})

describe('places in the sequence', () => {
  it('a batch that is out of order because an earlier one is to be sent again waits for its turn', () => {
    const { outcomes, add, leave } = setUp()
    const [a, b, c] = [add(), add(), add()]
    leave()
    outcomes.answered(a!, answer('NOT_ENOUGH_REPLICAS'))
    outcomes.answered(b!, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    outcomes.answered(c!, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(leave()).toEqual([a, b, c])
    expect([a, b, c].map((batch) => [batch?.identity?.producerEpoch, batch?.baseSequence])).toEqual([
      [0, 0],
      [0, 10],
      [0, 20],
    ])
  })

  it('batches behind one that was refused are sent again under a new epoch, in order', () => {
    const { outcomes, add, leave } = setUp()
    const [a, b, c] = [add(), add(), add()]
    leave()
    outcomes.answered(a!, answer('INVALID_RECORD'))
    outcomes.answered(b!, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    outcomes.answered(c!, answer('OUT_OF_ORDER_SEQUENCE_NUMBER'))
    expect(a?.noted.errors).toHaveLength(10)
    expect(leave()).toEqual([b])
    outcomes.answered(b!, answer(0, { baseOffset: 10n }))
    expect(leave()).toEqual([c])
    expect([b, c].map((batch) => [batch?.identity?.producerEpoch, batch?.baseSequence])).toEqual([
      [1, 0],
      [1, 10],
    ])
  })

  it('a batch that may be in the log fails rather than be written twice when the broker has forgotten the producer', () => {
    const { outcomes, add, leave } = setUp()
    const batch = add()
    leave()
    outcomes.answered(batch, answer('REQUEST_TIMED_OUT'))
    leave()
    outcomes.answered(batch, answer('UNKNOWN_PRODUCER_ID'))
    expect(batch.noted.errors[0]).toMatchObject({ code: 'UNKNOWN_PRODUCER_ID', maybeWritten: true })
  })
})

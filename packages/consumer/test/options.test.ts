import { describe, expect, it } from 'vitest'
import { ConfigError, Consumer, range } from '../src/index.ts'
import { resolveSettings } from '../src/options.ts'

const make = (options: object) => () => new Consumer(options as never)

describe('options', () => {
  it('have the defaults of the Java client', () => {
    expect(resolveSettings({ groupId: 'g' })).toMatchObject({
      autoOffsetReset: 'latest',
      enableAutoCommit: true,
      autoCommitIntervalMs: 5_000,
      enableAutoOffsetStore: true,
      sessionTimeoutMs: 45_000,
      heartbeatIntervalMs: 3_000,
      maxPollIntervalMs: 300_000,
      drainTimeoutMs: 60_000,
      maxPollRecords: 500,
      fetchMinBytes: 1,
      fetchMaxWaitMs: 500,
      fetchMaxBytes: 52_428_800,
      maxPartitionFetchBytes: 1_048_576,
      checkCrcs: true,
      allowAutoCreateTopics: true,
    })
  })

  it('are frozen copies: the object handed in is neither changed nor looked at again', () => {
    const topics = ['orders']
    const options = Object.freeze({ topics, groupId: 'g' })
    const settings = resolveSettings(options)
    topics.push('events')
    expect(settings.topics).toEqual(['orders'])
    expect(Object.isFrozen(settings)).toBe(true)
  })

  it.each([
    ['topic', { topic: ['orders'] }, /is not an option of Consumer; did you mean "topics"/],
    ['group.id', { 'group.id': 'g' }, /did you mean "groupId"/],
    ['topics', { topics: 'orders' }, /must be an array of at least one topic/],
    ['topics', { topics: [] }, /at least one topic/],
    ['groupId', { groupId: '' }, /not empty/],
    ['autoOffsetReset', { autoOffsetReset: 'smallest' }, /'earliest', 'latest', 'none'; given was "smallest"/],
    ['fetchMaxBytes', { fetchMaxBytes: 0 }, /whole number from 1/],
    ['maxPollRecords', { maxPollRecords: 2.5 }, /whole number/],
    ['fetchMaxWaitMs', { fetchMaxWaitMs: 2 ** 31 }, /to 2147483647/],
    ['enableAutoCommit', { groupId: 'g', enableAutoCommit: 'no' }, /true or false/],
    ['enableAutoCommit', { enableAutoCommit: true }, /needs a groupId/],
    ['groupInstanceId', { groupInstanceId: 'i' }, /needs a groupId/],
    ['heartbeatIntervalMs', { heartbeatIntervalMs: 5_000, sessionTimeoutMs: 5_000 }, /less than sessionTimeoutMs/],
    ['drainTimeoutMs', { drainTimeoutMs: 2_000, maxPollIntervalMs: 1_000 }, /from 0 to 1000/],
    ['listener', { listener: () => {} }, /onPartitionsAssigned/],
    ['listener', { listener: { onPartitionsRevoked: 'later' } }, /onPartitionsAssigned/],
    ['valueDeserializer', { valueDeserializer: 'json' }, /must be a function/],
    ['onDeserializationError', { onDeserializationError: 'ignore' }, /'fail', 'skip'/],
    ['assignors', { assignors: [] }, /at least one assignor/],
    ['assignors', { assignors: [range(), range()] }, /name of its own/],
    ['assignors', { assignors: [{ name: 'mine' }] }, /assign\(\)/],
    ['codecs', { codecs: 'gzip' }, /must be an array/],
    ['codecs', { codecs: [{ id: 1 }] }, /decompress\(\)/],
    ['bootstrapServers', { bootstrapServers: 'http://localhost' }, /without a protocol/],
  ])('that are wrong are refused at once, with a sentence: %s', (option, options, sentence) => {
    expect(make(options)).toThrow(sentence)
    expect(make(options)).toThrow(expect.objectContaining({ option, code: 'INVALID_OPTION' }))
  })

  it('are refused with an error that says which option it was', () => {
    try {
      make({ fetchMinBytes: -1 })()
      expect.unreachable()
    } catch (error) {
      expect(ConfigError.is(error)).toBe(true)
    }
  })
})

import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { produce } from '../support/requests.ts'

const TOPIC = 2
const BROKER = 4
const SET = 0
const DELETE = 1
const APPEND = 2
const SUBTRACT = 3

describe('configs', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({
      tcp: false,
      brokers: 2,
      topics: { t: { configs: { 'retention.ms': 5 } } },
      racks: ['a', 'b'],
      configs: { 'log.segment.bytes': 2_000_000, 'log.retention.hours': 2 },
    })
    client = await RawClient.connect(kafka, 1)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  async function describeAll(resourceType: number, resourceName: string, configurationKeys: string[] | null = null, version = 4) {
    const resources = [{ resourceType, resourceName, configurationKeys }]
    const { results } = await client.request(DescribeConfigs, version, { resources, includeSynonyms: version >= 1 })
    return results[0]!
  }
  /** The value of a config, and where it and what is behind it come from. */
  async function look(name: string, resourceType = TOPIC, resourceName = 't') {
    const { configs } = await describeAll(resourceType, resourceName, [name])
    const [config] = configs
    return [config?.value, config?.configSource, ...(config?.synonyms ?? []).map((each) => `${each.name}=${each.value}:${each.source}`)]
  }
  async function alter(resourceType: number, resourceName: string, configs: Record<string, string | null>, validateOnly = false) {
    const resources = [{ resourceType, resourceName, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) }]
    const { responses } = await client.request(AlterConfigs, 2, { resources, validateOnly })
    return `${nameOf(responses[0]!.errorCode)} ${responses[0]!.errorMessage}`
  }
  async function change(
    type: number,
    resourceName: string,
    name: string,
    configOperation: number,
    value: string | null,
    validateOnly = false,
  ) {
    const resources = [{ resourceType: type, resourceName, configs: [{ name, configOperation, value }] }]
    const { responses } = await client.request(IncrementalAlterConfigs, 1, { resources, validateOnly })
    return `${nameOf(responses[0]!.errorCode)} ${responses[0]!.errorMessage}`
  }

  describe('are described', () => {
    it('of a topic, with what gives them their values', async () => {
      const { errorCode, errorMessage, configs } = await describeAll(TOPIC, 't')
      expect([errorCode, errorMessage, configs.length]).toEqual([0, '', 33])
      expect(await look('retention.ms')).toEqual(['5', 1, 'retention.ms=5:1'])
      expect(await look('cleanup.policy')).toEqual(['delete', 5, 'log.cleanup.policy=delete:5'])
      expect(await look('segment.bytes')).toEqual(['2000000', 4, 'log.segment.bytes=2000000:4', 'log.segment.bytes=1073741824:5'])
      expect(await look('min.insync.replicas')).toEqual(['1', 3, 'min.insync.replicas=1:3', 'min.insync.replicas=1:5'])
      expect(await look('segment.ms')).toEqual(['604800000', 5])
      expect(configs.find(({ name }) => name === 'retention.ms')).toMatchObject({ readOnly: false, isSensitive: false, configType: 5 })
    })

    it('of a broker', async () => {
      expect(await look('broker.rack', BROKER, '1')).toEqual(['a', 4, 'broker.rack=a:4'])
      expect(await look('log.retention.hours', BROKER, '1')).toEqual(['2', 4, 'log.retention.hours=2:4', 'log.retention.hours=168:5'])
      expect(await look('log.retention.ms', BROKER, '1')).toEqual([null, 5])
      const { configs } = await describeAll(BROKER, '1')
      const readOnly = new Map(configs.map(({ name, readOnly }) => [name, readOnly]))
      expect([readOnly.get('num.partitions'), readOnly.get('log.retention.ms')]).toEqual([true, false])
    })

    it('of all brokers: what they were told together', async () => {
      const { configs } = await describeAll(BROKER, '')
      expect(configs.map(({ name, value, configSource }) => [name, value, configSource])).toEqual([['min.insync.replicas', '1', 3]])
    })

    it.each([0, 1, 2, 3, 4])('in version %i', async (version) => {
      const old = await FakeCluster.start({ tcp: false, version: '3.9', topics: { t: 1 } })
      client = await RawClient.connect(old)
      const { configs } = await describeAll(TOPIC, 't', ['retention.ms'], version)
      expect(configs).toMatchObject([{ name: 'retention.ms', value: '604800000' }])
      if (version === 0) expect(configs[0]!.isDefault).toBe(true)
      await old.close()
    })

    it('by the names that are asked for, or all where there are none', async () => {
      expect((await describeAll(TOPIC, 't', ['nope', 'retention.ms'])).configs.map(({ name }) => name)).toEqual(['retention.ms'])
      expect((await describeAll(TOPIC, 't', [])).configs.length).toBe(33)
    })

    it('of nothing that is not there', async () => {
      const codeOf = async (type: number, name: string) => nameOf((await describeAll(type, name)).errorCode)
      expect(await codeOf(TOPIC, 'nope')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect(await codeOf(TOPIC, 'a b')).toBe('INVALID_TOPIC_EXCEPTION')
      expect(await codeOf(TOPIC, '')).toBe('INVALID_TOPIC_EXCEPTION')
      expect([await codeOf(BROKER, '2'), await codeOf(BROKER, 'x'), await codeOf(7, 'x')]).toEqual(Array(3).fill('INVALID_REQUEST'))
    })
  })

  describe('of a topic are altered', () => {
    it('one by one', async () => {
      expect(await change(TOPIC, 't', 'retention.ms', SET, '7')).toBe('NONE null')
      expect(await look('retention.ms')).toEqual(['7', 1, 'retention.ms=7:1'])
      expect(await change(TOPIC, 't', 'retention.ms', DELETE, null)).toBe('NONE null')
      expect((await look('retention.ms'))[1]).not.toBe(1)
    })

    it('word by word where they are lists', async () => {
      expect(await change(TOPIC, 't', 'cleanup.policy', APPEND, 'compact')).toBe('NONE null')
      expect((await look('cleanup.policy'))[0]).toBe('delete,compact')
      await change(TOPIC, 't', 'cleanup.policy', APPEND, 'compact')
      expect((await look('cleanup.policy'))[0]).toBe('delete,compact')
      await change(TOPIC, 't', 'cleanup.policy', SUBTRACT, 'delete')
      expect((await look('cleanup.policy'))[0]).toBe('compact')
    })

    it('all at once, those that are left out too', async () => {
      expect(await alter(TOPIC, 't', { 'retention.bytes': '9' })).toBe('NONE null')
      expect((await look('retention.bytes'))[0]).toBe('9')
      expect((await look('retention.ms'))[1]).not.toBe(1)
    })

    it('and change what the topic takes', async () => {
      const leader = await RawClient.connect(kafka, kafka.leaderOf({ topic: 't', partition: 0 }))
      const send = async () => nameOf((await produce(leader, 't', 0, batchOf(['x'.repeat(200)]))).errorCode)
      expect(await send()).toBe('NONE')
      await change(TOPIC, 't', 'max.message.bytes', SET, '100')
      expect(await send()).toBe('MESSAGE_TOO_LARGE')
      await change(TOPIC, 't', 'max.message.bytes', DELETE, null)
      expect(await send()).toBe('NONE')
      await change(BROKER, '', 'message.max.bytes', SET, '100')
      expect(await send()).toBe('MESSAGE_TOO_LARGE')
    })

    it('by a test itself', async () => {
      kafka.alterConfigs('t', { 'retention.bytes': 9, 'retention.ms': null })
      expect([(await look('retention.bytes'))[0], (await look('retention.ms'))[1]]).not.toContain(1)
      expect((await look('retention.bytes'))[0]).toBe('9')
      expect(() => kafka.alterConfigs('t', { nope: 1 })).toThrow(/Unknown topic config name: nope/)
    })

    it('not where they are only to be checked', async () => {
      expect(await change(TOPIC, 't', 'retention.ms', SET, '7', true)).toBe('NONE null')
      expect(await alter(TOPIC, 't', { 'retention.ms': '8' }, true)).toBe('NONE null')
      expect((await look('retention.ms'))[0]).toBe('5')
      expect(await alter(TOPIC, 't', { 'retention.ms': 'x' }, true)).toMatch(/^INVALID_CONFIG/)
    })

    it('to nothing that they can not be', async () => {
      expect(await change(TOPIC, 't', 'nope', SET, '1')).toBe('INVALID_CONFIG Unknown topic config name: nope')
      expect(await change(TOPIC, 't', 'nope', APPEND, '1')).toMatch(/^INVALID_CONFIG .*not LIST/)
      expect(await change(TOPIC, 'nope', 'retention.ms', SET, '1')).toBe("UNKNOWN_TOPIC_OR_PARTITION The topic 'nope' does not exist.")
      expect(await change(TOPIC, 't', 'retention.ms', SET, 'x')).toMatch(/^INVALID_CONFIG .*Not a number of type LONG/)
      expect(await change(TOPIC, 't', 'retention.ms', SET, null)).toBe('INVALID_REQUEST Null value not supported for : retention.ms')
      expect(await change(TOPIC, 't', 'retention.ms', APPEND, '1')).toMatch(/^INVALID_CONFIG .*not LIST/)
      expect(await change(TOPIC, 't', 'retention.ms', 7, '1')).toBe('UNKNOWN_SERVER_ERROR null')
      expect(await change(TOPIC, '', 'retention.ms', SET, '1')).toMatch(/^INVALID_REQUEST/)
      expect(await change(9, 't', 'retention.ms', SET, '1')).toBe('INVALID_REQUEST Unknown resource type 9')
      expect(await alter(TOPIC, 't', { nope: '1' })).toMatch(/^INVALID_CONFIG/)
      expect(await alter(TOPIC, 't', { 'retention.ms': null })).toMatch(/^INVALID_REQUEST/)
      expect((await look('retention.ms'))[0]).toBe('5')
    })

    it('once in a request, each of them', async () => {
      const configs = ['1', '2'].map((value) => ({ name: 'retention.ms', configOperation: SET, value }))
      const codes = async (...lists: (typeof configs)[]) => {
        const resources = lists.map((list) => ({ resourceType: TOPIC, resourceName: 't', configs: list }))
        const { responses } = await client.request(IncrementalAlterConfigs, 1, { resources, validateOnly: false })
        return responses.map(({ errorCode }) => nameOf(errorCode))
      }
      expect(await codes(configs)).toEqual(['INVALID_REQUEST'])
      expect(await codes([configs[0]!], [configs[1]!])).toEqual(['INVALID_REQUEST', 'INVALID_REQUEST'])
    })
  })

  describe('of brokers are altered', () => {
    it('one by one, for one broker or all', async () => {
      expect(await change(BROKER, '', 'log.retention.ms', SET, '78')).toBe('NONE null')
      expect((await look('retention.bytes'))[1]).toBe(5)
      await change(TOPIC, 't', 'retention.ms', DELETE, null)
      const ofAll = ['log.retention.ms=78:3', 'log.retention.hours=2:4', 'log.retention.hours=168:5']
      expect(await look('retention.ms')).toEqual(['78', 3, ...ofAll])
      expect(await change(BROKER, '1', 'log.retention.ms', SET, '77')).toBe('NONE null')
      expect(await look('log.retention.ms', BROKER, '1')).toEqual(['77', 2, 'log.retention.ms=77:2', ...ofAll])
    })

    it('all at once', async () => {
      expect(await alter(BROKER, '1', { 'log.retention.ms': '5' })).toBe('NONE null')
      expect(await alter(BROKER, '1', {})).toBe('NONE null')
      expect(await look('log.retention.ms', BROKER, '1')).toEqual([null, 5])
    })

    it('not to what they can not be', async () => {
      expect(await change(BROKER, '1', 'broker.rack', SET, 'x')).toBe(
        'INVALID_REQUEST Cannot update these configs dynamically: [broker.rack]',
      )
      expect(await change(BROKER, '2', 'log.retention.ms', SET, '1')).toBe(
        'INVALID_REQUEST Unexpected broker id, expected 1, but received 2',
      )
      expect(await change(BROKER, 'x', 'log.retention.ms', SET, '1')).toBe('INVALID_REQUEST Node id must be an integer, but it is: x')
      expect(await change(BROKER, '1', 'log.cleaner.threads', SET, 'x')).toMatch(/^INVALID_REQUEST .*Not a number of type INT/)
      expect(await change(BROKER, '1', 'my.plugin', SET, 'x')).toBe('NONE null')
    })
  })

  it('of a cluster must be those of brokers', async () => {
    await expect(FakeCluster.start({ tcp: false, configs: { nope: 1 } })).rejects.toThrow(/Unknown broker config name: nope/)
    await expect(FakeCluster.start({ tcp: false, configs: { 'message.max.bytes': 'x' } })).rejects.toThrow(/Not a number/)
  })
})

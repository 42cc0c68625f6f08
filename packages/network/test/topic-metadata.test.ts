import type { MetadataResponse } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { isBroker, mergeTopic, readBrokers } from '../src/topic-metadata.ts'

type Topic = MetadataResponse['topics'][number]
type Partition = Topic['partitions'][number]

const partition = (partitionIndex: number, leaderId: number, leaderEpoch: number, more: Partial<Partition> = {}): Partition => ({
  errorCode: 0,
  partitionIndex,
  leaderId,
  leaderEpoch,
  replicaNodes: [1, 2],
  isrNodes: [1],
  offlineReplicas: [2],
  ...more,
})

const topic = (partitions: Partition[], more: Partial<Topic> = {}): Topic => ({
  errorCode: 0,
  name: 'orders',
  topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
  isInternal: false,
  partitions,
  topicAuthorizedOperations: 0,
  ...more,
})

const merge = (known: Topic, told: Topic, version = 12) =>
  mergeTopic(mergeTopic(undefined, 'orders', known, version), 'orders', told, version)

describe('a topic', () => {
  it('has its partitions at their index, whatever the order', () => {
    const read = mergeTopic(undefined, 'orders', topic([partition(1, 2, 5), partition(0, 1, 4)]), 12)
    expect(read).toMatchObject({ name: 'orders', topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', isInternal: false, errorCode: 0 })
    expect(read.partitions[1]).toEqual({
      topic: 'orders',
      partition: 1,
      leader: 2,
      leaderEpoch: 5,
      replicas: [1, 2],
      isr: [1],
      offlineReplicas: [2],
      errorCode: 0,
    })
  })

  it('with partitions numbered wildly, twice or below zero has as many as were listed, the rest not available', () => {
    const read = mergeTopic(
      undefined,
      'orders',
      topic([partition(0, 1, 1), partition(0, 9, 9), partition(2 ** 31 - 1, 1, 1), partition(-1, 1, 1)]),
      12,
    )
    expect(read.partitions.map(({ partition, leader, errorCode }) => [partition, leader, errorCode])).toEqual([
      [0, 9, 0],
      [1, -1, 5],
      [2, -1, 5],
      [3, -1, 5],
    ])
  })

  it('never goes back to an older leader epoch', () => {
    const merged = merge(topic([partition(0, 1, 7), partition(1, 1, 7)]), topic([partition(0, 2, 6), partition(1, 2, 8)]))
    expect(merged.partitions.map(({ leader, leaderEpoch }) => [leader, leaderEpoch])).toEqual([
      [1, 7],
      [2, 8],
    ])
  })

  it('keeps its epoch while nobody leads, so that an older leader is not taken back', () => {
    const leaderless = merge(topic([partition(0, 1, 7)]), topic([partition(0, -1, -1, { errorCode: 5 })]))
    expect(leaderless.partitions[0]).toMatchObject({ leader: -1, leaderEpoch: 7, errorCode: 5 })
    expect(mergeTopic(leaderless, 'orders', topic([partition(0, 1, 6)]), 12).partitions[0]).toMatchObject({ leader: -1, leaderEpoch: 7 })
    expect(mergeTopic(leaderless, 'orders', topic([partition(0, 2, 8)]), 12).partitions[0]).toMatchObject({
      leader: 2,
      leaderEpoch: 8,
      errorCode: 0,
    })
  })

  it('loses no partition to a lagging broker', () => {
    expect(merge(topic([partition(0, 1, 1), partition(1, 1, 1)]), topic([partition(0, 1, 1)])).partitions).toHaveLength(2)
    expect(merge(topic([partition(0, 1, 1)]), topic([])).partitions).toHaveLength(1)
  })

  it('keeps what was known while a broker does not know it', () => {
    for (const errorCode of [3, 5]) {
      const merged = merge(topic([partition(0, 1, 1)]), topic([], { errorCode, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }))
      expect(merged).toMatchObject({ errorCode, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ' })
      expect(merged.partitions).toHaveLength(1)
    }
    expect(mergeTopic(undefined, 'orders', topic([], { errorCode: 3 }), 12)).toMatchObject({ errorCode: 3, partitions: [] })
    expect(merge(topic([partition(0, 1, 1)]), topic([], { errorCode: 29 }))).toMatchObject({ errorCode: 29 })
  })

  it('made anew is another one, though it has the same name', () => {
    const merged = merge(
      topic([partition(0, 1, 70), partition(1, 1, 70)]),
      topic([partition(0, 2, 0)], { topicId: 'AAAAAAAAAAAAAAAAAAAAAg' }),
    )
    expect(merged.partitions).toHaveLength(1)
    expect(merged.partitions[0]).toMatchObject({ leader: 2, leaderEpoch: 0 })
  })

  it('has no epochs from brokers whose epochs cannot be trusted: the last word counts', () => {
    const merged = merge(topic([partition(0, 1, 7)]), topic([partition(0, 2, 6)]), 8)
    expect(merged.partitions[0]).toMatchObject({ leader: 2, leaderEpoch: -1 })
  })
})

describe('brokers', () => {
  it('that cannot be dialled are left out', () => {
    const broker = (nodeId: number, host: string, port: number, rack: string | null = null) => ({ nodeId, host, port, rack })
    const brokers = readBrokers([
      broker(1, 'a', 9092, 'r1'),
      broker(2, '', 9092),
      broker(3, 'c', 0),
      broker(4, 'd', 65_536),
      broker(-1, 'e', 9092),
      broker(6, 'f\nx', 9092),
      broker(7, '::1', 9092),
      broker(8, 'h'.repeat(256), 9092),
    ])
    expect(brokers).toEqual([
      { id: 1, host: 'a', port: 9092, rack: 'r1' },
      { id: 7, host: '::1', port: 9092, rack: undefined },
    ])
    expect(isBroker(1, 'kafka-1.example.com', 9092)).toBe(true)
  })
})

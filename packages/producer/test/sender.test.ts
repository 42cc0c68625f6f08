import { type ProduceResponse, ZERO_UUID } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { response, setUpSenders } from './sender-set-up.ts'

const NOT_LEADER_OR_FOLLOWER = 6
const NOT_ENOUGH_REPLICAS = 19
const OUT_OF_ORDER_SEQUENCE_NUMBER = 45

describe('a sender', () => {
  it('gathers one ready batch of each of its partitions into a request', () => {
    const { add, senders, requests, partitionsOf } = setUpSenders()
    add(0)
    add(1)
    add(1)
    add(2)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([[0, 1, 2], [1]])
  })

  it('fills a request up to maxRequestSize, and sends the rest in the next, nobody twice before all others', () => {
    const { add, senders, requests, partitionsOf } = setUpSenders({ maxRequestSize: 300 })
    for (const partition of [0, 1, 2, 0, 1, 2]) add(partition, 50)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([
      [0, 1],
      [2, 0],
      [1, 2],
    ])
  })

  it('sends a batch that is larger than maxRequestSize alone', () => {
    const { add, senders, requests, partitionsOf } = setUpSenders({ maxRequestSize: 100 })
    add(0, 500)
    add(1, 10)
    senders.drain()
    expect(requests.map(partitionsOf)).toEqual([[0], [1]])
  })

  it('has at most maxInFlightRequestsPerConnection requests on their way', async () => {
    const { add, senders, requests, settle, sequencesOf } = setUpSenders({ maxInFlightRequestsPerConnection: 2 })
    for (let i = 0; i < 4; i++) add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
    requests[0]?.answer(response(requests[0], () => ({})))
    await settle()
    expect(requests).toHaveLength(3)
    expect(sequencesOf(0)).toEqual([0, 1, 2])
  })

  it('sends nothing for as long as the broker asked for with throttleTimeMs', async () => {
    const { clock, add, senders, requests, settle } = setUpSenders()
    add(0)
    senders.drain()
    requests[0]?.answer(response(requests[0], () => ({}), { throttleTimeMs: 500 }))
    await settle()
    add(0)
    senders.drain()
    clock.pass(499)
    expect(requests).toHaveLength(1)
    clock.pass(1)
    expect(requests).toHaveLength(2)
  })

  it('tells since when its broker leaves batches waiting', async () => {
    const { clock, senders, requests, add, settle } = setUpSenders({ maxInFlightRequestsPerConnection: 1 })
    add(0)
    senders.drain()
    expect(senders.blockedSince(1)).toBeUndefined()
    clock.pass(10)
    add(1)
    senders.drain()
    const since = clock.monotonic()
    clock.pass(10)
    senders.drain()
    expect(senders.blockedSince(1)).toBe(since)
    requests[0]!.answer(response(requests[0]!, () => ({}), { throttleTimeMs: 50 }))
    await settle()
    expect(senders.blockedSince(1)).toBe(since)
    clock.pass(50)
    expect(requests).toHaveLength(2)
    expect(senders.blockedSince(1)).toBeUndefined()
    expect(senders.blockedSince(7)).toBeUndefined()
  })

  it('sends again after a pause, the same bytes in the same order, while other partitions go on', async () => {
    const { clock, add, senders, requests, settle, sequencesOf, partitionsOf } = setUpSenders()
    for (let i = 0; i < 3; i++) add(0)
    senders.drain()
    const [first, second, third] = requests
    first?.answer(response(first, () => ({ errorCode: NOT_ENOUGH_REPLICAS })))
    await settle()
    second?.answer(response(second, () => ({ errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER })))
    await settle()
    add(1)
    senders.drain()
    expect(partitionsOf(requests[3])).toEqual([1])
    clock.pass(150)
    expect(requests).toHaveLength(4)
    third?.answer(response(third, () => ({ errorCode: OUT_OF_ORDER_SEQUENCE_NUMBER })))
    await settle()
    clock.pass(150)
    expect(sequencesOf(0)).toEqual([0, 1, 2, 0, 1, 2])
    expect(requests[4]?.partitions[0]?.records).toEqual(first?.partitions[0]?.records)
  })

  it('hands its partition over when the leader moves, after its own requests are answered, and nothing is encoded again', async () => {
    const { clock, add, senders, requests, queue, settle } = setUpSenders()
    const batch = add(0)
    add(0)
    senders.drain()
    const [first, second] = requests
    queue(0).leader = 2
    senders.ready(queue(0))
    add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
    first?.answer(response(first, () => ({ errorCode: NOT_LEADER_OR_FOLLOWER })))
    await settle()
    expect(requests).toHaveLength(2)
    second?.answer(response(second, () => ({ errorCode: NOT_LEADER_OR_FOLLOWER })))
    await settle()
    clock.pass(0)
    expect(requests.slice(2).map(({ broker }) => broker)).toEqual([2, 2, 2])
    expect(requests[2]?.partitions[0]?.records).toBe(first?.partitions[0]?.records)
    expect(batch.attempts).toBe(2)
  })

  it('hands over a partition that had nothing to send when its leader moved, and was still on its list', async () => {
    const { requests, senders, queue, add, settle, clock, partitionsOf } = setUpSenders({ maxInFlightRequestsPerConnection: 1 })
    add(0)
    senders.drain()
    add(1)
    // Told when nothing waited; and what is added to a partition that is on a list is told to nobody.
    queue(1).leader = 2
    requests[0]!.answer(response(requests[0]!, () => ({})))
    await settle()
    clock.pass(1)
    expect(requests.map(({ broker }) => broker)).toEqual([1, 2])
    expect(partitionsOf(requests[1])).toEqual([1])
  })

  it('passes on where the broker says the leader is', async () => {
    const { add, senders, requests, hints, settle } = setUpSenders()
    add(0)
    senders.drain()
    const nodeEndpoints = [{ nodeId: 2, host: 'b2', port: 9092, rack: null }]
    const currentLeader = { leaderId: 2, leaderEpoch: 5 }
    requests[0]?.answer(response(requests[0], () => ({ errorCode: NOT_LEADER_OR_FOLLOWER, currentLeader }), { nodeEndpoints }))
    await settle()
    expect(hints).toEqual([['orders', 0, currentLeader, nodeEndpoints]])
  })

  it('believes only answers for what it asked, and each once', async () => {
    const { add, senders, requests, noted, settle } = setUpSenders()
    add(0)
    senders.drain()
    const [request] = requests
    const right = response(request!, () => ({ baseOffset: 7n }))
    const part = right.responses[0]!.partitionResponses[0]!
    const hostile: ProduceResponse = {
      ...right,
      responses: [
        { name: 'other', topicId: ZERO_UUID, partitionResponses: [part] },
        {
          name: 'orders',
          topicId: ZERO_UUID,
          partitionResponses: [{ ...part, index: 99 }, { ...part, index: -1 }, part, { ...part, errorCode: 87 }],
        },
      ],
    }
    request?.answer(hostile)
    await settle()
    expect(noted.errors).toEqual([])
    add(0)
    senders.drain()
    expect(requests).toHaveLength(2)
  })

  it('sends again what the response left out', async () => {
    const { clock, add, senders, requests, settle, sequencesOf } = setUpSenders()
    add(0)
    senders.drain()
    requests[0]?.answer({ responses: [], throttleTimeMs: 0, nodeEndpoints: [] })
    await settle()
    clock.pass(100)
    expect(sequencesOf(0)).toEqual([0, 0])
  })

  it('names topics by name where their id is not known', () => {
    const { add, senders, requests } = setUpSenders({ topicId: ZERO_UUID })
    add(0)
    senders.drain()
    expect(requests[0]?.maxVersion).toBe(12)
    const other = setUpSenders()
    other.add(0)
    other.senders.drain()
    expect(other.requests[0]?.maxVersion).toBe(undefined)
  })

  it('tells of partitions without a leader, and sends when there is one', () => {
    const { add, queue, senders, lookedUp, requests } = setUpSenders()
    queue(0).leader = -1
    add(0)
    senders.drain()
    expect(lookedUp).toEqual(['orders'])
    expect(requests).toEqual([])
    queue(0).leader = 3
    senders.ready(queue(0))
    senders.drain()
    expect(requests.map(({ broker }) => broker)).toEqual([3])
  })
})

describe('a sender with acks 0', () => {
  it('counts a batch as done once it has left, at an offset that nobody knows', async () => {
    const { add, senders, requests, noted, settle } = setUpSenders({ acks: 0 })
    const batch = add(0)
    senders.drain()
    requests[0]?.answer(undefined)
    await settle()
    expect(batch.isSettled).toBe(true)
    expect(noted.errors).toEqual([])
  })
})

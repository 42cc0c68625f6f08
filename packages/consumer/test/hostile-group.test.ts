import { encodeAssignment, encodeSubscription, Heartbeat, JoinGroup, LeaveGroup, OffsetCommit, SyncGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { readMembers } from '../src/group/group-assignment.ts'
import type { RebalanceListener, TopicPartition } from '../src/index.ts'
import { filled, follow, Log, numbered, take } from './support/rig.ts'

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
const tp = { topic: 'orders', partition: 0 }

function recorder(): RebalanceListener & { calls: string[] } {
  const calls: string[] = []
  const hear = (name: string) => (partitions: readonly TopicPartition[]) => {
    calls.push(`${name} ${partitions.map(({ partition }) => partition).join(',')}`)
  }
  return { calls, onPartitionsAssigned: hear('assigned'), onPartitionsRevoked: hear('revoked'), onPartitionsLost: hear('lost') }
}

describe('joining a group whose coordinator refuses', () => {
  for (const [api, name] of [
    [JoinGroup, 'JoinGroup'],
    [SyncGroup, 'SyncGroup'],
  ] as const) {
    for (const code of [
      'COORDINATOR_LOAD_IN_PROGRESS',
      'COORDINATOR_NOT_AVAILABLE',
      'NOT_COORDINATOR',
      'REBALANCE_IN_PROGRESS',
      'ILLEGAL_GENERATION',
    ] as const) {
      it(`tries again, at a bounded rate, after ${code} from ${name}`, async () => {
        const rig = await filled()
        const rule = rig.kafka.on(api).fail(code)
        const reading = follow(rig.consumer())
        await rig.kafka.until(() => rule.hits >= 1)
        await wait(150)
        expect(rule.hits).toBeLessThan(20)
        rule.remove()
        await rig.kafka.until(() => reading.values.length === 10)
        expect(reading.errors).toEqual([])
      })
    }
    for (const code of [
      'INCONSISTENT_GROUP_PROTOCOL',
      'INVALID_GROUP_ID',
      'INVALID_SESSION_TIMEOUT',
      'GROUP_AUTHORIZATION_FAILED',
      'UNSUPPORTED_VERSION',
      'GROUP_MAX_SIZE_REACHED',
      'FENCED_INSTANCE_ID',
    ] as const) {
      it(`fails the consumer after ${code} from ${name}, once, for this and every later read`, async () => {
        const rig = await filled()
        const rule = rig.kafka.on(api).fail(code)
        const consumer = rig.consumer()
        await expect(take(consumer, 1)).rejects.toMatchObject({ code })
        await expect(take(consumer, 1)).rejects.toMatchObject({ code })
        expect(consumer.state).toBe('failed')
        await wait(50)
        expect(rule.hits).toBe(1)
      })
    }
    it(`fails the consumer after an unknown code from ${name}`, async () => {
      const rig = await filled()
      rig.kafka.on(JoinGroup).answer((response) => (api === JoinGroup ? { ...response, errorCode: 555 } : response))
      rig.kafka.on(SyncGroup).answer((response) => (api === SyncGroup ? { ...response, errorCode: 555 } : response))
      const consumer = rig.consumer()
      await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'UNKNOWN_SERVER_ERROR', retriable: false })
      expect(consumer.state).toBe('failed')
    })
  }

  it('joins under a new member id after UNKNOWN_MEMBER_ID', async () => {
    const rig = await filled()
    const rule = rig.kafka
      .on(JoinGroup, { when: ({ memberId }) => memberId !== '' })
      .times(2)
      .fail('UNKNOWN_MEMBER_ID')
    const reading = follow(rig.consumer())
    await rig.kafka.until(() => reading.values.length === 10)
    expect(rule.hits).toBe(2)
    expect(rig.kafka.requests.list(JoinGroup).filter(({ body }) => body.memberId === '')).toHaveLength(3)
  })

  it('tells the group that a failed consumer leaves, so that others need not wait for its session to end', async () => {
    const rig = await filled()
    rig.kafka.on(SyncGroup).answer((response) => ({ ...response, assignment: Buffer.from([0, 1, 255, 255, 255, 255, 7]) }))
    await expect(take(rig.consumer(), 1)).rejects.toBeDefined()
    await rig.kafka.sawRequest(LeaveGroup)
  })
})

describe('an assignment that makes no sense', () => {
  for (const [what, assignment] of [
    ['is one byte', Buffer.from([1])],
    ['is random', Buffer.from('garbage in, garbage out')],
    ['counts more topics than it holds', Buffer.from([0, 0, 127, 255, 255, 255])],
    ['is of a future version that is cut off', Buffer.from([127, 255, 0])],
  ] as const) {
    it(`fails the consumer where it ${what}`, async () => {
      const rig = await filled()
      rig.kafka.on(SyncGroup).answer((response) => ({ ...response, assignment }))
      const consumer = rig.consumer()
      await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'MALFORMED_MESSAGE' })
      expect(consumer.state).toBe('failed')
    })
  }

  it('is read where it can be: partitions that do not exist and topics that nobody asked for harm no others', async () => {
    const rig = await filled()
    const assignedPartitions = [
      { topic: 'orders', partitions: [0, 0, -1, 2_147_483_647, 77] },
      { topic: '__proto__', partitions: [0] },
      { topic: '', partitions: [3] },
      { topic: 'constructor', partitions: [1] },
    ]
    rig.kafka.on(SyncGroup).answer((response) => ({ ...response, assignment: Buffer.from(encodeAssignment({ assignedPartitions })) }))
    const consumer = rig.consumer()
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 10)
    expect(reading.values).toEqual(numbered(10))
    expect(reading.errors).toEqual([])
    await consumer.close()
  })
})

describe('the subscription of another member', () => {
  it('counts as far as it names what topics can be called: the cluster is not asked about the rest', () => {
    const metadata = Buffer.from(encodeSubscription({ topics: ['', 'orders', 'x'.repeat(250), '__proto__'] }))
    const [member] = readMembers([{ memberId: 'a', groupInstanceId: null, metadata }], new Log())
    expect(member?.topics).toEqual(['__proto__', 'orders'])
  })

  it('counts for nothing where it cannot be read, and harms nobody', () => {
    const [member] = readMembers([{ memberId: 'a', groupInstanceId: null, metadata: Buffer.from([0, 1, 127]) }], new Log())
    expect(member?.topics).toEqual([])
  })
})

describe('a heartbeat that is refused', () => {
  async function running() {
    const rig = await filled()
    const listener = recorder()
    const consumer = rig.consumer({ listener })
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 10)
    return { rig, consumer, reading, listener }
  }

  for (const code of ['COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR', 'COORDINATOR_LOAD_IN_PROGRESS', 'REQUEST_TIMED_OUT'] as const) {
    it(`with ${code} is repeated, with no rebalance`, async () => {
      const { rig, listener } = await running()
      const joins = rig.kafka.requests.list(JoinGroup).length
      const rule = rig.kafka.on(Heartbeat).times(3).fail(code)
      await rig.kafka.until(() => rule.hits === 3)
      rig.kafka.requests.clear()
      await rig.kafka.sawRequest(Heartbeat)
      expect(rig.kafka.requests.list(JoinGroup)).toEqual([])
      expect(joins).toBeGreaterThan(0)
      expect(listener.calls).toEqual(['assigned 0'])
    })
  }

  for (const code of ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION'] as const) {
    it(`with ${code} loses the partitions, and the consumer joins again and reads on where it was`, async () => {
      const { rig, consumer, reading, listener } = await running()
      await consumer.commit()
      if (code === 'UNKNOWN_MEMBER_ID') await rig.expel('g', consumer.groupMetadata().memberId)
      else rig.kafka.on(Heartbeat).once().fail(code)
      await rig.kafka.until(() => listener.calls.length === 3)
      expect(listener.calls).toEqual(['assigned 0', 'lost 0', 'assigned 0'])
      await rig.writer.writeMany('orders', 0, 5, { first: 10 })
      await rig.kafka.until(() => reading.values.length >= 15)
      expect(reading.values).toEqual(numbered(15))
    })
  }

  it('with REBALANCE_IN_PROGRESS revokes, commits and joins again', async () => {
    const { rig, reading, listener } = await running()
    rig.kafka.on(Heartbeat).once().fail('REBALANCE_IN_PROGRESS')
    await rig.kafka.until(() => listener.calls.length === 3)
    expect(listener.calls).toEqual(['assigned 0', 'revoked 0', 'assigned 0'])
    await rig.writer.writeMany('orders', 0, 5, { first: 10 })
    await rig.kafka.until(() => reading.values.length >= 15)
    expect(reading.values).toEqual(numbered(15))
  })

  it('for ever with REBALANCE_IN_PROGRESS makes no storm of joins', async () => {
    const { rig } = await running()
    rig.kafka.on(Heartbeat).fail('REBALANCE_IN_PROGRESS')
    rig.kafka.requests.clear()
    await wait(300)
    expect(rig.kafka.requests.list(JoinGroup).length).toBeLessThan(20)
  })

  for (const code of ['GROUP_AUTHORIZATION_FAILED', 'FENCED_INSTANCE_ID'] as const) {
    it(`with ${code} fails the consumer and loses the partitions`, async () => {
      const { rig, consumer, reading, listener } = await running()
      rig.kafka.on(Heartbeat).fail(code)
      await rig.kafka.until(() => reading.errors.length === 1)
      expect(reading.errors[0]).toMatchObject({ code })
      expect(consumer.state).toBe('failed')
      await rig.kafka.until(() => listener.calls.length === 2)
      expect(listener.calls).toEqual(['assigned 0', 'lost 0'])
    })
  }
})

describe('a commit that is refused', () => {
  const running = async () => {
    const rig = await filled()
    const consumer = rig.consumer({ enableAutoCommit: false, defaultApiTimeoutMs: 700, heartbeatIntervalMs: 3_000 })
    const iterator = consumer.records()
    await iterator.next()
    return { rig, consumer }
  }

  for (const code of [
    'UNKNOWN_TOPIC_OR_PARTITION',
    'COORDINATOR_LOAD_IN_PROGRESS',
    'REQUEST_TIMED_OUT',
    'COORDINATOR_NOT_AVAILABLE',
    'NOT_COORDINATOR',
  ] as const) {
    it(`with ${code} is repeated at a bounded rate, until it is done`, async () => {
      const { rig, consumer } = await running()
      const rule = rig.kafka.on(OffsetCommit).times(4).fail(code)
      await consumer.commit()
      expect(rule.hits).toBe(4)
      expect(rig.kafka.committed('g')).toMatchObject([{ ...tp, offset: 1 }])
    })
  }

  for (const code of [
    'OFFSET_METADATA_TOO_LARGE',
    'INVALID_COMMIT_OFFSET_SIZE',
    'TOPIC_AUTHORIZATION_FAILED',
    'GROUP_AUTHORIZATION_FAILED',
  ] as const) {
    it(`with ${code} rejects with just that, at once`, async () => {
      const { rig, consumer } = await running()
      const rule = rig.kafka.on(OffsetCommit).fail(code)
      await expect(consumer.commit()).rejects.toMatchObject({ code })
      expect(rule.hits).toBe(1)
    })
  }

  for (const code of ['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'REBALANCE_IN_PROGRESS'] as const) {
    it(`with ${code} rejects with PARTITION_NOT_OWNED`, async () => {
      const { rig, consumer } = await running()
      rig.kafka.on(OffsetCommit).fail(code)
      await expect(consumer.commit()).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED' })
    })
  }

  it('in a way that nobody knows rejects and says so', async () => {
    const { rig, consumer } = await running()
    rig.kafka.on(OffsetCommit).answer((response) => ({
      ...response,
      topics: response.topics.map((topic) => ({ ...topic, partitions: topic.partitions.map((one) => ({ ...one, errorCode: 999 })) })),
    }))
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'UNKNOWN_SERVER_ERROR' })
  })

  it('by leaving the partition out of the answer is not taken for done', async () => {
    const { rig, consumer } = await running()
    let asked = 0
    rig.kafka.on(OffsetCommit).answer((response) => {
      asked++
      return { ...response, topics: [] }
    })
    await expect(consumer.commit()).rejects.toMatchObject({ code: 'TIMED_OUT' })
    expect(asked).toBeLessThan(40)
    rig.kafka.clearFaults()
    await consumer.commit()
    expect(rig.kafka.committed('g')).toMatchObject([{ ...tp, offset: 1 }])
  })

  it('whose answer is lost is repeated, and done once', async () => {
    const { rig, consumer } = await running()
    rig.kafka.on(OffsetCommit).once().disconnect({ afterWork: true })
    await consumer.commit()
    expect(rig.kafka.committed('g')).toMatchObject([{ ...tp, offset: 1 }])
  })
})

describe('a consumer that dies', () => {
  it('leaves its partitions to another member when its session has ended, and nothing is skipped', async () => {
    const rig = await filled(50)
    const dying = rig.consumer({ clientId: 'dying', autoCommitIntervalMs: 5 })
    const seen: string[] = []
    for await (const record of dying) {
      seen.push(record.value!.toString())
      await wait(1)
      if (seen.length === 20) break
    }
    // What it does now reaches nobody.
    rig.kafka.onAny({ clientId: 'dying' }).blackhole()
    const heir = rig.consumer()
    const reading = follow(heir)
    await rig.kafka.until(() => reading.values.at(-1) === '0:49', { timeoutMs: 12_000 })
    const first = Number(reading.values[0]!.slice(2))
    expect(first).toBeLessThanOrEqual(19)
    expect(reading.values).toEqual(numbered(50 - first, '0:', first))
    expect(new Set([...seen, ...reading.values]).size).toBe(50)
  }, 15_000)
})

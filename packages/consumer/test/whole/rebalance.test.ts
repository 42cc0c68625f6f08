import { Heartbeat, JoinGroup, LeaveGroup, OffsetCommit, SyncGroup } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { ConsumerRecord, RebalanceListener, TopicPartition } from '../../src/index.ts'
import { follow, Log, numbered, Rig, take } from '../support/rig.ts'

const tp = (partition = 0) => ({ topic: 'orders', partition })

/** A listener that writes down what it hears. */
function recorder(): RebalanceListener & { calls: string[] } {
  const calls: string[] = []
  const hear = (name: string) => (partitions: readonly TopicPartition[]) => {
    calls.push(`${name} ${partitions.map(({ partition }) => partition).join(',')}`)
  }
  return { calls, onPartitionsAssigned: hear('assigned'), onPartitionsRevoked: hear('revoked'), onPartitionsLost: hear('lost') }
}

async function filled(partitions = 2, count = 10): Promise<Rig> {
  const rig = await Rig.start({ topics: { orders: partitions } })
  for (let partition = 0; partition < partitions; partition++) await rig.writer.writeMany('orders', partition, count)
  return rig
}

describe('a rebalance', () => {
  it('waits for the record in hand, commits it when it is finished, and only then gives the partition up', async () => {
    const rig = await filled()
    const holder = rig.consumer({ autoCommitIntervalMs: 100_000 })
    let finish = () => {}
    const held: ConsumerRecord[] = []
    const reading = follow(holder, async (value) => {
      if (value !== '0:4') return
      await new Promise<void>((resolve) => {
        finish = resolve
      })
    })
    await rig.kafka.until(() => reading.values.includes('0:4'))
    const other = rig.consumer()
    const otherReading = follow(other)
    await rig.kafka.until(() => holder.state === 'rebalancing')
    await new Promise((resolve) => setTimeout(resolve, 60))
    expect(other.assignment()).toEqual([])
    expect(held).toEqual([])
    finish()
    await rig.kafka.until(() => reading.values.length + otherReading.values.length === 20)
    expect([...reading.values, ...otherReading.values].sort()).toEqual([...numbered(10), ...numbered(10, '1:')].sort())
  })

  it('goes on after drainTimeoutMs: the record is not committed, commit of it is refused, processed ignored, and owns is false', async () => {
    const rig = await filled(1)
    const log = new Log()
    const holder = rig.consumer({ drainTimeoutMs: 40, logger: log })
    let finish = () => {}
    let record: ConsumerRecord | undefined
    const loop = (async () => {
      for await (const one of holder) {
        record = one
        if (one.offset !== 3) continue
        await new Promise<void>((resolve) => {
          finish = resolve
        })
        break
      }
    })()
    await rig.kafka.until(() => record?.offset === 3)
    expect(holder.owns(record!)).toBe(true)
    const other = rig.consumer({ groupInstanceId: 'a' })
    const reading = follow(other)
    await rig.kafka.until(() => holder.state === 'running' && other.state === 'running')
    expect(log.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', fields: expect.objectContaining({ topic: 'orders', partition: 0, offset: 3 }) }),
    )
    await rig.kafka.until(() => reading.values.length === 7)
    expect(reading.values[0]).toBe('0:3')
    expect(holder.owns(record!)).toBe(false)
    holder.processed(record!)
    await expect(holder.commit([{ ...tp(), offset: 4 }])).rejects.toMatchObject({ code: 'PARTITION_NOT_OWNED' })
    finish()
    await loop
  })

  it('ends a batch early and aborts its signal; what was not handed out of it comes to the next owner', async () => {
    const rig = await filled(1, 100)
    const holder = rig.consumer()
    const seen: number[] = []
    let isAborted = false
    let begun = () => {}
    const beginning = new Promise<void>((resolve) => {
      begun = resolve
    })
    const loop = (async () => {
      for await (const batch of holder.batches()) {
        for (const record of batch) {
          seen.push(record.offset)
          if (seen.length !== 10) continue
          begun()
          await new Promise<void>((resolve) => batch.signal.addEventListener('abort', () => resolve()))
          isAborted = true
        }
      }
    })()
    await beginning
    const other = rig.consumer({ groupInstanceId: 'a' })
    const reading = follow(other)
    await rig.kafka.until(() => reading.values.length === 90)
    expect(isAborted).toBe(true)
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => i))
    expect(reading.values).toEqual(numbered(90, '0:', 10))
    await holder.close()
    await loop
  })

  it('sends heartbeats while a slow handler works', async () => {
    const rig = await filled()
    const consumer = rig.consumer({ heartbeatIntervalMs: 5 })
    for await (const _ of consumer) {
      rig.kafka.requests.clear()
      await rig.kafka.until(() => rig.kafka.requests.list(Heartbeat).length >= 5)
      break
    }
    expect(rig.kafka.requests.list(JoinGroup)).toEqual([])
  })

  it('loses its partitions when the group takes it for dead, says so, commits nothing, and joins again', async () => {
    const rig = await filled()
    const listener = recorder()
    const consumer = rig.consumer({ listener })
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 20)
    const { memberId } = consumer.groupMetadata()
    await rig.expel('g', memberId)
    await rig.kafka.until(() => listener.calls.length === 3)
    expect(listener.calls).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
    expect(rig.kafka.requests.list(OffsetCommit)).toEqual([])
    expect(consumer.groupMetadata().memberId).not.toBe(memberId)
  })

  it('loses its partitions when the group has gone on to another generation, and joins again as the same member', async () => {
    const rig = await filled()
    const listener = recorder()
    const consumer = rig.consumer({ listener })
    const reading = follow(consumer)
    await rig.kafka.until(() => reading.values.length === 20)
    const { memberId } = consumer.groupMetadata()
    rig.kafka.on(Heartbeat).once().fail('ILLEGAL_GENERATION')
    await rig.kafka.until(() => listener.calls.length === 3)
    expect(listener.calls).toEqual(['assigned 0,1', 'lost 0,1', 'assigned 0,1'])
    expect(consumer.groupMetadata().memberId).toBe(memberId)
  })

  it('keeps member and generation while the coordinator moves or its connection breaks', async () => {
    const rig = await Rig.start({ brokers: 3, topics: { orders: 1 } })
    const listener = recorder()
    const consumer = rig.consumer({ listener, heartbeatIntervalMs: 5 })
    const reading = follow(consumer)
    await rig.kafka.until(() => consumer.state === 'running')
    const before = consumer.groupMetadata()
    rig.kafka.moveCoordinator('g', (rig.kafka.coordinatorOf('g') % 3) + 1)
    rig.kafka.broker(rig.kafka.coordinatorOf('g')).disconnect()
    rig.kafka.on(Heartbeat).times(2).fail('COORDINATOR_NOT_AVAILABLE')
    rig.kafka.requests.clear()
    await rig.kafka.until(() => rig.kafka.requests.list(Heartbeat).length >= 6)
    expect(consumer.groupMetadata()).toEqual(before)
    expect(listener.calls).toEqual(['assigned 0'])
    expect(rig.kafka.requests.list(JoinGroup)).toEqual([])
    await rig.writer.write('orders', 0, [{ value: 'still' }])
    await rig.kafka.until(() => reading.values.includes('still'))
  })

  it.each([
    ['JoinGroup', JoinGroup],
    ['SyncGroup', SyncGroup],
  ] as const)('joins in the end whatever %s meets at first', async (_, api) => {
    for (const code of ['COORDINATOR_LOAD_IN_PROGRESS', 'NOT_COORDINATOR', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'] as const) {
      const rig = await filled(1, 1)
      rig.kafka.on(api).once().fail(code)
      rig.kafka.on(api).once().disconnect()
      expect(await take(rig.consumer(), 1)).toEqual(['0:0'])
    }
  })

  it.each(['GROUP_AUTHORIZATION_FAILED', 'INCONSISTENT_GROUP_PROTOCOL', 'INVALID_SESSION_TIMEOUT', 'GROUP_MAX_SIZE_REACHED'] as const)(
    'fails for good after %s',
    async (code) => {
      const rig = await filled(1)
      rig.kafka.on(JoinGroup).fail(code)
      const consumer = rig.consumer()
      await expect(take(consumer, 1)).rejects.toMatchObject({ name: 'BrokerError', code })
      expect(consumer.state).toBe('failed')
      await expect(take(consumer, 1)).rejects.toMatchObject({ code })
    },
  )

  it('leaves the group when a record is in hand for longer than maxPollIntervalMs, and joins again when it is done', async () => {
    const rig = await filled(1)
    const log = new Log()
    const listener = recorder()
    const consumer = rig.consumer({ maxPollIntervalMs: 100, listener, logger: log })
    const values: string[] = []
    const loop = (async () => {
      for await (const record of consumer) {
        values.push(record.value!.toString())
        if (values.length === 2) await rig.kafka.until(() => listener.calls.includes('lost 0'))
        if (values.length === 6) break
      }
    })()
    await loop
    const warnings = log.lines.filter(({ level }) => level === 'warn')
    expect(warnings.slice(0, 2)).toMatchObject([
      { message: 'a record is in hand for half of maxPollIntervalMs', fields: { topic: 'orders', partition: 0, offset: 1 } },
      { fields: { topic: 'orders', partition: 0, offset: 1 } },
    ])
    expect(rig.kafka.requests.list(LeaveGroup)).toHaveLength(1)
    expect(listener.calls).toEqual(['assigned 0', 'lost 0', 'assigned 0'])
    // What was in hand when the member left does not count: it was somebody else's.
    expect(values).toEqual(['0:0', '0:1', ...values.slice(2)])
    expect(values[2]).toMatch(/0:[01]/)
  })
})

describe('a listener', () => {
  it('hears of what is assigned before anything is fetched, so that seek is exact', async () => {
    const rig = await filled(2)
    const consumer = rig.consumer({
      listener: {
        onPartitionsAssigned: async (partitions) => {
          for (const partition of partitions) {
            expect(await consumer.position(partition)).toBe(0)
            consumer.seek(partition, 8)
          }
        },
      },
    })
    expect((await take(consumer, 4)).sort()).toEqual([...numbered(2, '0:', 8), ...numbered(2, '1:', 8)])
    expect(
      rig.kafka.requests
        .list()
        .filter(({ api }) => api === 'Fetch')
        .flatMap(({ body }) => JSON.stringify(body, (_, v) => (typeof v === 'bigint' ? Number(v) : v)))
        .join(),
    ).not.toContain('"fetchOffset":0')
  })

  it('can commit what it finishes when partitions are taken away, and hears it at close too', async () => {
    const rig = await filled(1)
    const records: ConsumerRecord[] = []
    const consumer = rig.consumer({
      enableAutoOffsetStore: false,
      enableAutoCommit: false,
      listener: {
        onPartitionsRevoked: async () => {
          for (const record of records) consumer.processed(record)
          await consumer.commit()
        },
      },
    })
    for await (const record of consumer) {
      records.push(record)
      if (records.length === 5) break
    }
    await consumer.close()
    expect(rig.kafka.committed('g')).toMatchObject([{ offset: 5 }])
  })

  it('rejects what would wait for itself, and works otherwise', async () => {
    const rig = await filled(1)
    const codes: unknown[] = []
    const consumer = rig.consumer({
      listener: {
        onPartitionsAssigned: async () => {
          const attempts = [
            () => consumer.close(),
            () => consumer.unsubscribe(),
            async () => consumer.subscribe({ topics: ['orders'] }),
            () => consumer.records().next(),
          ]
          for (const attempt of attempts) {
            await new Promise((resolve) => setTimeout(resolve, 1))
            codes.push(await attempt().then(String, (error) => error.code))
          }
        },
      },
    })
    expect(await take(consumer, 1)).toEqual(['0:0'])
    expect(codes).toEqual(Array(4).fill('CALLED_IN_LISTENER'))
  })

  it('that throws rejects the current read, and the next goes on', async () => {
    const rig = await filled(1)
    let isFirst = true
    const consumer = rig.consumer({
      listener: {
        onPartitionsAssigned: () => {
          if (isFirst) throw new Error('mine')
          isFirst = false
        },
      },
    })
    await expect(take(consumer, 1)).rejects.toMatchObject({ code: 'LISTENER_FAILED', cause: { message: 'mine' } })
    expect(await take(consumer, 1)).toEqual(['0:0'])
  })

  it('that does not end is waited for no longer than maxPollIntervalMs, and named', async () => {
    const rig = await filled(1)
    const log = new Log()
    const consumer = rig.consumer({ maxPollIntervalMs: 60, logger: log, listener: { onPartitionsAssigned: () => new Promise(() => {}) } })
    expect(await take(consumer, 1)).toEqual(['0:0'])
    expect(log.of('warn')).toEqual([expect.stringContaining('onPartitionsAssigned')])
  })

  it('hears of lost partitions by onPartitionsRevoked where it has no onPartitionsLost', async () => {
    const rig = await filled(1)
    const { calls, onPartitionsAssigned, onPartitionsRevoked } = recorder()
    const consumer = rig.consumer({ listener: { onPartitionsAssigned: onPartitionsAssigned!, onPartitionsRevoked: onPartitionsRevoked! } })
    follow(consumer)
    await rig.kafka.until(() => consumer.state === 'running')
    await rig.expel('g', consumer.groupMetadata().memberId)
    await rig.kafka.until(() => calls.length === 3)
    expect(calls).toEqual(['assigned 0', 'revoked 0', 'assigned 0'])
  })

  it('is not called for assign()', async () => {
    const rig = await filled(1)
    const listener = recorder()
    const consumer = rig.loose({ listener })
    consumer.assign([tp()])
    await take(consumer, 1)
    await consumer.close()
    expect(listener.calls).toEqual([])
  })
})

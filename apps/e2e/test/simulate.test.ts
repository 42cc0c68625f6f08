import { Consumer } from '@k/consumer'
import { Producer } from '@k/producer'
import { Produce } from '@k/protocol'
import { type Simulation, simulate, synchronousGzip } from '@k/testing'
import { describe, expect, it } from 'vitest'

const cluster = { brokers: 3, topics: { orders: { numPartitions: 3, replicationFactor: 3 } } }

/** What was acknowledged, what is in the log, and what the group has read, which may be more than once where it had no time to commit. */
interface Traffic {
  readonly sent: string[]
  readonly log: string[]
  readonly read: string[]
}

/** A producer and a group of two, while leaders and connections go. */
async function traffic({ kafka, clientOptions, random, sleep }: Simulation, enableIdempotence = true): Promise<Traffic> {
  const producer = new Producer({ ...clientOptions, compression: synchronousGzip, enableIdempotence, retryBackoffMs: 10, logger: null })
  const read: string[] = []
  const consumers = [1, 2].map(() => {
    const options = { ...clientOptions, groupId: 'billing', topics: ['orders'], autoOffsetReset: 'earliest', logger: null } as const
    return new Consumer({ ...options, codecs: [synchronousGzip] })
  })
  const reading = consumers.map(async (consumer) => {
    for await (const record of consumer) read.push(`${record.value}`)
  })
  const sent: string[] = []
  const disturb = async () => {
    for (let i = 0; i < 6; i++) {
      await sleep(random.below(200))
      const disturbance = random.below(3)
      if (disturbance === 0) kafka.broker(1 + random.below(3)).disconnect()
      if (disturbance === 1) kafka.moveLeader({ topic: 'orders', partition: random.below(3) }, 1 + random.below(3))
      if (disturbance === 2)
        kafka
          .on(Produce)
          .once()
          .disconnect({ afterWork: random.chance(0.5) })
    }
  }
  const send = async () => {
    for (let i = 0; i < 30; i++) {
      await producer.send({ topic: 'orders', partition: random.below(3), value: `order ${i}` })
      sent.push(`order ${i}`)
      await sleep(random.below(40))
    }
  }
  await Promise.all([send(), disturb()])
  await kafka.until(() => new Set(read).size === sent.length, { timeoutMs: 120_000 })
  await producer.close()
  for (const consumer of consumers) await consumer.close()
  await Promise.all(reading)
  const log = kafka.records('orders').map(({ value }) => `${value}`)
  return { sent: sent.sort(), log: log.sort(), read: [...new Set(read)].sort() }
}

describe('a simulation of real clients', () => {
  it('loses nothing, doubles nothing, and is the same again with the same seed', { timeout: 30_000 }, async () => {
    const traces = new Set<string>()
    for (const seed of [1, 2, 3]) {
      const first = await simulate(seed, (simulation) => traffic(simulation), { cluster })
      expect(first.value.log).toEqual(first.value.sent)
      expect(first.value.read).toEqual(first.value.sent)
      const again = await simulate(seed, (simulation) => traffic(simulation), { cluster })
      expect(again).toEqual(first)
      expect(first.trace.length).toBeGreaterThan(200)
      traces.add(first.trace.join('\n'))
    }
    expect(traces.size).toBe(3)
  })

  it('finds what goes wrong without idempotence, and brings it again', { timeout: 30_000 }, async () => {
    const careless = async (simulation: Simulation) => {
      const { sent, log } = await traffic(simulation, false)
      if (log.length !== sent.length) throw new Error(`${log.length} of ${sent.length} were written`)
    }
    const messageOf = (seed: number) =>
      simulate(seed, careless, { cluster }).then(
        () => undefined,
        (error: Error) => error.message,
      )
    let seed = 1
    let message = await messageOf(seed)
    while (message === undefined && seed < 20) message = await messageOf(++seed)
    expect(message).toMatch(new RegExp(`^simulation with seed ${seed}: 3[1-9] of 30 were written`))
    expect(await messageOf(seed)).toBe(message)
  })
})

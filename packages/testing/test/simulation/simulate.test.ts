import { Metadata, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { FakeCluster, type Simulation, simulate, VirtualClock } from '../../src/index.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { produce, produceBody } from '../support/requests.ts'

const cluster = { brokers: 3, topics: { orders: { numPartitions: 1, replicationFactor: 3 } } }

/** Two clients that write to one partition at the same time; returns the order of the log. */
async function race({ kafka, clientOptions, random, sleep }: Simulation): Promise<string> {
  const leader = kafka.leaderOf({ topic: 'orders', partition: 0 })
  const write = async (name: string) => {
    const client = await RawClient.connect(kafka, leader, clientOptions.transport)
    for (let i = 0; i < 5; i++) {
      await produce(client, 'orders', 0, batchOf([`${name}${i}`]))
      await sleep(random.below(20))
    }
  }
  await Promise.all([write('a'), write('b')])
  return kafka
    .records('orders')
    .map(({ value }) => `${value}`)
    .join(' ')
}

describe('a simulation', () => {
  it('is the same again with the same seed, byte for byte', async () => {
    const first = await simulate(7, race, { cluster })
    const again = await simulate(7, race, { cluster })
    expect(again).toEqual(first)
    expect(first.trace.length).toBeGreaterThan(20)
    expect(first.trace.filter((line) => line.includes('->')).length).toBeGreaterThanOrEqual(10)
    expect(first.virtualMs).toBeGreaterThan(10)
  })

  it('is another with another seed', async () => {
    const results = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((seed) => simulate(seed, race, { cluster })))
    expect(new Set(results.map(({ trace }) => trace.join('\n'))).size).toBe(8)
    expect(new Set(results.map(({ value }) => value)).size).toBeGreaterThan(3)
  })

  it('takes no time, however long it takes', async () => {
    const { value, virtualMs } = await simulate(1, async ({ sleep, clock }) => {
      await sleep(30 * 60_000)
      return clock.now()
    })
    expect([value, virtualMs]).toEqual([1_700_000_000_000 + 30 * 60_000, 30 * 60_000])
  })

  it('finds a bug that needs a certain order, and brings it again by the seed in the message', async () => {
    // A counter that two clients read and write without a look at each other: right unless they overlap.
    const planted = async ({ kafka, clientOptions, random, sleep, note }: Simulation) => {
      let counter = 0
      const increment = async () => {
        await sleep(random.below(60))
        const client = await RawClient.connect(kafka, 1, clientOptions.transport)
        const before = counter
        await client.request(Metadata, 9, { topics: [] })
        counter = before + 1
        note(`counter is ${counter}`)
      }
      await Promise.all([increment(), increment()])
      if (counter !== 2) throw new Error(`the counter is ${counter}`)
    }
    const outcomes: (string | undefined)[] = []
    for (let seed = 0; seed < 40; seed++) {
      const message = await simulate(seed, planted).then(
        () => undefined,
        (error: Error) => error.message,
      )
      outcomes.push(message)
    }
    const seed = outcomes.findIndex((message) => message !== undefined)
    expect(outcomes.filter((message) => message === undefined).length).toBeGreaterThan(0)
    expect(outcomes[seed]).toContain(`simulation with seed ${seed}: the counter is 1\nWhat happened last:\n`)
    expect(outcomes[seed]).toContain('counter is 1')
    await expect(simulate(seed, planted)).rejects.toThrow(outcomes[seed])
  })

  it('ends a scenario that hangs', async () => {
    const waiting = simulate(3, () => new Promise(() => {}))
    await expect(waiting).rejects.toThrow(/^simulation with seed 3: what was run did not come true, and nothing is left to happen/)
    const long = simulate(3, ({ sleep }) => sleep(2_000), { limitMs: 1_000 })
    await expect(long).rejects.toThrow('within 1000 ms of virtual time')
  })

  it('says the seed once, also in the stack, which is what a test runner shows', async () => {
    const failing = simulate(7, async () => {
      throw new Error('planted')
    })
    const error = await failing.catch((each: Error) => each)
    expect((error as Error).stack?.split('simulation with seed 7: ')).toHaveLength(2)
  })

  it('says the seed also of what is no error', async () => {
    // biome-ignore lint/complexity/useArrowFunction: a rejection that is no Error is what this is about
    const scenario = function () {
      return Promise.reject('word')
    }
    await expect(simulate(5, scenario)).rejects.toThrow('simulation with seed 5: word')
  })

  it('lets faults, deaths and waits of a test live in its time', async () => {
    const scenario = async ({ kafka, clientOptions, clock }: Simulation) => {
      const client = await RawClient.connect(kafka, 1, clientOptions.transport)
      kafka.on(Produce).once().delay(5_000)
      client.send(Produce, 9, produceBody('orders', 0, batchOf(['a']), 0))
      await kafka.until(() => kafka.records('orders').length === 1, { timeoutMs: 10_000 })
      const then = clock.monotonic()
      await kafka.broker(1).kill()
      await client.closed
      await kafka.broker(1).revive()
      return [then >= 5_000 && then < 5_100, kafka.broker(1).isAlive]
    }
    const { value, trace } = await simulate(11, scenario, { cluster })
    expect(value).toEqual([true, true])
    expect(trace.at(-1)).toContain('connection 1 is closed')
  })
})

describe('latency in memory', () => {
  it('is what the option says, each way', async () => {
    const clock = new VirtualClock()
    const kafka = await FakeCluster.start({ tcp: false, clock, latencyMs: 20 })
    const client = await clock.run(RawClient.connect(kafka))
    expect(clock.monotonic()).toBe(20)
    await clock.run(client.request(Metadata, 9, { topics: [] }))
    expect(clock.monotonic()).toBe(60)
    await kafka.close()
    await expect(FakeCluster.start({ latencyMs: [2, 1] })).rejects.toMatchObject({ code: 'INVALID_OPTION' })
  })
})

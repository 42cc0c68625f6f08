import { Heartbeat, Metadata } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { FakeCluster, SeededRandom, VirtualClock } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'
import { enter, heartbeat, sync } from '../support/requests.ts'

describe('a virtual clock', () => {
  it('begins where it is told to, and stands still', async () => {
    const clock = new VirtualClock({ now: 5_000 })
    expect([clock.now(), clock.monotonic(), clock.pending]).toEqual([5_000, 0, 0])
    await new Promise((resolve) => clock.endOfTick(() => resolve(undefined)))
    expect([clock.now(), clock.monotonic()]).toEqual([5_000, 0])
  })

  it('fires timers at their times, and what they cause in between', async () => {
    const clock = new VirtualClock({ now: 0 })
    const seen: string[] = []
    const note = (what: string) => seen.push(`${clock.now()} ${what}`)
    clock.setTimer(() => note('c'), 30)
    clock.setTimer(() => void clock.sleep(5).then(() => note('b')), 10)
    clock.setTimer(() => clock.endOfTick(() => note('a')), 10)
    clock.setTimer(() => note('never'), 20).cancel()
    await clock.advance(29)
    expect([seen, clock.now(), clock.pending]).toEqual([['10 a', '15 b'], 29, 1])
    await clock.advance(1)
    expect(seen).toEqual(['10 a', '15 b', '30 c'])
  })

  it('fires timers of one moment in the order in which they were set, or as chance has it', async () => {
    const orderOf = async (clock: VirtualClock) => {
      const order: number[] = []
      for (let i = 0; i < 5; i++) clock.setTimer(() => order.push(i), 10)
      await clock.advance(10)
      return order.join('')
    }
    expect(await orderOf(new VirtualClock())).toBe('01234')
    const orders = await Promise.all([1, 2, 3, 4].map((seed) => orderOf(new VirtualClock({ random: new SeededRandom(seed) }))))
    expect(new Set(orders).size).toBeGreaterThan(1)
    expect(orders.map((order) => [...order].sort().join(''))).toEqual(Array(4).fill('01234'))
  })

  it('runs until something is true, and says so where it never is', async () => {
    const clock = new VirtualClock()
    let count = 0
    const tick = () => void clock.setTimer(tick, ++count * 1000)
    tick()
    expect(await clock.runUntil(() => count === 4 && 'four')).toBe('four')
    expect(clock.monotonic()).toBe(6000)
    await expect(clock.runUntil(() => count > 1000, { limitMs: 60_000 })).rejects.toThrow(
      'did not come true within 60000 ms of virtual time',
    )
  })

  it('runs until work is done, and throws what it throws', async () => {
    const clock = new VirtualClock()
    const work = async () => {
      await clock.sleep(45_000)
      return 'done'
    }
    expect(await clock.run(work)).toBe('done')
    expect(clock.monotonic()).toBe(45_000)
    await expect(clock.run(Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await expect(clock.run(() => clock.sleep(2), { limitMs: 1 })).rejects.toMatchObject({ code: 'TIMED_OUT' })
  })

  it('says when nothing is left that could happen', async () => {
    const clock = new VirtualClock()
    await expect(clock.run(new Promise(() => {}))).rejects.toThrow('what was run did not come true, and nothing is left to happen')
  })

  it('says when something goes round and round', async () => {
    const clock = new VirtualClock()
    let stop = false
    const again = () => {
      if (!stop) for (let i = 0; i < 1; i++) clock.setTimer(again, 0)
    }
    again()
    await expect(clock.advance(1)).rejects.toThrow('time stands still at 0 ms')
    stop = true
  })

  it('goes on for whoever waits for what rounding has left of a deadline', async () => {
    const clock = new VirtualClock()
    await clock.advance(521.8979938684031)
    const deadline = clock.monotonic() + 5e-15
    let looks = 0
    const wait = async () => {
      const started = clock.monotonic()
      while (clock.monotonic() - started < 1e-14 || clock.monotonic() < deadline) {
        looks += 1
        await clock.sleep(1e-14)
      }
    }
    await clock.run(wait)
    expect(looks).toBe(1)
  })

  it('lets others wait while it runs', async () => {
    const clock = new VirtualClock()
    const log: string[] = []
    const inner = async () => {
      await clock.advance(10)
      log.push(`${clock.monotonic()}`)
      await clock.runUntil(() => clock.monotonic() >= 25)
      log.push(`${clock.monotonic()}`)
      await expect(clock.runUntil(() => false, { limitMs: 5 })).rejects.toThrow('within 5 ms')
      await clock.run(() => clock.sleep(1))
    }
    const beat = () => void clock.setTimer(beat, 5)
    beat()
    await clock.run(inner)
    expect(log).toEqual(['10', '25'])
    expect(clock.isRunning).toBe(false)
    await expect(clock.advance(-1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('lets a session of 45 seconds end in no time', async () => {
    const clock = new VirtualClock()
    const kafka = await FakeCluster.start({ tcp: false, clock, topics: { t: 1 } })
    const client = await RawClient.connect(kafka)
    const member = await clock.run(enter(client, 'g', { sessionTimeoutMs: 45_000 }))
    await clock.run(sync(client, 'g', member))
    await clock.advance(44_999)
    expect(nameOf(await heartbeat(client, 'g', member))).toBe('NONE')
    await clock.advance(45_000)
    expect(nameOf(await heartbeat(client, 'g', member))).toBe('UNKNOWN_MEMBER_ID')
    await kafka.close()
  })

  it('lets a test wait in virtual time while it runs, and on its own otherwise', async () => {
    const clock = new VirtualClock()
    const kafka = await FakeCluster.start({ tcp: false, clock, latencyMs: [5, 10] })
    const never = () => kafka.until(() => false, { timeoutMs: 60_000 })
    await expect(clock.run(never, { limitMs: 70_000 })).rejects.toThrow('within 60000 ms')
    expect(clock.monotonic()).toBe(60_000)
    const client = await clock.run(RawClient.connect(kafka))
    await clock.run(client.request(Metadata, 9, { topics: [] }))
    expect(clock.monotonic()).toBeGreaterThan(60_015)
    await expect(kafka.sawRequest(Heartbeat, () => true, { timeoutMs: 1 })).rejects.toThrow('no such Heartbeat request')
    await kafka.close()
  })
})

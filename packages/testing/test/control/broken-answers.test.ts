import { encodeRequest, Fetch, FindCoordinator, Heartbeat, Metadata, Produce, peekCorrelationId } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster, SeededRandom, VirtualClock } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { settle } from '../support/manual-clock.ts'
import { batchOf, RawClient } from '../support/raw-client.ts'
import { fetchBody, heartbeat, produce, produceBody } from '../support/requests.ts'

describe('faults of answers', () => {
  let clock: VirtualClock
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    clock = new VirtualClock()
    kafka = await FakeCluster.start({ tcp: false, brokers: 2, topics: { t: 1 }, clock, random: new SeededRandom(1) })
    client = await RawClient.connect(kafka)
  })
  afterEach(() => kafka.close())

  const ask = () => client.request(FindCoordinator, 2, { key: 'g' })
  const produced = async () => nameOf((await produce(client, 't', 0, batchOf(['a']))).errorCode)
  /** Whether something is still open when all that is under way has arrived. */
  const isPending = async (promise: Promise<unknown>) => {
    let state = true
    const done = () => {
      state = false
    }
    promise.then(done, done)
    await settle()
    return state
  }

  it('can be any number, one that nobody has defined too', async () => {
    kafka.on(Produce).once().fail(9999)
    expect((await produce(client, 't', 0, batchOf(['a']))).errorCode).toBe(9999)
    kafka.on(Produce).once().fail(6)
    expect(await produced()).toBe('NOT_LEADER_OR_FOLLOWER')
    expect(() => kafka.on(Produce).fail(40_000)).toThrow('code must be a number of 16 bits')
  })

  it('last while a condition holds', async () => {
    let isBroken = true
    kafka
      .on(Produce)
      .while(() => isBroken)
      .fail('KAFKA_STORAGE_ERROR')
    expect([await produced(), await produced()]).toEqual(['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'])
    isBroken = false
    expect(await produced()).toBe('NONE')
    isBroken = true
    expect(await produced()).toBe('KAFKA_STORAGE_ERROR')
  })

  it('strike by chance, the same again with the same seed', async () => {
    const struck = async () => {
      const own = await FakeCluster.start({ tcp: false, topics: { t: 1 }, random: new SeededRandom(3) })
      const raw = await RawClient.connect(own)
      const rule = own.on(Heartbeat).chance(0.3).fail('COORDINATOR_LOAD_IN_PROGRESS')
      const codes: string[] = []
      for (let i = 0; i < 60; i++) codes.push(nameOf(await heartbeat(raw, 'g', { memberId: 'm', generationId: 1 })))
      await own.close()
      return [rule.hits, codes.join()]
    }
    const first = await struck()
    expect(first[0]).toBeGreaterThan(8)
    expect(first[0]).toBeLessThan(32)
    expect(await struck()).toEqual(first)
    expect(() => kafka.on(Produce).chance(1.5)).toThrow('chance must be from 0 to 1')
  })

  it('strike one connection alone', async () => {
    const other = await RawClient.connect(kafka)
    await ask()
    const { connection } = await kafka.sawRequest(FindCoordinator)
    kafka.on(FindCoordinator, { connection }).disconnect()
    await expect(ask()).rejects.toThrow('connection closed')
    await other.request(FindCoordinator, 2, { key: 'g' })
  })

  it('hold requests until they are released, and tell how many', async () => {
    const rule = kafka.on(Produce).hold()
    const answer = produced()
    await rule.struck()
    expect([await isPending(answer), rule.held, kafka.records('t').length]).toEqual([true, 1, 0])
    const next = ask()
    expect(await isPending(next)).toBe(true)
    rule.release()
    expect(await answer).toBe('NONE')
    await next
    expect([rule.held, await produced()]).toEqual([0, 'NONE'])
  })

  it('hold answers after the work, and let them go with all faults', async () => {
    const rule = kafka.on(Produce).once().hold({ afterWork: true })
    const answer = produced()
    await kafka.until(() => kafka.records('t').length === 1)
    expect([await isPending(answer), rule.held]).toEqual([true, 1])
    kafka.clearFaults()
    expect(await answer).toBe('NONE')
  })

  it('delay answers after the work', async () => {
    kafka.on(Produce).once().delay(50, { afterWork: true })
    const answer = produced()
    await kafka.until(() => kafka.records('t').length === 1)
    await clock.advance(49)
    expect(await isPending(answer)).toBe(true)
    await clock.advance(1)
    expect(await answer).toBe('NONE')
  })

  it('drop an answer, and answer what comes behind', async () => {
    kafka.on(Produce).once().dropAnswer()
    const answer = produced()
    await ask()
    expect([await isPending(answer), kafka.records('t').length]).toEqual([true, 1])
  })

  it('leave a connection open and deaf', async () => {
    const rule = kafka.on(Produce).once().blackhole()
    const answers = Promise.all([produced(), ask()])
    await rule.struck()
    expect([await isPending(answers), kafka.records('t').length, client.isClosed]).toEqual([true, 0, false])
    await (await RawClient.connect(kafka)).request(FindCoordinator, 2, { key: 'g' })
    kafka.broker(1).disconnect()
    await expect(answers).rejects.toThrow('connection closed')
  })

  it('leave a connection deaf after the work', async () => {
    const rule = kafka.on(Produce).once().blackhole({ afterWork: true })
    const answer = produced()
    await rule.struck()
    expect([await isPending(answer), kafka.records('t').length]).toEqual([true, 1])
  })

  it('tell a client that it sends too much, and do not listen to it for so long', async () => {
    kafka.on(Produce).once().throttle(100)
    const { throttleTimeMs } = await client.request(Produce, 9, produceBody('t', 0, batchOf(['a'])))
    expect(throttleTimeMs).toBe(100)
    const next = ask()
    await clock.advance(99)
    expect(await isPending(next)).toBe(true)
    await clock.advance(1)
    await next
  })

  it('keep the answer itself back where a release before 2.0 throttles', async () => {
    const old = await FakeCluster.start({ tcp: false, version: '1.1', topics: { t: 1 }, clock })
    const raw = await RawClient.connect(old)
    old.on(Produce).once().throttle(100)
    const answer = raw.request(Produce, 5, produceBody('t', 0, batchOf(['a'])))
    await settle()
    await clock.advance(99)
    expect(await isPending(answer)).toBe(true)
    await clock.advance(1)
    expect((await answer).throttleTimeMs).toBe(100)
    await old.close()
  })

  it('answer twice', async () => {
    kafka.on(FindCoordinator).once().answerTwice()
    const frames = Promise.all([client.nextFrame(), client.nextFrame()])
    client.send(FindCoordinator, 2, { key: 'g' })
    const [first, second] = await frames
    expect(second.equals(first)).toBe(true)
  })

  it.each([0, 3, 11])('cut an answer after %i bytes', async (bytes) => {
    const received: Buffer[] = []
    kafka.on(FindCoordinator).once().cutAnswer(bytes)
    const buffer = Buffer.alloc(100)
    const { host, port } = kafka.broker(1)
    let close = () => {}
    const closed = new Promise<void>((resolve) => {
      close = resolve
    })
    const take = (length: number) => received.push(Buffer.from(buffer.subarray(0, length)))
    const handler = { buffer: () => buffer, received: take, drained: () => {}, closed: () => close() }
    const connection = await kafka.transport.connect({ host, port }, handler)
    connection.write(encodeRequest(FindCoordinator, { key: 'g' }, { version: 2, correlationId: 1, clientId: null }))
    await closed
    expect(Buffer.concat(received).length).toBe(bytes)
  })

  it('flip a bit', async () => {
    const correct = client.nextFrame()
    client.send(FindCoordinator, 2, { key: 'g' })
    const frame = await correct
    kafka
      .on(FindCoordinator)
      .once()
      .flipBit(4 * 8 + 7)
    const flipped = client.nextFrame()
    client.send(FindCoordinator, 2, { key: 'g' })
    expect(peekCorrelationId(await flipped)).toBe(2 ^ 0x01000000)
    kafka.on(FindCoordinator).once().flipBit()
    const anywhere = client.nextFrame()
    client.send(FindCoordinator, 2, { key: 'g' })
    const other = await anywhere
    const differing = [...other.subarray(4)].map((byte, i) => byte ^ frame[4 + i]!).filter((bits) => bits !== 0)
    expect(differing).toHaveLength(1)
    expect(Math.log2(differing[0]!) % 1).toBe(0)
  })

  it('answer somebody else', async () => {
    kafka.on(FindCoordinator).once().wrongCorrelationId()
    const frame = client.nextFrame()
    client.send(FindCoordinator, 2, { key: 'g' })
    expect(peekCorrelationId(await frame)).not.toBe(1)
  })

  it('say what the test says instead', async () => {
    kafka
      .on(FindCoordinator)
      .once()
      .answer((response, request, { broker }) => ({ ...response, host: request.key, port: broker }))
    expect(await ask()).toMatchObject({ host: 'g', port: 1, errorCode: 0 })
    kafka
      .on(FindCoordinator)
      .once()
      .answerBytes((frame) => Buffer.concat([frame.subarray(0, 4), Buffer.alloc(frame.length - 4, 7)]))
    const frame = client.nextFrame()
    client.send(FindCoordinator, 2, { key: 'g' })
    expect((await frame).every((byte) => byte === 7)).toBe(true)
    kafka
      .on(FindCoordinator)
      .once()
      .answer(() => undefined)
    const answer = ask()
    await client.request(Metadata, 9, { topics: [] })
    expect(await isPending(answer)).toBe(true)
  })

  it('strike requests of every API', async () => {
    const other = await RawClient.connect(kafka)
    other.clientId = 'other'
    const rule = kafka.onAny({ clientId: 'other' }).blackhole()
    const answer = other.request(FindCoordinator, 2, { key: 'g' })
    await rule.struck()
    expect(await isPending(answer)).toBe(true)
    expect([await produced(), (await ask()).errorCode]).toEqual(['NONE', 0])
    kafka.onAny({ broker: 1 }).times(2).fail('UNKNOWN_SERVER_ERROR')
    expect([await produced(), nameOf((await ask()).errorCode), await produced()]).toEqual([
      'UNKNOWN_SERVER_ERROR',
      'UNKNOWN_SERVER_ERROR',
      'NONE',
    ])
    await expect(rule.struck(2, { timeoutMs: 1 })).rejects.toThrow('the fault for any API struck 1 of 2 times')
  })

  it('can be waited for', async () => {
    const rule = kafka.on(Fetch).times(2).fail('KAFKA_STORAGE_ERROR')
    const twice = rule.struck(2)
    await client.request(Fetch, 12, fetchBody('t', 0, 0))
    expect(await isPending(twice)).toBe(true)
    await client.request(Fetch, 12, fetchBody('t', 0, 0))
    await twice
    await expect(rule.struck(3, { timeoutMs: 1 })).rejects.toThrow('the fault for Fetch struck 2 of 3 times within 1 ms')
  })

  it('refuse what they can not be', () => {
    expect(() => kafka.on(Fetch).cutAnswer(-1)).toThrow('cutAnswer must be a number of bytes of at least 0')
    expect(() => kafka.on(Fetch).flipBit(-1)).toThrow('flipBit must be the number of a bit')
    expect(() => kafka.on(Fetch).throttle(Number.NaN)).toThrow('throttle must be milliseconds of at least 0')
  })
})

import { Heartbeat } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Broker, type Lane } from '../src/broker.ts'
import { type ClusterOptions, type HostPort, resolveOptions } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf, Outcome } from './support/outcome.ts'
import { on, ScriptedTransport, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }

function setUp(options: ClusterOptions = {}) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(on(Heartbeat, () => ({ errorCode: 0 })))
  const failures: string[] = []
  const resolved = resolveOptions({ clock, transport, random: { next: () => 0.5 }, ...options })
  const broker = new Broker({ id: 3, host: 'b', port: 9092 } as HostPort, resolved, () => failures.push('failure'))
  const ask = (lane: Lane = 'default') => new Outcome(broker.request(Heartbeat, beat, { lane }))
  return { clock, transport, broker, failures, ask }
}

describe('lanes', () => {
  it('have a connection each, opened when it is needed', async () => {
    const { broker, transport, ask } = setUp()
    expect(broker.versions).toBeUndefined()
    for (const lane of ['default', 'fetch', 'fetch', 'group', 'produce', 'default'] as const) ask(lane)
    await settled()
    expect(transport.sockets).toHaveLength(4)
    expect(broker.versions?.versionOf(Heartbeat)).toBe(4)
    await broker.close()
    expect(transport.sockets.every(({ isDestroyed }) => isDestroyed)).toBe(true)
  })

  it('do not wait for each other', async () => {
    const { transport, ask } = setUp()
    transport.script(on(Heartbeat, (_, __, socket) => (socket === transport.sockets[0] ? undefined : { errorCode: 0 })))
    const slow = ask('fetch')
    await settled()
    const quick = ask('group')
    await settled()
    expect([slow.state, quick.state]).toEqual(['pending', 'resolved'])
  })
})

describe('a broker that cannot be reached', () => {
  it('is dialled again after a growing pause, and requests wait for that in order', async () => {
    const { transport, clock, failures, ask } = setUp()
    const pauses: number[] = []
    let last = 0
    transport.onConnect = () => {
      pauses.push(clock.monotonic() - last)
      last = clock.monotonic()
      throw systemError('ECONNREFUSED')
    }
    for (let attempt = 0; attempt < 7; attempt++) {
      const outcome = ask()
      while (outcome.state === 'pending') await clock.advance(10)
      expect(outcome.error).toMatchObject({ code: 'CONNECTION_FAILED' })
    }
    expect(failures).toHaveLength(7)
    expect(pauses).toEqual([0, 50, 100, 200, 400, 800, 1_000])
  })

  it('starts again with the shortest pause once it was reached', async () => {
    const { transport, clock, ask } = setUp()
    let refuse = true
    let dials = 0
    transport.onConnect = () => {
      dials += 1
      if (refuse) throw systemError('ECONNREFUSED')
    }
    for (let attempt = 0; attempt < 4; attempt++) {
      ask()
      await clock.advance(1_000)
    }
    refuse = false
    const reached = ask()
    await clock.advance(0)
    expect(reached.state).toBe('resolved')
    transport.sockets[0]!.close()
    const again = ask()
    await clock.advance(49)
    expect([dials, again.state]).toEqual([5, 'pending'])
    await clock.advance(1)
    expect(again.state).toBe('resolved')
  })

  it('may take longer to answer with each failure in a row', async () => {
    const { transport, clock, ask } = setUp({
      socketConnectionSetupTimeoutMs: 1_000,
      socketConnectionSetupTimeoutMaxMs: 3_000,
      reconnectBackoffMs: 0,
    })
    transport.onConnect = () => new Promise(() => {})
    const waits: number[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      const started = clock.monotonic()
      const outcome = ask()
      while (outcome.state === 'pending') await clock.advance(100)
      waits.push(clock.monotonic() - started)
    }
    expect(waits).toEqual([1_000, 2_000, 3_000, 3_000])
  })

  it('fails all lanes as one: the pause does not grow with each', async () => {
    const { transport, clock, ask } = setUp()
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    for (const lane of ['default', 'fetch', 'group', 'produce'] as const) ask(lane)
    await clock.advance(0)
    transport.onConnect = () => {}
    const outcome = ask()
    await clock.advance(50)
    expect(outcome.state).toBe('resolved')
  })

  it('weighs more than one that is connected, and more still while it is left alone', async () => {
    const { broker, transport, clock, ask } = setUp()
    const fresh = broker.load
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    ask()
    await clock.advance(0)
    const failed = broker.load
    transport.onConnect = () => {}
    ask()
    await clock.advance(50)
    expect(broker.load).toBe(0)
    expect(fresh).toBeGreaterThan(1_000)
    expect(failed).toBeGreaterThan(fresh)
  })
})

describe('a broker that moves', () => {
  it('is dialled at its new address, at once', async () => {
    const { broker, transport, clock, ask } = setUp()
    transport.onConnect = ({ host }) => {
      if (host === 'b') throw systemError('ECONNREFUSED')
    }
    ask()
    await clock.advance(0)
    broker.update({ id: 3, host: 'c', port: 9093, rack: undefined })
    const outcome = ask()
    await clock.advance(0)
    expect(outcome.state).toBe('resolved')
    expect(transport.dials.at(-1)).toMatchObject({ host: 'c', port: 9093 })
  })

  it('fails retriably what waits for the old one', async () => {
    const { broker, transport, clock, ask, failures } = setUp()
    transport.onConnect = ({ host }) => (host === 'b' ? new Promise(() => {}) : undefined)
    const outcome = ask()
    await clock.advance(0)
    broker.update({ id: 3, host: 'c', port: 9093, rack: undefined })
    await clock.advance(0)
    expect(outcome.error).toMatchObject({
      code: 'CONNECTION_CLOSED',
      retriable: true,
      sent: false,
      message: expect.stringMatching(/has moved to c:9093/),
    })
    expect(failures).toHaveLength(1)
  })

  it('keeps a connection that works', async () => {
    const { broker, transport, clock, ask } = setUp()
    ask()
    await clock.advance(0)
    broker.update({ id: 3, host: 'c', port: 9093, rack: undefined })
    const outcome = ask()
    await clock.advance(0)
    expect(outcome.state).toBe('resolved')
    expect(transport.sockets).toHaveLength(1)
  })
})

describe('a broker that has left the cluster', () => {
  it('closes its connections on purpose, and tells those who still ask it that they may try again', async () => {
    const { broker, transport, clock, ask, failures } = setUp()
    ask()
    await clock.advance(0)
    await broker.close()
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
    expect(failures).toEqual([])
    expect(await errorOf(broker.connect())).toMatchObject({
      code: 'CONNECTION_CLOSED',
      retriable: true,
      sent: false,
      message: 'b:9092 has left the cluster',
    })
    expect(() => broker.request(Heartbeat, beat, {})).toThrow('has left the cluster')
  })

  it('tells those who wait for its connection that they may try again', async () => {
    const { broker, transport, clock } = setUp()
    transport.onConnect = () => new Promise(() => {})
    const connecting = new Outcome(broker.connect())
    await clock.advance(0)
    await broker.close()
    await clock.advance(0)
    expect(connecting.error).toMatchObject({
      code: 'CONNECTION_CLOSED',
      retriable: true,
      sent: false,
      message: 'b:9092 has left the cluster',
    })
  })
})

describe('an idle connection', () => {
  it('is closed without a failure, and opened again without a pause', async () => {
    const { transport, clock, ask, failures } = setUp({ connectionsMaxIdleMs: 1_000 })
    ask()
    await clock.advance(1_000)
    expect(transport.sockets[0]!.isDestroyed).toBe(true)
    const outcome = ask()
    await clock.advance(0)
    expect(outcome.state).toBe('resolved')
    expect(failures).toEqual([])
  })
})

describe('connect', () => {
  it('opens the default lane and gives what the broker speaks', async () => {
    const { broker, transport } = setUp()
    expect((await broker.connect()).versionOf(Heartbeat)).toBe(4)
    await broker.connect()
    expect(transport.sockets).toHaveLength(1)
  })

  it('fails as the connection does', async () => {
    const { broker, transport } = setUp()
    transport.onConnect = () => {
      throw systemError('ENOTFOUND')
    }
    expect(await errorOf(broker.connect())).toMatchObject({ code: 'CONNECTION_FAILED' })
  })
})

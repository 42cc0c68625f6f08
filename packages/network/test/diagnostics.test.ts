import { Heartbeat, Metadata } from '@k/protocol'
import { afterEach, describe, expect, it } from 'vitest'
import { Cluster, type DiagnosticsChannel, diagnostics } from '../src/index.ts'
import { ManualClock, settled } from './support/manual-clock.ts'
import { errorOf } from './support/outcome.ts'
import { on, ScriptedTransport, systemError } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const leave: (() => void)[] = []
afterEach(() => {
  for (const unsubscribe of leave.splice(0)) unsubscribe()
})

function listen<T extends object>(channel: DiagnosticsChannel<T>): T[] {
  const messages: T[] = []
  leave.push(channel.subscribe((message) => messages.push(message)))
  return messages
}

function setUp(bootstrapServers = 'b') {
  const clock = new ManualClock()
  let throttleTimeMs = 0
  const transport = new ScriptedTransport(
    on(Metadata, () => ({ brokers: [{ nodeId: 1, host: 'b', port: 9092 }], clusterId: 'c', topics: [] })),
    on(Heartbeat, () => ({ errorCode: 0, throttleTimeMs })),
  )
  const cluster = new Cluster({ transport, clock, bootstrapServers, clientId: 'me' })
  return {
    clock,
    transport,
    cluster,
    throttle: (ms: number) => {
      throttleTimeMs = ms
    },
  }
}

describe('channels', () => {
  it('tell of connections: opened, throttled, closed', async () => {
    const opened = listen(diagnostics.connectionOpened)
    const closed = listen(diagnostics.connectionClosed)
    const throttled = listen(diagnostics.connectionThrottled)
    const { cluster, transport, throttle } = setUp()
    throttle(20)
    await cluster.request(Heartbeat, beat, { to: { broker: 1 }, lane: 'group' })
    const facts = { clientId: 'me', host: 'b', port: 9092 }
    expect(opened).toEqual([
      { ...facts, brokerId: undefined, lane: 'default', elapsedMs: 0 },
      { ...facts, brokerId: 1, lane: 'group', elapsedMs: 0 },
    ])
    expect(throttled).toEqual([{ ...facts, brokerId: 1, lane: 'group', api: 'Heartbeat', throttleTimeMs: 20 }])
    const lost = errorOf(cluster.request(Heartbeat, beat, { to: { broker: 1 }, lane: 'group' }))
    transport.sockets[1]!.close(systemError('ECONNRESET'))
    await lost
    expect(closed).toMatchObject([
      { ...facts, brokerId: 1, lane: 'group', wasOpen: true, requestsLost: 1, error: { code: 'CONNECTION_CLOSED' } },
    ])
  })

  it('tell of connections that their user closes without calling it a fault', async () => {
    const closed = listen(diagnostics.connectionClosed)
    const { cluster } = setUp()
    await cluster.connect()
    await cluster.close()
    expect(closed).toMatchObject([{ wasOpen: true, requestsLost: 0, error: undefined }])
  })

  it('tell of connections that could not be made', async () => {
    const closed = listen(diagnostics.connectionClosed)
    const { cluster, transport } = setUp()
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    await errorOf(cluster.connect())
    expect(closed).toMatchObject([{ wasOpen: false, requestsLost: 1, error: { code: 'CONNECTION_FAILED' } }])
  })

  it('tell of requests and their cost', async () => {
    const ended = listen(diagnostics.requestEnded)
    const { cluster } = setUp()
    await cluster.request(Heartbeat, beat, { to: { broker: 1 } })
    expect(ended.map(({ api }) => api)).toEqual(['ApiVersions', 'Metadata', 'Heartbeat'])
    expect(ended[2]).toMatchObject({ version: 4, correlationId: 2, brokerId: 1, error: undefined, elapsedMs: 0 })
    expect(ended[2]!.requestBytes).toBeGreaterThan(20)
    expect(ended[2]!.responseBytes).toBeGreaterThan(8)
  })

  it('tell of metadata, fetched or not, and of asking the bootstrap servers again', async () => {
    const refreshed = listen(diagnostics.metadataRefreshed)
    const rebootstrapped = listen(diagnostics.rebootstrapped)
    const { cluster, transport, clock } = setUp('boot')
    await cluster.connect()
    expect(refreshed).toEqual([{ clientId: 'me', clusterId: 'c', brokers: 1, topics: 0, elapsedMs: 0, error: undefined }])
    transport.onConnect = () => {
      throw systemError('ECONNREFUSED')
    }
    const failed = errorOf(cluster.refresh())
    await clock.advance(0)
    expect(refreshed[1]).toMatchObject({ error: await failed })
    expect(rebootstrapped).toEqual([{ clientId: 'me', servers: ['boot:9092'] }])
  })

  it('cost nothing and say nothing once everybody has left', async () => {
    const messages = listen(diagnostics.requestEnded)
    for (const unsubscribe of leave.splice(0)) unsubscribe()
    expect(diagnostics.requestEnded.hasSubscribers).toBe(false)
    const { cluster } = setUp()
    await cluster.connect()
    await settled()
    expect(messages).toEqual([])
  })

  it('are named after the package', () => {
    for (const channel of Object.values(diagnostics)) expect(channel.name).toMatch(/^@k\/network:[a-z]+:[a-z]+$/)
  })
})

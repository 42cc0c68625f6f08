import {
  ApiVersions,
  encodeResponse,
  FindCoordinator,
  Heartbeat,
  Metadata,
  type ResponseInputOf,
  SaslAuthenticate,
  SaslHandshake,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster, type ClusterOptions, plain, retry } from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { Outcome } from './support/outcome.ts'
import { on, type Script, type ScriptedSocket, ScriptedTransport, systemError } from './support/scripted-transport.ts'

const SECONDS = 60
// One dial a backoff, which grows to a second; and those before it has grown.
const DIALS = SECONDS + 20
// A request that was answered starts the backoff anew.
const DIALS_AFTER_ANSWERS = SECONDS * 12

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const nodes = [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null }))
const picture: ResponseInputOf<typeof Metadata> = { brokers: nodes, clusterId: 'c', controllerId: 1, topics: [] }
const telling = on(Metadata, () => picture)
const handshake = on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] }))

type Deed = (socket: ScriptedSocket, correlationId: number) => void
const deeds: [string, Deed][] = [
  ['hangs up', (socket) => socket.close()],
  ['resets', (socket) => socket.close(systemError('ECONNRESET'))],
  ['sends a frame of size 0', (socket) => socket.feed(Buffer.alloc(4))],
  ['sends a frame of size -1', (socket) => socket.feed(Buffer.alloc(4, 255))],
  ['answers somebody else', (socket) => socket.feed(Buffer.from([0, 0, 0, 8, 9, 9, 9, 9, 0, 0, 0, 0]))],
  ['is silent', () => {}],
]
const doing =
  (deed: Deed) =>
  (_: unknown, { correlationId }: { correlationId: number }, socket: ScriptedSocket) => {
    deed(socket, correlationId)
    return undefined
  }

/** Twenty callers try for a minute to do what cannot be done. */
async function struggle(options: ClusterOptions, prepare: (transport: ScriptedTransport) => void, ...scripts: Script[]) {
  const clock = new ManualClock()
  const transport = new ScriptedTransport(...scripts)
  prepare(transport)
  const cluster = new Cluster({ transport, clock, random: { next: () => 0 }, bootstrapServers: 'boot', logger: null, ...options })
  const trying = Array.from({ length: 20 }, (_, i) => {
    const to = i % 2 === 0 ? ('any' as const) : { coordinatorOf: { group: 'g' } }
    return new Outcome(retry(cluster, () => cluster.request(Heartbeat, beat, { to }), { timeoutMs: SECONDS * 1_000, what: 'beating' }))
  })
  await clock.advance(SECONDS * 1_000)
  expect(trying.map(({ state }) => state)).toEqual(trying.map(() => 'rejected'))
  const dials = new Map<string, number>()
  for (const { host } of transport.dials) dials.set(host, (dials.get(host) ?? 0) + 1)
  const requests = transport.sockets.reduce((sum, socket) => sum + socket.requests.length, 0)
  const { timers } = clock
  await cluster.close()
  expect(clock.timers).toEqual([])
  return { dials: Math.max(...dials.values()), requests, timers: timers.length }
}

describe('a minute of twenty callers', () => {
  it('with brokers that refuse every connection', async () => {
    const refuse = (transport: ScriptedTransport) => {
      transport.onConnect = () => {
        throw systemError('ECONNREFUSED')
      }
    }
    const { dials, timers } = await struggle({}, refuse)
    expect(dials).toBeLessThan(DIALS)
    expect(timers).toBeLessThan(50)
  })

  it.each(deeds)('with a broker that %s when asked for versions', async (_, deed) => {
    const { dials, requests } = await struggle({}, () => {}, on(ApiVersions, doing(deed)))
    expect(dials).toBeLessThan(DIALS)
    expect(requests).toBeLessThan(DIALS)
  })

  it.each(deeds)('with a broker that %s when asked for metadata', async (_, deed) => {
    const { dials, requests } = await struggle({}, () => {}, on(Metadata, doing(deed)))
    expect(dials).toBeLessThan(DIALS)
    expect(requests).toBeLessThan(3 * DIALS)
  })

  it.each(deeds)('with a broker that %s when asked for what they want', async (_, deed) => {
    const { dials, requests } = await struggle({}, () => {}, telling, on(Heartbeat, doing(deed)), on(FindCoordinator, doing(deed)))
    expect(dials).toBeLessThan(DIALS_AFTER_ANSWERS)
    expect(requests).toBeLessThan(5 * DIALS_AFTER_ANSWERS)
  })

  it('with a broker that refuses the password', async () => {
    const sasl = plain({ username: 'u', password: 'p' })
    const refuse = on(SaslAuthenticate, () => ({ errorCode: 58, errorMessage: 'no', authBytes: Buffer.alloc(0) }))
    const { dials } = await struggle({ sasl }, () => {}, handshake, refuse, telling)
    expect(dials).toBeLessThan(3)
  })

  it('with a broker that refuses every version', async () => {
    const refuse = on(ApiVersions, (_, { correlationId }, socket) => {
      socket.feed(Buffer.concat(encodeResponse(ApiVersions, { errorCode: 35, apiKeys: [] }, { version: 0, correlationId })))
      return undefined
    })
    const { dials } = await struggle({}, () => {}, refuse)
    expect(dials).toBeLessThan(3)
  })

  it('with brokers that move at every answer', async () => {
    let port = 1
    const moving = on(Metadata, () => ({ ...picture, brokers: nodes.map((node) => ({ ...node, port: (port++ % 60_000) + 1 })) }))
    const refuse = (transport: ScriptedTransport) => {
      transport.onConnect = ({ host }) => {
        if (host !== 'boot') throw systemError('ECONNREFUSED')
      }
    }
    const { dials } = await struggle({}, refuse, moving)
    expect(dials).toBeLessThan(DIALS_AFTER_ANSWERS)
  })

  it('with a broker that names itself, and nobody else can be reached', async () => {
    const self = on(Metadata, () => ({ ...picture, brokers: [{ nodeId: 1, host: 'boot', port: 9092, rack: null }] }))
    const { dials } = await struggle(
      {},
      () => {},
      self,
      on(
        Heartbeat,
        doing((socket) => socket.close()),
      ),
    )
    expect(dials).toBeLessThan(DIALS_AFTER_ANSWERS)
  })
})

import { once } from 'node:events'
import { connect } from 'node:net'
import { FindCoordinator, Produce } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { certificate } from './support/certificate.ts'
import { batchOf, RawClient, type Way } from './support/raw-client.ts'
import { enter, fetch, produce } from './support/requests.ts'

/** What keeps this process alive, by kind, without what it has had before. */
function handles(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|TLS|Timeout|Immediate|Pipe(?!Wrap)/.test(kind))
}

const countOf = (kinds: readonly string[], kind: string) => kinds.filter((each) => each === kind).length

describe.each<Way>(['tcp', 'memory'])('a closed cluster over %s', (way) => {
  it('leaves no handle behind, whatever was under way', async () => {
    const before = handles()
    const kafka = await FakeCluster.start({ tcp: way === 'tcp', brokers: 3, topics: { t: 3 } })
    const clients = await Promise.all([1, 2, 3].map((id) => RawClient.connect(kafka, id, way)))
    const [client] = clients as [RawClient]
    await produce(client, 't', 0, batchOf(['a']))
    kafka.moveCoordinator('g', 1)
    // A group with sessions, a long poll, a delay, something held, a broker that is down, one that is frozen.
    await enter(client, 'g')
    kafka.on(FindCoordinator).delay(60_000)
    const held = kafka.on(Produce).hold()
    const delayed = (clients[1] as RawClient).request(FindCoordinator, 2, { key: 'g' }).catch(() => {})
    const waiting = produce(client, 't', 0, batchOf(['b'])).catch(() => {})
    await held.struck()
    const poll = fetch(clients[2] as RawClient, 't', 2, 0, { maxWaitMs: 60_000 }).catch(() => {})
    await kafka.until(() => kafka.requests.length === 6)
    kafka.broker(3).freeze()
    await kafka.broker(2).kill()
    const never = kafka.until(() => false, { timeoutMs: 20 }).catch(() => {})
    await kafka.close()
    await Promise.all([delayed, waiting, poll, never, ...clients.map(({ closed }) => closed)])
    await new Promise((resolve) => setImmediate(resolve))
    const after = handles()
    for (const kind of new Set(after))
      expect([kind, countOf(after, kind)]).toEqual([kind, Math.min(countOf(after, kind), countOf(before, kind))])
  })
})

it('a closed cluster over TLS leaves no handle behind, not of a handshake that hangs either', async () => {
  const before = handles()
  const kafka = await FakeCluster.start({ tls: { ...certificate } })
  const { host, port } = kafka.broker(1)
  const socket = connect({ host, port })
  await once(socket, 'connect')
  socket.write(Buffer.from([0x16, 3, 1, 2, 0]))
  socket.on('error', () => {})
  const closed = new Promise((resolve) => socket.on('close', resolve))
  await kafka.close()
  await closed
  await new Promise((resolve) => setImmediate(resolve))
  expect(handles().length).toBeLessThanOrEqual(before.length)
})

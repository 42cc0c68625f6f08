import { FindCoordinator, Heartbeat, KafkaError, Metadata, type ResponseInputOf, SaslAuthenticate, SaslHandshake } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Cluster, plain } from '../src/index.ts'
import { ManualClock } from './support/manual-clock.ts'
import { Outcome } from './support/outcome.ts'
import { on, type ScriptedSocket, ScriptedTransport } from './support/scripted-transport.ts'

const beat = { groupId: 'g', generationId: 1, memberId: 'm' }
const nodes = [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092, rack: null }))
const partition = { errorCode: 0, partitionIndex: 0, leaderId: 2, leaderEpoch: 1, replicaNodes: [1, 2], isrNodes: [1] }
const picture: ResponseInputOf<typeof Metadata> = {
  brokers: nodes,
  clusterId: 'c',
  controllerId: 1,
  topics: [{ name: 't', errorCode: 0, topicId: 'AAAAAAAAAAAAAAAAAAAAAQ', partitions: [partition] }],
}
const scripts = [
  on(SaslHandshake, () => ({ errorCode: 0, mechanisms: ['PLAIN'] })),
  on(SaslAuthenticate, () => ({ errorCode: 0, errorMessage: null, authBytes: Buffer.alloc(0), sessionLifetimeMs: 5_000n })),
  on(Metadata, () => picture),
  on(FindCoordinator, ({ coordinatorKeys = [] }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, ...nodes[1]! })),
  })),
  on(Heartbeat, () => ({ errorCode: 0 })),
]

/** Chance from a seed, the same each time. */
function chanceOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

const lies = ['00', '01', '7f', '80', 'ff', 'ffffffff', '7fffffff', '80000000', '00000000', 'feffffff0f'].map((hex) =>
  Buffer.from(hex, 'hex'),
)

/** What a hostile broker makes of an honest answer. */
function mutated(bytes: Buffer, chance: () => number): Buffer[] {
  const copy = Buffer.from(bytes)
  const at = Math.floor(chance() * copy.length)
  switch (Math.floor(chance() * 7)) {
    case 0:
      copy[at] = Math.floor(chance() * 256)
      return [copy]
    case 1:
      lies[Math.floor(chance() * lies.length)]!.copy(copy, at)
      return [copy]
    case 2:
      return [copy.subarray(0, at)]
    case 3:
      return [copy, copy]
    case 4:
      // A frame of its true size that ends early.
      copy.writeInt32BE(Math.max(4, at - 4))
      return [copy.subarray(0, Math.max(8, at))]
    case 5:
      return []
    default:
      return [Buffer.concat([copy, Buffer.from([0, 0, 0, 2, 1, 1])])]
  }
}

describe('a broker that lies now and then', () => {
  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'never leaves a call unsettled, and is believed again once it is honest (seed %i)',
    async (seed) => {
      const before = Object.getOwnPropertyNames(Object.prototype)
      const chance = chanceOf(seed)
      const clock = new ManualClock()
      const transport = new ScriptedTransport(...scripts)
      let honest = false
      transport.onOpen = (socket: ScriptedSocket) => {
        const feed = socket.feed.bind(socket)
        socket.feed = (bytes, step) => {
          if (honest || chance() < 0.6) feed(bytes, step)
          else for (const part of mutated(Buffer.from(bytes), chance)) if (!socket.isDestroyed) feed(part, 1 + Math.floor(chance() * 20))
        }
      }
      const cluster = new Cluster({
        transport,
        clock,
        random: { next: chance },
        bootstrapServers: 'boot1,boot2',
        logger: null,
        requestTimeoutMs: 1_000,
        defaultApiTimeoutMs: 3_000,
        sasl: plain({ username: 'u', password: 'p' }),
      })
      const calls = () => [
        new Outcome<unknown>(cluster.connect()),
        new Outcome<unknown>(cluster.refresh(['t'])),
        new Outcome<unknown>(cluster.allTopics()),
        new Outcome<unknown>(cluster.request(Heartbeat, beat, { to: 'any' })),
        new Outcome<unknown>(cluster.request(Heartbeat, beat, { to: { leaderOf: { topic: 't', partition: 0 } } })),
        new Outcome<unknown>(cluster.request(Heartbeat, beat, { to: { coordinatorOf: { group: `g${Math.floor(chance() * 3)}` } } })),
        new Outcome<unknown>(cluster.apiVersions(1)),
      ]
      for (let round = 0; round < 15; round++) {
        const outcomes = calls()
        await clock.advance(3_100)
        for (const outcome of outcomes) {
          expect(outcome.state).not.toBe('pending')
          if (outcome.state === 'rejected' && !KafkaError.is(outcome.error)) throw outcome.error
        }
      }
      honest = true
      // What was believed on a connection is believed as long as it lasts.
      for (const socket of transport.sockets) socket.close()
      cluster.refresh().catch(() => {})
      for (let group = 0; group < 3; group++) cluster.forgetCoordinator({ group: `g${group}` })
      // The longest that a lie about a quota can hold us up.
      await clock.advance(3_600_000)
      cluster.refresh(['t']).catch(() => {})
      await clock.advance(10_000)
      const outcomes = calls()
      await clock.advance(3_100)
      expect(outcomes.filter(({ state }) => state !== 'resolved').map(({ error }) => error)).toEqual([])
      await cluster.close()
      expect(clock.timers).toEqual([])
      expect(transport.sockets.filter(({ isDestroyed }) => !isDestroyed)).toEqual([])
      expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before)
    },
  )
})

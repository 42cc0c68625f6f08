import { Produce, recordBatches } from '@k/protocol'
import { FakeCluster, type FakeVersion } from '@k/testing'
import { describe, expect, it } from 'vitest'
import type { Judge, JudgedMember, JudgedRecord } from '../../src/judges/judge.ts'

export interface ClaimsOptions {
  name: string
  version: FakeVersion
  /** Undefined where the judge is left out: its tests count as skipped. */
  open: ((bootstrapServers: string) => Promise<Judge>) | undefined
  /** What its groups are. Default: classic. */
  groupType?: 'classic' | 'consumer'
  /** It can write a header without a value. Default: true. */
  nullHeaders?: boolean
  /** After a rebalance it may read once more what the group has not committed yet. Default: false. */
  readsAgain?: boolean
  /** Its tests run at the same time, among each other and with those of the judges behind it: for judges that are waited for. Default: false. */
  concurrent?: boolean
  /** Default: all. */
  only?: readonly ('admin' | 'records' | 'groups' | 'transactions' | 'faults')[]
}

const PATIENCE_MS = 30_000

const record = (key: string | null, value: string | null, headers: JudgedRecord['headers'] = []): JudgedRecord => ({ key, value, headers })

const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => record(`k${from + i}`, `v${from + i}`))

/** What the cluster itself says of its records, as judges say it. */
const held = (kafka: FakeCluster, topic: string, isolationLevel?: 'read_committed'): JudgedRecord[] =>
  kafka.records(topic, isolationLevel && { isolationLevel }).map(({ partition, offset, timestamp, key, value, headers }) => ({
    partition,
    offset,
    timestamp,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: headers.map(([name, header]) => [name, header?.toString() ?? null]),
  }))

const sorted = (records: readonly JudgedRecord[]) =>
  [...records]
    .sort((a, b) => a.partition! - b.partition! || a.offset! - b.offset!)
    .map(({ partition, offset, value }) => `${partition}:${offset} ${value}`)

const byPartition = (a: { partition: number }, b: { partition: number }) => a.partition - b.partition

const texts = (records: readonly JudgedRecord[]) => records.map(({ key, value, headers }) => ({ key, value, headers }))

/** What every judge shows of a `FakeCluster` of three brokers, over TCP. */
export function claims(o: ClaimsOptions): void {
  const { name, version, groupType = 'classic', only, concurrent = false } = o
  // Seconds of JVMs become many on a busy machine.
  const options = concurrent ? { concurrent, timeout: 240_000 } : {}
  const wants = (what: NonNullable<ClaimsOptions['only']>[number]) => only === undefined || only.includes(what)

  describe.skipIf(o.open === undefined)(`${name} on a FakeCluster that poses as Kafka ${version}`, options, () => {
    const judged = async (use: (judge: Judge, kafka: FakeCluster) => Promise<void>) => {
      await using kafka = await FakeCluster.start({ brokers: 3, version, groupConsumerHeartbeatIntervalMs: 200 })
      const judge = await o.open!(kafka.bootstrapServers)
      try {
        await use(judge, kafka)
      } catch (error) {
        const requests = kafka.requests.format().split('\n').slice(-25)
        process.stderr.write(`${name}, ${version}: the last requests were\n${requests.map((line) => line.slice(0, 250)).join('\n')}\n`)
        throw error
      } finally {
        await judge.close()
      }
      expect(kafka.failures, kafka.requests.format()).toEqual([])
    }
    const untilLag0 = (kafka: FakeCluster, group: string, partitions: number) =>
      kafka.until(
        () => {
          const lags = kafka.lag(group)
          return lags.length === partitions && lags.every(({ lag, committed }) => lag === 0 && committed !== null)
        },
        { timeoutMs: PATIENCE_MS },
      )
    const untilStable = (kafka: FakeCluster, group: string, members: number) =>
      kafka.until(
        () => {
          const found = kafka.group(group)
          if (found?.state !== 'Stable' || found.members.length !== members) return false
          return found.members.every(({ assignment }) => assignment.length > 0)
        },
        { timeoutMs: PATIENCE_MS },
      )

    if (wants('admin'))
      it('creates, describes, alters, grows, lists and deletes topics', () =>
        judged(async (judge, kafka) => {
          await judge.createTopic('orders', { partitions: 2, replicationFactor: 3, configs: { 'retention.ms': '100000' } })
          await judge.createTopic('events', { partitions: 1, replicationFactor: 1 })
          await expect(judge.createTopic('events', { partitions: 1, replicationFactor: 1 })).rejects.toThrow(/exists/i)
          expect((await judge.topics()).sort()).toEqual(['events', 'orders'])

          await judge.createPartitions('orders', 4)
          const { partitions } = kafka.snapshot().topics.find((topic) => topic.name === 'orders')!
          expect(partitions).toHaveLength(4)
          const described = (await judge.partitions('orders')).sort(byPartition)
          expect(described).toEqual(partitions.map(({ partition, leader, replicas, isr }) => ({ partition, leader, replicas, isr })))

          expect((await judge.configs('orders'))['retention.ms']).toBe('100000')
          await judge.alterConfigs('orders', { 'retention.ms': '200000', 'cleanup.policy': 'compact' })
          expect(await judge.configs('orders')).toMatchObject({ 'retention.ms': '200000', 'cleanup.policy': 'compact' })

          await judge.deleteTopic('orders')
          expect(kafka.snapshot().topics.map((topic) => topic.name)).toEqual(['events'])
          expect(await judge.topics()).toEqual(['events'])
        }))

    if (wants('records'))
      it('writes and reads records as they are: keys, headers, nulls, gzip, and deletes the first ones', () =>
        judged(async (judge, kafka) => {
          await kafka.createTopic('orders', { numPartitions: 1 })
          const records = [
            record('k-1', 'paid', [
              ['source', 'web'],
              ['trace', o.nullHeaders === false ? '7' : null],
            ]),
            // Some clients leave alone what does not get smaller.
            record(null, 'no key '.repeat(50)),
            record('k-2', null),
            record('k-3 \u00e4 \u20ac \u{1f600}', ''),
          ]
          for (const [i, compression] of (['none', 'gzip'] as const).entries()) {
            await judge.send({ topic: 'orders', records, compression })
            expect(texts(held(kafka, 'orders')).slice(i * 4)).toEqual(records)
            const [data] = kafka.requests.list(Produce).at(-1)!.body.topicData
            const batches = [...recordBatches(data!.partitionData[0]!.records!)]
            expect(batches.map(({ compressionType }) => compressionType)).toEqual(batches.map(() => i))
          }
          expect(await judge.read('orders', { count: 8 })).toEqual(held(kafka, 'orders'))

          if (!judge.deleteRecords) return
          await judge.deleteRecords('orders', 0, 3)
          expect(kafka.snapshot().topics[0]!.partitions[0]!.logStartOffset).toBe(3)
          expect((await judge.read('orders', { count: 5 })).map(({ offset }) => offset)).toEqual([3, 4, 5, 6, 7])
        }))

    if (wants('groups'))
      it('shares a topic in a group: two members, of which one leaves; commits, resumes, and deletes the group', () =>
        judged(async (judge, kafka) => {
          await kafka.createTopic('orders', { numPartitions: 4, replicationFactor: 3 })
          const members: JudgedMember[] = []
          const join = async () => members.push(await judge.join('billing', 'orders'))
          const send = async (from: number, to: number) => {
            await judge.send({ topic: 'orders', records: numbered(from, to) })
            await untilLag0(kafka, 'billing', 4)
          }
          await join()
          await untilStable(kafka, 'billing', 1)
          await send(0, 100)
          const offsets = () => new Map(kafka.committed('billing').map(({ partition, offset }) => [partition, offset]))
          const before = offsets()

          await join()
          await untilStable(kafka, 'billing', 2)
          expect(kafka.group('billing')?.type).toBe(groupType)
          expect((await judge.groups()).filter((group) => group === 'billing')).toEqual(['billing'])
          if (judge.group) {
            const { state, members: described } = await judge.group('billing')
            const assigned = kafka
              .group('billing')!
              .members.map(({ assignment }) => assignment.map(({ topic, partition }) => `${topic}-${partition}`).sort())
            expect([state, described.map((list) => list.join()).sort()]).toEqual(['Stable', assigned.map((list) => list.join()).sort()])
          }
          await send(100, 200)
          const between = offsets()

          await members[1]!.leave()
          await untilStable(kafka, 'billing', 1)
          await send(200, 300)
          await members[0]!.leave()
          await kafka.until(() => kafka.group('billing')?.state === 'Empty')

          // Each record came once, as it is in the log, and the second member had its part while it was there.
          const [first, second] = await Promise.all(members.map((member) => member.seen()))
          const seen = sorted([...first!, ...second!])
          expect(o.readsAgain ? [...new Set(seen)] : seen).toEqual(sorted(held(kafka, 'orders')))
          expect(held(kafka, 'orders')).toHaveLength(300)
          expect(second!.length).toBeGreaterThan(0)
          for (const { partition, offset } of second!) {
            expect(offset).toBeGreaterThanOrEqual(before.get(partition!)!)
            expect(offset).toBeLessThan(between.get(partition!)!)
          }

          // What was committed, as the cluster and the judge tell it.
          const committed = kafka
            .committed('billing')
            .map(({ topic, partition, offset }) => ({ topic, partition, offset }))
            .sort(byPartition)
          expect(committed.reduce((sum, { offset }) => sum + offset, 0)).toBe(300)
          expect((await judge.offsets('billing')).sort(byPartition)).toEqual(committed)

          // One offset is set back: a new member takes up from there, and elsewhere where the group has been.
          const back = committed[1]!.offset - 5
          await judge.commit('billing', { topic: 'orders', partition: 1, offset: back })
          expect(kafka.committed('billing').find(({ partition }) => partition === 1)?.offset).toBe(back)
          await join()
          await untilLag0(kafka, 'billing', 4)
          await members[2]!.leave()
          await kafka.until(() => kafka.group('billing')?.state === 'Empty')
          expect((await members[2]!.seen()).map(({ partition, offset }) => [partition, offset])).toEqual(
            Array.from({ length: 5 }, (_, i) => [1, back + i]),
          )

          if (!judge.deleteGroup) return
          await judge.deleteGroup('billing')
          expect([kafka.group('billing'), kafka.committed('billing'), await judge.groups()]).toEqual([undefined, [], []])
        }))

    if (wants('transactions'))
      it('commits and aborts transactions, with the offsets of a group in them', () =>
        judged(async (judge, kafka) => {
          await kafka.createTopic('orders', { numPartitions: 1 })
          await kafka.createTopic('input', { numPartitions: 1 })
          const transact = (from: number, to: number, end: 'commit' | 'abort') =>
            judge.transaction!({
              topic: 'orders',
              records: numbered(from, to),
              transactionalId: 'till',
              end,
              offsets: { group: 'billing', offsets: [{ topic: 'input', partition: 0, offset: to }] },
            })
          const expectCommitted = (offset: number) =>
            expect(kafka.committed('billing')).toMatchObject([{ topic: 'input', partition: 0, offset }])
          await transact(0, 3, 'commit')
          expectCommitted(3)
          await transact(3, 5, 'abort')
          expectCommitted(3)
          await transact(5, 7, 'commit')
          expectCommitted(7)
          expect(kafka.transactions()).toMatchObject([{ transactionalId: 'till', state: 'CompleteCommit' }])

          const committed = held(kafka, 'orders', 'read_committed')
          expect(texts(committed)).toEqual([...numbered(0, 3), ...numbered(5, 7)])
          expect(await judge.read('orders', { count: 5, isolationLevel: 'read_committed' })).toEqual(committed)
          const all = held(kafka, 'orders')
          expect(texts(all)).toEqual(numbered(0, 7))
          expect(await judge.read('orders', { count: 7, isolationLevel: 'read_uncommitted' })).toEqual(all)
        }))

    if (wants('faults'))
      it('goes on when the leader moves, an answer is lost, a request is refused, and a broker dies', () =>
        judged(async (judge, kafka) => {
          await kafka.createTopic('orders', { numPartitions: 1, replicationFactor: 3 })
          const orders = { topic: 'orders', partition: 0 }
          const disturbances: readonly [string, () => unknown][] = [
            ['before', () => {}],
            ['moved', () => kafka.moveLeader(orders, 2)],
            ['answer lost', () => kafka.on(Produce).once().disconnect({ afterWork: true })],
            ['refused once', () => kafka.on(Produce).once().fail('NOT_ENOUGH_REPLICAS')],
            ['broker killed', () => kafka.broker(2).kill()],
          ]
          for (const [value, disturb] of disturbances) {
            await disturb()
            await judge.send({ topic: 'orders', records: [record('k', value)] })
          }
          // The batch whose answer was lost came again, and was known.
          expect(held(kafka, 'orders').map(({ value }) => value)).toEqual(disturbances.map(([value]) => value))
          expect(await judge.read('orders', { count: 5 })).toEqual(held(kafka, 'orders'))
        }))
  })
}

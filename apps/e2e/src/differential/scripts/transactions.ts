import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  DescribeProducers,
  DescribeTransactions,
  EndTxn,
  Fetch,
  InitProducerId,
  ListOffsets,
  ListTransactions,
  OffsetFetch,
  Produce,
  TxnOffsetCommit,
  WriteTxnMarkers,
} from '@k/protocol'
import { batchOf } from '../batches.ts'
import { absent, fetchBody, fetchOf, produceTo } from '../requests.ts'
import { type Play, type Subject, script } from '../script.ts'
import type { ProducerName, StageTopic } from '../stage.ts'

const CONCURRENT = 51
const NOBODY: ProducerName = { producerId: -1n, producerEpoch: -1 }

function initBody(transactionalId: string | null, former: ProducerName = NOBODY, transactionTimeoutMs = 60_000) {
  return { transactionalId, transactionTimeoutMs, ...former }
}

/** Gets a producer its id; the transaction before may still be ending. */
async function init({ until }: Play, transactionalId: string, version = 5, former = NOBODY): Promise<ProducerName> {
  return until(InitProducerId, version, initBody(transactionalId, former), ({ errorCode }) => errorCode !== CONCURRENT)
}

function addBody(transactionalId: string, producer: ProducerName, topic: string, ...partitions: number[]) {
  return {
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: [{ name: topic, partitions }],
    transactions: [],
  }
}

/** Adds partitions; the transaction before may still be ending. */
async function add(
  { until }: Play,
  transactionalId: string,
  producer: ProducerName,
  topic: string,
  ...partitions: number[]
): Promise<void> {
  await until(AddPartitionsToTxn, 3, addBody(transactionalId, producer, topic, ...partitions), (answer) =>
    answer.resultsByTopicV3AndBelow.every((each) =>
      each.resultsByPartition.every(({ partitionErrorCode }) => partitionErrorCode !== CONCURRENT),
    ),
  )
}

function write(transactionalId: string, producer: ProducerName, to: StageTopic, baseSequence: number, index = 0) {
  const { producerId, producerEpoch } = producer
  const batch = batchOf(['a', 'b'], { producerId, producerEpoch, baseSequence, isTransactional: true })
  return produceTo(to, batch, { index, transactionalId })
}

function endBody(transactionalId: string, { producerId, producerEpoch }: ProducerName, committed: boolean) {
  return { transactionalId, producerId, producerEpoch, committed }
}

/** Asks for the end of a transaction; the one before may still be ending. */
function ask({ until }: Play, version: number, ...body: Parameters<typeof endBody>): Promise<ProducerName> {
  return until(EndTxn, version, endBody(...body), ({ errorCode }) => errorCode !== CONCURRENT)
}

/** Ends a transaction, and waits until its markers are written. */
async function end(play: Play, transactionalId: string, producer: ProducerName, committed: boolean, version = 5): Promise<ProducerName> {
  const answer = await ask(play, version, transactionalId, producer, committed)
  await play.until(
    DescribeTransactions,
    0,
    { transactionalIds: [transactionalId] },
    (each) => !/Prepare/.test(each.transactionStates[0]!.transactionState),
  )
  return answer
}

async function readAll({ request }: Play, from: StageTopic, index = 0): Promise<void> {
  for (const isolationLevel of [0, 1]) await request(Fetch, 12, fetchBody([fetchOf(from, { partition: index })], { isolationLevel }))
  const topics = [{ name: from.name, partitions: [{ partitionIndex: index, timestamp: -1n }] }]
  for (const isolationLevel of [0, 1]) await request(ListOffsets, 7, { replicaId: -1, isolationLevel, topics })
}

function offsetsBody(
  transactionalId: string,
  { producerId, producerEpoch }: ProducerName,
  groupId: string,
  topic: string,
  fields: object = {},
) {
  const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: 'm' }]
  return { transactionalId, groupId, producerId, producerEpoch, topics: [{ name: topic, partitions }], ...fields }
}

function committedBody(groupId: string, topic: string, requireStable = true) {
  return { groups: [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }], requireStable }
}

export const transactions: Subject = {
  title: 'transactions',
  scripts: [
    ...[0, 1, 2, 3, 4, 5].map((version) =>
      script(`InitProducerId in version ${version}`, async (play) => {
        const transactionalId = play.name()
        const first = await init(play, transactionalId, version)
        const second = await init(play, transactionalId, version)
        await play.outcome(InitProducerId, version, initBody(transactionalId, first))
        await play.outcome(InitProducerId, version, initBody(transactionalId, second))
        await play.outcome(InitProducerId, version, initBody(transactionalId, { ...second, producerEpoch: 77 }))
        await play.outcome(InitProducerId, version, initBody(transactionalId, { producerId: 5n, producerEpoch: 0 }))
        await play.request(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
      }),
    ),
    script('InitProducerId that asks for what there is not', async (play) => {
      const { outcome, name } = play
      for (const [id, former, timeout] of [
        ['', NOBODY, 1000],
        [name(), NOBODY, 0],
        [name(), NOBODY, -1],
        [name(), NOBODY, 900_001],
        [null, NOBODY, -1],
        [name(), { producerId: 5n, producerEpoch: 5 }, 1000],
        [name(), { producerId: 5n, producerEpoch: -1 }, 1000],
        [name(), { producerId: -1n, producerEpoch: 5 }, 1000],
        [name(), { producerId: -5n, producerEpoch: 5 }, 1000],
        [name(), { producerId: 5n, producerEpoch: -5 }, 1000],
        [null, { producerId: 5n, producerEpoch: 5 }, 1000],
      ] as const) {
        await outcome(InitProducerId, 5, initBody(id, former, timeout))
      }
    }),
    ...[true, false].flatMap((committed) => [
      ...[0, 1, 2, 3, 4].map((version) =>
        script(`a transaction of an old client is ${committed ? 'committed' : 'aborted'}, version ${version} of EndTxn`, async (play) => {
          const [transactionalId, to] = [play.name(), await play.topic({ partitions: 2 })]
          const producer = await init(play, transactionalId, 2)
          await add(play, transactionalId, producer, to.name, 0, 1)
          await play.request(Produce, 9, write(transactionalId, producer, to, 0))
          await play.request(Produce, 9, write(transactionalId, producer, to, 2))
          await readAll(play, to)
          await play.request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0, 1] }] })
          await end(play, transactionalId, producer, committed, version)
          await readAll(play, to)
          await readAll(play, to, 1)
          await play.request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0, 1] }] })
          await add(play, transactionalId, producer, to.name, 0)
          await play.request(Produce, 9, write(transactionalId, producer, to, 4))
        }),
      ),
      script(
        `a transaction of a new client is ${committed ? 'committed' : 'aborted'}, and the next one has an epoch of its own`,
        async (play) => {
          const [transactionalId, to] = [play.name(), await play.topic()]
          const producer = await init(play, transactionalId)
          await play.request(Produce, 12, write(transactionalId, producer, to, 0))
          await play.request(Produce, 12, write(transactionalId, producer, to, 2))
          await readAll(play, to)
          const next = await end(play, transactionalId, producer, committed)
          await readAll(play, to)
          await play.request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [0] }] })
          await play.request(Produce, 12, write(transactionalId, producer, to, 4))
          await play.request(Produce, 12, write(transactionalId, next, to, 4))
          await play.request(Produce, 12, write(transactionalId, next, to, 0))
          await ask(play, 5, transactionalId, producer, committed)
          await end(play, transactionalId, next, !committed)
          await readAll(play, to)
        },
      ),
      script(`${committed ? 'a commit' : 'an abort'} of nothing, and twice`, async (play) => {
        for (const version of [2, 3, 4, 5]) {
          const transactionalId = play.name()
          const producer = await init(play, transactionalId)
          const next = await ask(play, version, transactionalId, producer, committed)
          await ask(play, version, transactionalId, producer, committed)
          await ask(play, version, transactionalId, producer, !committed)
          if (version === 5) await ask(play, version, transactionalId, next, committed)
        }
      }),
      script(`${committed ? 'a commit' : 'an abort'}, once more and the other way round`, async (play) => {
        for (const version of [3, 4, 5]) {
          const [transactionalId, to] = [play.name(), await play.topic()]
          const producer = await init(play, transactionalId)
          await add(play, transactionalId, producer, to.name, 0)
          await end(play, transactionalId, producer, committed, version)
          await ask(play, version, transactionalId, producer, committed)
          await ask(play, version, transactionalId, producer, !committed)
        }
      }),
    ]),
    script('those who end what is not theirs', async (play) => {
      const transactionalId = play.name()
      const producer = await init(play, transactionalId)
      for (const version of [1, 2, 4, 5]) {
        await ask(play, version, play.name(), producer, true)
        await ask(play, version, transactionalId, { ...producer, producerId: 4n }, true)
        await ask(play, version, transactionalId, { ...producer, producerEpoch: 9 }, true)
        await ask(play, version, transactionalId, { ...producer, producerEpoch: -1 }, true)
        await ask(play, version, '', producer, true)
      }
    }),
    script('partitions are added', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic({ partitions: 2 })]
      const producer = await init(play, transactionalId)
      for (const version of [0, 1, 2, 3]) {
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, producer, to.name, 0, 1))
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, producer, to.name, 0, 7))
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, producer, play.name(), 0))
        await play.request(AddPartitionsToTxn, version, addBody(play.name(), producer, to.name, 0))
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, { ...producer, producerId: 4n }, to.name, 0))
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, { ...producer, producerEpoch: 9 }, to.name, 0))
        await play.request(AddPartitionsToTxn, version, addBody(transactionalId, producer, to.name))
        await play.request(AddPartitionsToTxn, version, addBody('', producer, to.name, 0))
      }
      await play.request(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
    }),
    script('partitions are added and asked for as brokers do it', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic({ partitions: 2 })]
      const producer = await init(play, transactionalId)
      const transaction = (verifyOnly: boolean, ...partitions: number[]) => ({
        transactionalId,
        ...producer,
        verifyOnly,
        topics: [{ name: to.name, partitions }],
      })
      for (const version of [4, 5]) {
        await play.request(AddPartitionsToTxn, version, { transactions: [transaction(true, 0)] })
        await play.request(AddPartitionsToTxn, version, { transactions: [transaction(false, 0)] })
        await play.request(AddPartitionsToTxn, version, { transactions: [transaction(true, 0, 1)] })
      }
    }),
    script('no transactions at all, as brokers would ask for them', ({ silence }) => silence(AddPartitionsToTxn, 5, { transactions: [] }), [
      {
        at: '1 AddPartitionsToTxn',
        why: 'Kafka never answers an AddPartitionsToTxn of version 4 or 5 without transactions; the FakeCluster answers with none.',
      },
    ]),
    script('batches of transactions that are not open', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic({ partitions: 2 })]
      const producer = await init(play, transactionalId)
      for (const version of [3, 9, 10, 11]) {
        await play.request(Produce, version, write(transactionalId, producer, to, 0))
        await play.request(Produce, version, write(play.name(), producer, to, 0))
        await play.request(Produce, version, write(transactionalId, { ...producer, producerEpoch: 5 }, to, 0))
        await play.request(Produce, version, write(transactionalId, { ...producer, producerId: 12n }, to, 0))
      }
      for (const version of [12, 13]) {
        await play.request(Produce, version, write(play.name(), producer, to, 0))
        await play.request(Produce, version, write(transactionalId, { ...producer, producerEpoch: 5 }, to, 0))
        await play.request(Produce, version, write(transactionalId, { ...producer, producerId: 12n }, to, 0))
        await play.request(Produce, version, write(transactionalId, producer, to, 3))
        await play.request(Produce, version, write(transactionalId, producer, to, 0))
        await play.request(Produce, version, write(transactionalId, producer, to, 0, 9))
      }
    }),
    script('a young producer fences an old one in the middle', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic()]
      const old = await init(play, transactionalId)
      await play.request(Produce, 12, write(transactionalId, old, to, 0))
      const young = await init(play, transactionalId)
      await play.request(Produce, 12, write(transactionalId, old, to, 2))
      await play.request(Produce, 9, write(transactionalId, old, to, 2))
      for (const version of [1, 4, 5]) await ask(play, version, transactionalId, old, true)
      for (const version of [1, 3]) await play.request(AddPartitionsToTxn, version, addBody(transactionalId, old, to.name, 0))
      for (const version of [3, 4, 5]) await play.request(InitProducerId, version, initBody(transactionalId, old))
      await play.request(Produce, 12, write(transactionalId, young, to, 0))
      await end(play, transactionalId, young, true)
      await readAll(play, to)
    }),
    script('the same producer begins anew in the middle', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic()]
      const first = await init(play, transactionalId)
      await play.request(Produce, 12, write(transactionalId, first, to, 0))
      const second = await init(play, transactionalId, 5, first)
      await play.request(Produce, 12, write(transactionalId, second, to, 0))
      await end(play, transactionalId, second, true)
      await readAll(play, to)
    }),
    ...[0, 1, 2, 3, 4].map((version) =>
      script(`offsets in a transaction of an old client, version ${version} of TxnOffsetCommit`, async (play) => {
        const [transactionalId, groupId, { name: topic }] = [play.name(), play.name(), await play.topic()]
        const producer = await init(play, transactionalId)
        await play.request(AddOffsetsToTxn, Math.min(3, version), { transactionalId, ...producer, groupId })
        await play.request(TxnOffsetCommit, version, offsetsBody(transactionalId, producer, groupId, topic))
        await play.request(OffsetFetch, 8, committedBody(groupId, topic))
        await play.request(OffsetFetch, 8, committedBody(groupId, topic, false))
        await play.request(DescribeTransactions, 0, { transactionalIds: [transactionalId] })
        await end(play, transactionalId, producer, version % 2 === 0, 4)
        await play.request(OffsetFetch, 8, committedBody(groupId, topic))
      }),
    ),
    ...[true, false].map((committed) =>
      script(`offsets in a transaction of a new client that is ${committed ? 'committed' : 'aborted'}`, async (play) => {
        const [transactionalId, groupId, { name: topic }] = [play.name(), play.name(), await play.topic()]
        const producer = await init(play, transactionalId)
        await play.request(TxnOffsetCommit, 5, offsetsBody(transactionalId, producer, groupId, topic))
        await play.request(OffsetFetch, 8, committedBody(groupId, topic))
        const next = await end(play, transactionalId, producer, committed)
        await play.request(OffsetFetch, 8, committedBody(groupId, topic))
        await play.request(TxnOffsetCommit, 5, offsetsBody(transactionalId, producer, groupId, topic))
        await play.request(TxnOffsetCommit, 5, offsetsBody(transactionalId, next, groupId, topic))
      }),
    ),
    script('offsets for groups, members and topics that are not there', async (play) => {
      const [transactionalId, groupId, { name: topic }] = [play.name(), play.name(), await play.topic()]
      const producer = await init(play, transactionalId)
      for (const version of [3, 4, 5]) {
        await play.request(
          TxnOffsetCommit,
          version,
          offsetsBody(transactionalId, producer, groupId, topic, { memberId: 'nobody', generationIdOrMemberEpoch: 1 }),
        )
        await play.request(TxnOffsetCommit, version, offsetsBody(transactionalId, producer, groupId, topic, { groupInstanceId: 'static' }))
        await play.request(TxnOffsetCommit, version, offsetsBody(transactionalId, producer, groupId, play.name()))
        await play.request(TxnOffsetCommit, version, offsetsBody(transactionalId, producer, '', topic))
        await play.request(TxnOffsetCommit, version, offsetsBody(transactionalId, { ...producer, producerEpoch: 7 }, groupId, topic))
        await play.request(TxnOffsetCommit, version, offsetsBody(play.name(), producer, groupId, topic))
        await play.request(TxnOffsetCommit, version, { ...offsetsBody(transactionalId, producer, groupId, topic), topics: [] })
      }
      for (const version of [0, 2, 3, 4]) {
        await play.request(AddOffsetsToTxn, version, { transactionalId, ...producer, groupId: '' })
        await play.request(AddOffsetsToTxn, version, { transactionalId: play.name(), ...producer, groupId })
        await play.request(AddOffsetsToTxn, version, { transactionalId, ...producer, producerEpoch: 8, groupId })
        await play.request(AddOffsetsToTxn, version, { transactionalId: '', ...producer, groupId })
      }
    }),
    script('transactions in lists', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic()]
      const producer = await init(play, transactionalId)
      await play.request(Produce, 12, write(transactionalId, producer, to, 0))
      const usual = { stateFilters: [], producerIdFilters: [] }
      for (const version of [0, 1, 2]) await play.request(ListTransactions, version, usual)
      await play.request(ListTransactions, 2, { ...usual, stateFilters: ['Ongoing', 'nonsense'] })
      await play.request(ListTransactions, 2, { ...usual, stateFilters: ['Empty'] })
      await play.request(ListTransactions, 2, { ...usual, producerIdFilters: [producer.producerId] })
      await play.request(ListTransactions, 2, { ...usual, producerIdFilters: [123_456n] })
      await play.request(ListTransactions, 2, { ...usual, durationFilter: 3_600_000n })
      await play.request(ListTransactions, 2, { ...usual, transactionalIdPattern: `${transactionalId}.*` })
      await play.request(ListTransactions, 2, { ...usual, transactionalIdPattern: 'nothing' })
      await play.request(ListTransactions, 2, { ...usual, transactionalIdPattern: '(' })
    }),
    script('transactions and producers that are not there', async ({ request, name, topic }) => {
      const to = await topic()
      await request(DescribeTransactions, 0, { transactionalIds: [name()] })
      await request(DescribeTransactions, 0, { transactionalIds: [''] })
      await request(DescribeTransactions, 0, { transactionalIds: [] })
      await request(DescribeProducers, 0, {
        topics: [
          { name: to.name, partitionIndexes: [0] },
          { name: name(), partitionIndexes: [0] },
        ],
      })
      await request(DescribeProducers, 0, { topics: [{ name: to.name, partitionIndexes: [3] }] })
    }),
    script('markers that no coordinator has sent', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic()]
      const producer = await init(play, transactionalId)
      await play.request(Produce, 12, write(transactionalId, producer, to, 0))
      const marker = {
        ...producer,
        transactionResult: false,
        topics: [{ name: to.name, partitionIndexes: [0] }],
        coordinatorEpoch: 0,
        transactionVersion: 1,
      }
      await play.request(WriteTxnMarkers, 1, { markers: [{ ...marker, producerEpoch: -1 }] })
      await play.request(WriteTxnMarkers, 1, {
        markers: [{ ...marker, topics: [{ name: absent(play.name()).name, partitionIndexes: [0] }] }],
      })
      await play.request(WriteTxnMarkers, 1, { markers: [marker] })
      await play.request(WriteTxnMarkers, 1, { markers: [] })
      await readAll(play, to)
    }),
    script('an idempotent batch inside a transaction, and a transactional one outside', async (play) => {
      const [transactionalId, to] = [play.name(), await play.topic()]
      const producer = await init(play, transactionalId)
      const { producerId, producerEpoch } = producer
      const plain = (baseSequence: number) =>
        produceTo(to, batchOf(['p'], { producerId, producerEpoch, baseSequence }), { transactionalId })
      await play.request(Produce, 11, plain(0))
      await add(play, transactionalId, producer, to.name, 0)
      await play.request(Produce, 11, write(transactionalId, producer, to, 1))
      await play.request(Produce, 11, plain(3))
      await end(play, transactionalId, producer, true, 4)
      await play.request(Produce, 11, plain(4))
    }),
  ],
}

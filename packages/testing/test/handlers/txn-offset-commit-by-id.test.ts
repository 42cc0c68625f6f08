import { Metadata, TxnOffsetCommit } from '@k/protocol'
import { expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'
import { endTxn, initProducerId } from '../support/transactions.ts'

it('commits offsets in a transaction by the ids of topics, as clients of Kafka 4.4 do', async () => {
  const kafka = await FakeCluster.start({ tcp: false, version: '4.4', topics: { t: 1 } })
  const client = await RawClient.connect(kafka)
  const { topicId } = (await client.request(Metadata, 12, { topics: null })).topics[0]!
  const { producerId, producerEpoch } = await initProducerId(client, 'x')
  const commit = async (id: string) => {
    const partitions = [{ partitionIndex: 0, committedOffset: 5n, committedMetadata: null }]
    const body = { transactionalId: 'x', groupId: 'g', producerId, producerEpoch, memberId: '', topics: [{ topicId: id, partitions }] }
    const { topics } = await client.request(TxnOffsetCommit, 6, body)
    return [topics[0]!.topicId, nameOf(topics[0]!.partitions[0]!.errorCode)]
  }
  const unknown = 'AAAAAAAAAAAAAAAAAAAAAQ'
  expect(await commit(unknown)).toEqual([unknown, 'UNKNOWN_TOPIC_ID'])
  expect(await commit(topicId)).toEqual([topicId, 'NONE'])
  await endTxn(client, 'x', { producerId, producerEpoch }, true)
  await kafka.until(() => kafka.committed('g').length === 1)
  expect(kafka.committed('g')).toMatchObject([{ topic: 't', partition: 0, offset: 5 }])
  await kafka.close()
})

import { OffsetFetch } from '@k/protocol'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FakeCluster } from '../../src/index.ts'
import { nameOf } from '../support/codes.ts'
import { RawClient } from '../support/raw-client.ts'
import { commit, enter, sync } from '../support/requests.ts'
import { addOffsets, endTxn, initProducerId, txnOffsetCommit } from '../support/transactions.ts'

describe('offsets in a transaction', () => {
  let kafka: FakeCluster
  let client: RawClient
  beforeEach(async () => {
    kafka = await FakeCluster.start({ tcp: false, topics: { orders: 2 } })
    client = await RawClient.connect(kafka)
  })
  afterEach(async () => {
    await kafka.close()
    expect(kafka.failures).toEqual([])
  })

  async function committed(requireStable: boolean): Promise<string> {
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const { groups } = await client.request(OffsetFetch, 9, { requireStable, groups: [{ groupId: 'g', topics }] })
    const { committedOffset, errorCode } = groups[0]!.topics[0]!.partitions[0]!
    return `${committedOffset} ${nameOf(errorCode)}`
  }

  it('count when it is committed, and are unstable until then', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(await addOffsets(client, 'tx', producer, 'g')).toBe('NONE')
    expect(kafka.transactions()).toMatchObject([{ state: 'Ongoing', partitions: [{ topic: '__consumer_offsets' }] }])
    expect(await txnOffsetCommit(client, 'tx', producer, 'g', ['orders', 0, 5], { version: 3 })).toBe('NONE')
    expect([await committed(true), await committed(false)]).toEqual(['-1 UNSTABLE_OFFSET_COMMIT', '-1 NONE'])
    await endTxn(client, 'tx', producer, true, 4)
    expect(await committed(true)).toBe('5 NONE')
  })

  it('are forgotten when it is aborted', async () => {
    const producer = await initProducerId(client, 'tx')
    expect(await txnOffsetCommit(client, 'tx', producer, 'g', ['orders', 0, 5])).toBe('NONE')
    await endTxn(client, 'tx', producer, false)
    expect(await committed(true)).toBe('-1 NONE')
  })

  it('do not undo what was committed after them', async () => {
    const producer = await initProducerId(client, 'tx')
    await txnOffsetCommit(client, 'tx', producer, 'g', ['orders', 0, 5])
    expect(await commit(client, 'g', 'orders', 0, 99)).toBe(0)
    await endTxn(client, 'tx', producer, true)
    expect(await committed(true)).toBe('99 NONE')
  })

  it('must be in it already for clients that know no better', async () => {
    const producer = await initProducerId(client, 'tx')
    const by = (version: number) => txnOffsetCommit(client, 'tx', producer, 'g', ['orders', 0, 5], { version })
    expect([await by(0), await by(3), await by(4)]).toEqual(['INVALID_TXN_STATE', 'INVALID_TXN_STATE', 'TRANSACTION_ABORTABLE'])
    expect(await by(5)).toBe('NONE')
  })

  it('are refused to zombies, by generation, member and instance (KIP-447)', async () => {
    const producer = await initProducerId(client, 'tx')
    const { memberId, generationId } = await enter(client, 'g')
    await sync(client, 'g', { memberId, generationId }, { [memberId]: '' })
    const by = (who: { memberId?: string; generationId?: number; groupInstanceId?: string }) =>
      txnOffsetCommit(client, 'tx', producer, 'g', ['orders', 0, 5], who)
    expect(await by({ memberId, generationId })).toBe('NONE')
    expect(await by({ memberId, generationId: generationId - 1 })).toBe('ILLEGAL_GENERATION')
    expect(await by({ memberId: 'other', generationId })).toBe('UNKNOWN_MEMBER_ID')
    expect(await by({ memberId, generationId, groupInstanceId: 'i' })).toBe('UNKNOWN_MEMBER_ID')
    // Those who name nobody are let through.
    expect(await by({})).toBe('NONE')
  })

  it('are refused where the group, the topic, the producer or the text is not as it must be', async () => {
    const producer = await initProducerId(client, 'tx')
    const by = (group: string, topic: string, who = producer, metadata = '') =>
      txnOffsetCommit(client, 'tx', who, group, [topic, 0, 5], { metadata })
    expect(await by('', 'orders')).toBe('INVALID_GROUP_ID')
    expect(await by('g', 'none')).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(await by('g', 'orders', producer, 'm'.repeat(4097))).toBe('OFFSET_METADATA_TOO_LARGE')
    expect(await by('g', 'orders', { ...producer, producerId: 77n })).toBe('INVALID_PRODUCER_ID_MAPPING')
    const next = await endTxn(client, 'tx', producer, false)
    expect(await by('g', 'orders')).toBe('INVALID_PRODUCER_EPOCH')
    expect(await by('g', 'orders', { ...producer, producerEpoch: next.producerEpoch })).toBe('NONE')
  })
})

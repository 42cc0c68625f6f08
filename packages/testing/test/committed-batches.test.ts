import { expect, it } from 'vitest'
import { FakeCluster } from '../src/index.ts'
import { batchOf, RawClient } from './support/raw-client.ts'
import { produce } from './support/requests.ts'
import { endTxn, initProducerId, produceInTransaction } from './support/transactions.ts'

it('records are shown as committed when their transactions are, and nothing behind one that is open', async () => {
  const kafka = await FakeCluster.start({ tcp: false, topics: { orders: 1 } })
  const client = await RawClient.connect(kafka)
  const all = () => kafka.records('orders').map(({ value }) => String(value))
  const committed = () => kafka.records('orders', { isolationLevel: 'read_committed' }).map(({ value }) => String(value))
  const one = await initProducerId(client, 'one')
  const two = await initProducerId(client, 'two')
  const in0 = ['orders', 0] as const
  await produce(client, 'orders', 0, batchOf(['plain']))
  await produceInTransaction(client, 'one', one, in0, ['aborted'])
  await produceInTransaction(client, 'two', two, in0, ['kept'])
  await produce(client, 'orders', 0, batchOf(['behind']))
  expect([all(), committed()]).toEqual([['plain', 'aborted', 'kept', 'behind'], ['plain']])
  const next = await endTxn(client, 'one', one, false)
  expect(committed()).toEqual(['plain'])
  await endTxn(client, 'two', two, true)
  expect(committed()).toEqual(['plain', 'kept', 'behind'])
  // What an aborted producer writes next is another matter.
  await produceInTransaction(client, 'one', next, in0, ['again'])
  await endTxn(client, 'one', next, true)
  expect(committed()).toEqual(['plain', 'kept', 'behind', 'again'])
  await kafka.close()
})

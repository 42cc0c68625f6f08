import { Fetch } from '@k/protocol'
import { expect, it } from 'vitest'
import { Rig } from '../support/rig.ts'

it('does not wait out a long poll that began while records were unread, when it goes back', async () => {
  const rig = await Rig.start({ topics: { orders: 1 } })
  await rig.writer.writeMany('orders', 0, 100)
  const longPollMs = 20_000
  const partition = { topic: 'orders', partition: 0 }
  const consumer = rig.consumer({ topics: undefined, groupId: undefined, fetchMaxWaitMs: longPollMs, autoOffsetReset: 'earliest' })
  consumer.assign([partition])
  const records = consumer.records()
  await records.next()
  // The next fetch has left, and finds nothing at the end of the log.
  await rig.kafka.sawRequest(Fetch, ({ body }) =>
    body.topics.some(({ partitions }) => partitions.some(({ fetchOffset }) => fetchOffset === 100n)),
  )
  consumer.seek(partition, 0)
  const started = performance.now()
  const { value } = await records.next()
  expect(value?.offset).toBe(0)
  expect(performance.now() - started).toBeLessThan(longPollMs / 4)
})

import { Admin, ClosedError } from '@k/admin'
import { FakeCluster } from '@k/testing'
import { expect, it, onTestFinished } from 'vitest'

it('is closed at the end of its block by await using', async () => {
  const kafka = await FakeCluster.start({ tcp: false })
  onTestFinished(() => kafka.close())
  const { bootstrapServers, transport } = kafka
  let used: Admin
  {
    await using admin = new Admin({ bootstrapServers, transport })
    await admin.createTopics([{ topic: 'orders', numPartitions: 2, replicationFactor: 1 }])
    used = admin
  }
  await expect(used.listTopics()).rejects.toSatisfy((error) => ClosedError.is(error))
  await kafka.until(() => kafka.broker(1).connectionCount === 0)
})

import { FakeCluster } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe } from 'vitest'
import { registerScripts } from '../../src/differential/register-scripts.ts'
import { Stage } from '../../src/differential/stage.ts'
import { subjects } from '../../src/differential/subjects.ts'

const version = '4.3.1'
/** What the launcher of tests has for speed, back to Kafka's defaults; and groups are assigned without delay, as in a FakeCluster. */
const properties = {
  'num.partitions': '1',
  'group.min.session.timeout.ms': '6000',
  'offsets.topic.num.partitions': '50',
  'group.consumer.assignment.interval.ms': '0',
}

describe.skipIf(await skipKafka({ version, stopBrokers: true }))(`a FakeCluster and Apache Kafka ${version} answer alike`, () => {
  let kafka: KafkaCluster
  let fake: FakeCluster

  beforeAll(async () => {
    kafka = await startKafka({ version, properties })
    fake = await FakeCluster.start({ version: '4.3' })
    // Kafka makes the topics of its coordinators when they are first asked for.
    await new Stage(kafka.bootstrapServers, 'stage').ready()
  })
  afterAll(async () => {
    await fake?.close()
    await kafka?.close()
  })

  registerScripts(subjects, () => ({ real: kafka.bootstrapServers, fake: fake.bootstrapServers }))
})

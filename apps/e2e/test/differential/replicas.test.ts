import { FakeCluster } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe } from 'vitest'
import { registerScripts } from '../../src/differential/register-scripts.ts'
import { Stage } from '../../src/differential/stage.ts'
import { subjectsOfThree } from '../../src/differential/subjects.ts'

const version = '4.3.1'
const selector = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }
/** What the launcher of tests has for clusters, back to Kafka's defaults; the coordinators' own topics need no replicas here. */
const properties = {
  ...selector,
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
}

describe.skipIf(await skipKafka({ version, stopBrokers: true }))(
  `a FakeCluster and Apache Kafka ${version} of three brokers answer alike`,
  () => {
    let kafka: KafkaCluster
    let fake: FakeCluster

    beforeAll(async () => {
      kafka = await startKafka({ version, nodes: 3, properties })
      fake = await FakeCluster.start({ version: '4.3', brokers: 3, racks: ['r1', 'r2', 'r3'], configs: selector })
      await new Stage(kafka.bootstrapServers, 'stage').ready()
    })
    afterAll(async () => {
      await fake?.close()
      await kafka?.close()
    })

    registerScripts(subjectsOfThree, () => ({ real: kafka.bootstrapServers, fake: fake.bootstrapServers }))
  },
)

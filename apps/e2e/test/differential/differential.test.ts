import { FakeCluster } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { described, differencesOf, isExpected } from '../../src/differential/compare.ts'
import { perform } from '../../src/differential/script.ts'
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

  describe.concurrent.each(subjects)('$title', ({ title: subject, scripts }) => {
    it.each(scripts.map((script, i) => ({ ...script, name: `${subject.replaceAll(' ', '-')}-${i + 1}` })))(
      '$title',
      async ({ name, ...script }) => {
        const [real, ours] = await Promise.all([
          perform(script, kafka.bootstrapServers, name),
          perform(script, fake.bootstrapServers, name),
        ])
        const differences = differencesOf(real, ours)
        const { expectedDifferences } = script
        const unexpected = differences.filter((each) => !expectedDifferences.some((expected) => isExpected(each, expected)))
        expect(unexpected.map(described).join('\n')).toBe('')
        const gone = expectedDifferences.filter((expected) => !differences.some((each) => isExpected(each, expected)))
        expect(gone, 'differences that are listed, and are none any more').toEqual([])
      },
    )
  })
})

import { FakeCluster } from '@k/testing'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { described, differencesOf, isExpected } from '../../src/differential/compare.ts'
import { Normaliser } from '../../src/differential/normalise.ts'
import { perform, type Script } from '../../src/differential/script.ts'
import { Stage } from '../../src/differential/stage.ts'
import { subjects } from '../../src/differential/subjects.ts'

const version = '4.3.1'
const properties = { 'num.partitions': '1', 'group.min.session.timeout.ms': '6000' }

describe.skipIf(await skipKafka({ version, stopBrokers: true }))(`a FakeCluster and Apache Kafka ${version} answer alike`, () => {
  let kafka: KafkaCluster
  let fake: FakeCluster

  beforeAll(async () => {
    kafka = await startKafka({ version, properties })
    fake = await FakeCluster.start({ version: '4.3' })
    // Kafka makes the topics of its coordinators when they are first asked for.
    const stage = new Stage(kafka.bootstrapServers, 'stage')
    for (const keyType of [0, 1]) await stage.coordinated(keyType)
  })
  afterAll(async () => {
    await fake?.close()
    await kafka?.close()
  })

  /** What a cluster answers to a script. */
  const answers = async (script: Script, address: string, name: string) =>
    new Normaliser(Date.now()).transcript(await perform(script, address, name))

  describe.each(subjects)('$title', ({ title: subject, scripts }) => {
    it.each(scripts.map((script, i) => ({ ...script, name: `${subject.replaceAll(' ', '-')}-${i + 1}` })))(
      '$title',
      async ({ name, ...script }) => {
        const [real, ours] = await Promise.all([
          answers(script, kafka.bootstrapServers, name),
          answers(script, fake.bootstrapServers, name),
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

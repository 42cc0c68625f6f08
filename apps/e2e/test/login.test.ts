import { AuthenticationError, Producer, plain } from '@k/producer'
import { type KafkaCluster, skipKafka, startKafka } from '@tooling/kafka'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scratchTopic } from '../src/scratch-topic.ts'

describe.skipIf(await skipKafka({ version: '4.3.1', stopBrokers: true }))(
  'a listener of Apache Kafka 4.3.1 that asks for SASL PLAIN',
  () => {
    let kafka: KafkaCluster
    let topic: string

    beforeAll(async () => {
      const module = 'org.apache.kafka.common.security.plain.PlainLoginModule'
      kafka = await startKafka({
        listeners: { LOGIN: 'SASL_PLAINTEXT' },
        properties: {
          'listener.name.login.sasl.enabled.mechanisms': 'PLAIN',
          'listener.name.login.plain.sasl.jaas.config': `${module} required user_alice="secret";`,
        },
      })
      topic = await scratchTopic(kafka.bootstrapServers)
    })
    afterAll(() => kafka?.close())

    function producer(sasl: ReturnType<typeof plain> | undefined): Producer {
      return new Producer({ bootstrapServers: kafka.bootstrapServersOf('LOGIN'), logger: null, maxBlockMs: 5_000, ...(sasl && { sasl }) })
    }

    it('takes records of a user who gives the right password', async () => {
      await using client = producer(plain({ username: 'alice', password: () => 'secret' }))
      expect(await client.send({ topic, value: 'let in' })).toMatchObject({ topic, offset: 0 })
    })

    it('refuses a wrong password at once, with an error that keeps it to itself', async () => {
      await using client = producer(plain({ username: 'alice', password: 'guessed' }))
      const error = await client.connect().catch((reason: unknown) => reason)
      expect(AuthenticationError.is(error)).toBe(true)
      expect(String((error as Error).stack)).not.toContain('guessed')
    })
  },
)

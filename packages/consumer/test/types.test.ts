import { describe, expectTypeOf, it } from 'vitest'
import {
  Cluster,
  Consumer,
  type ConsumerRecord,
  jsonDeserializer,
  KafkaError,
  type PartitionRecords,
  stringDeserializer,
  type TopicPartitionOffset,
} from '../src/index.ts'

interface Order {
  readonly id: string
}

// Never called: only its types are looked at.
async function program(consumer: Consumer, record: ConsumerRecord): Promise<void> {
  for await (const one of consumer) expectTypeOf(one).toEqualTypeOf<ConsumerRecord<Buffer, Buffer>>()
  for await (const batch of consumer.batches()) {
    expectTypeOf(batch).toEqualTypeOf<PartitionRecords<Buffer, Buffer>>()
    for (const one of batch) expectTypeOf(one.value).toEqualTypeOf<Buffer | null>()
  }
  const offset: TopicPartitionOffset = { topic: 'orders', partition: 0, offset: record.offset + 1 }
  await consumer.commit([offset])
  // @ts-expect-error a record is no offset
  await consumer.commit([record])
  // @ts-expect-error a partition is no offset
  await consumer.commit([{ topic: 'orders', partition: 0 }])
  // @ts-expect-error topics are an array
  consumer.subscribe({ topics: 'orders' })
  // @ts-expect-error there is no such place
  consumer.seek({ topic: 'orders' }, 3)
  const [committed] = await consumer.committed([{ topic: 'orders', partition: 0 }])
  expectTypeOf(committed).toEqualTypeOf<TopicPartitionOffset | undefined>()
}

describe('types', () => {
  it('are Buffers unless deserializers say otherwise', () => {
    const make = () => new Consumer({ topics: ['orders'] })
    expectTypeOf(make).returns.toEqualTypeOf<Consumer<Buffer, Buffer>>()
    const typed = () =>
      new Consumer({ topics: ['orders'], keyDeserializer: stringDeserializer(), valueDeserializer: jsonDeserializer<Order>() })
    expectTypeOf(typed).returns.toEqualTypeOf<Consumer<string, Order>>()
    const half = () => new Consumer({ topics: ['orders'], valueDeserializer: async (bytes: Buffer) => bytes.length })
    expectTypeOf(half).returns.toEqualTypeOf<Consumer<Buffer, number>>()
    const object = () =>
      new Consumer({ topics: ['orders'], valueDeserializer: { deserialize: (bytes: Buffer): Order => JSON.parse(String(bytes)) } })
    expectTypeOf(object).returns.toEqualTypeOf<Consumer<Buffer, Order>>()
  })

  it('ask for the deserializer of what is to be no Buffer', () => {
    // @ts-expect-error a string needs a deserializer
    const wrong = () => new Consumer<Buffer, string>({ topics: ['orders'] })
    expectTypeOf(wrong).returns.toEqualTypeOf<Consumer<Buffer, string>>()
  })

  it('refuse a cluster together with its own options, options that do not exist, and words that are none', () => {
    const cluster = new Cluster()
    const wrong = [
      // @ts-expect-error both a cluster and where to find one
      () => new Consumer({ cluster, bootstrapServers: 'localhost:9092' }),
      // @ts-expect-error a misspelt option
      () => new Consumer({ topic: ['orders'] }),
      // @ts-expect-error a word that is none
      () => new Consumer({ topics: ['orders'], autoOffsetReset: 'smallest' }),
      // @ts-expect-error a misspelt code
      () => KafkaError.is(undefined, 'NO_GROUPS'),
    ]
    expectTypeOf(wrong).toBeArray()
    expectTypeOf(program).toBeFunction()
  })

  it('let a record be used as what it is', () => {
    expectTypeOf<ConsumerRecord<string, Order>['key']>().toEqualTypeOf<string | null>()
    expectTypeOf<ConsumerRecord<string, Order>['value']>().toEqualTypeOf<Order | null>()
    expectTypeOf<ConsumerRecord['offset']>().toEqualTypeOf<number>()
    expectTypeOf<ConsumerRecord['offsetBigInt']>().toEqualTypeOf<bigint>()
  })
})

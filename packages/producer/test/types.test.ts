import {
  type Bytes,
  Cluster,
  defaultPartitioner,
  type ItemsError,
  jsonSerializer,
  KafkaError,
  ProduceError,
  Producer,
  type ProducerOptions,
  type ProducerRecord,
  type RecordMetadata,
  stringSerializer,
} from '@k/producer'
import { describe, expectTypeOf, it } from 'vitest'

interface Order {
  readonly id: number
}

describe('types', () => {
  it('strings and bytes need no serializer', () => {
    const producer = new Producer({})
    expectTypeOf(producer).toEqualTypeOf<Producer<Bytes, Bytes>>()
    expectTypeOf(producer.send).parameter(0).toExtend<ProducerRecord | readonly ProducerRecord[]>()
    void (() => producer.send({ topic: 'a', key: 'k', value: Buffer.from('v') }))
    void (() => producer.send({ topic: 'a', key: null, value: null, timestamp: new Date(), headers: { a: null } }))
    // @ts-expect-error a value that is neither text nor bytes
    void (() => producer.send({ topic: 'a', value: { id: 1 } }))
    // @ts-expect-error no value
    void (() => producer.send({ topic: 'a' }))
    // @ts-expect-error no topic
    void (() => producer.send({ value: 'a' }))
  })

  it('a serializer gives keys and values their type', () => {
    const producer = new Producer({ keySerializer: stringSerializer(), valueSerializer: jsonSerializer<Order>() })
    expectTypeOf(producer).toEqualTypeOf<Producer<string, Order>>()
    void (() => producer.send({ topic: 'a', key: 'k', value: { id: 1 } }))
    void (() => producer.send([{ topic: 'a', value: null, key: 'k' }]))
    // @ts-expect-error not an order
    void (() => producer.send({ topic: 'a', value: 'paid' }))
    // @ts-expect-error not a string
    void (() => producer.send({ topic: 'a', key: 1, value: { id: 1 } }))
  })

  it("a serializer of one's own may be a function or an object, and answer later", () => {
    const producer = new Producer({ valueSerializer: { serialize: async (order: Order) => String(order.id) } })
    expectTypeOf(producer).toEqualTypeOf<Producer<Bytes, Order>>()
    void new Producer({ valueSerializer: (order: Order, { topic }) => `${topic} ${order.id}` })
    // @ts-expect-error a serializer answers with text or bytes
    void new Producer({ valueSerializer: (order: Order) => order.id })
  })

  it('other types of keys and values require a serializer', () => {
    // @ts-expect-error valueSerializer is missing
    void (() => new Producer<string, Order>({}))
    // @ts-expect-error keySerializer is missing
    void (() => new Producer<number, string>({}))
    void (() => new Producer<string, Uint8Array>({}))
    expectTypeOf<ProducerOptions<string, Order>>().toExtend<{ valueSerializer: unknown }>()
  })

  it('one record gives one result, many give many', () => {
    const producer = new Producer({})
    const record = { topic: 'a', value: 'v' }
    expectTypeOf(() => producer.send(record)).returns.toEqualTypeOf<Promise<RecordMetadata>>()
    expectTypeOf(() => producer.send([record])).returns.toEqualTypeOf<Promise<RecordMetadata[]>>()
    expectTypeOf(() => producer.enqueue(record)).returns.toEqualTypeOf<Promise<void> | undefined>()
    expectTypeOf<RecordMetadata['offset']>().toEqualTypeOf<number>()
  })

  it('a cluster and the options of one exclude each other', () => {
    const cluster = new Cluster()
    void new Producer({ cluster, acks: 1 })
    // @ts-expect-error bootstrapServers are the cluster's
    void (() => new Producer({ cluster, bootstrapServers: 'a:1' }))
    // @ts-expect-error not an option
    void (() => new Producer({ lingerMS: 5 }))
    // @ts-expect-error not a number of acks
    void (() => new Producer({ acks: 2 }))
    // @ts-expect-error what is not on every replica cannot be written once for certain
    void (() => new Producer({ enableIdempotence: true, acks: 1 }))
    void new Producer({ enableIdempotence: true, acks: 'all' })
    void new Producer({ enableIdempotence: false, acks: 1 })
    // @ts-expect-error a name is not a codec
    void (() => new Producer({ compression: 'gzip' }))
    void new Producer({ partitioner: defaultPartitioner() })
    void new Producer({ partitioner: (key, { partitions }) => (key === null ? 0 : key[0]!) % partitions.length })
  })

  it('codes are literals, and a misspelt one does not compile', () => {
    const error: unknown = undefined
    if (ProduceError.is(error, 'MESSAGE_TOO_LARGE')) {
      expectTypeOf(error.code).toEqualTypeOf<'MESSAGE_TOO_LARGE'>()
      expectTypeOf(error.maybeWritten).toEqualTypeOf<boolean>()
    }
    // @ts-expect-error no such code
    void KafkaError.is(error, 'MESSAGE_TO_LARGE')
    expectTypeOf<ItemsError['failed'][number]['error']>().toEqualTypeOf<KafkaError>()
  })

  it('options may come from elsewhere: a transactionalId that is there or not, an enableIdempotence that is either', () => {
    const isIdempotent: boolean = process.env.IDEMPOTENT === 'yes'
    void (() => new Producer({ bootstrapServers: 'localhost', enableIdempotence: isIdempotent }))
    const fromElsewhere = process.env.TRANSACTIONAL_ID
    void (() => new Producer({ transactionalId: fromElsewhere, transactionTimeoutMs: 10_000 }))
    void (() => new Producer({ transactionalId: fromElsewhere }))
    void (() => new Producer({ transactionalId: undefined }))
    const options: ProducerOptions = { transactionalId: 'billing', transactionTimeoutMs: 10_000 }
    void (() => new Producer(options))
  })
})

import { brokerErrorName, type RecordReader, readControlType, recordBatches, ZERO_UUID } from '@k/protocol'

const NEAR_MS = 3_600_000
/** Fields whose text is anybody's: that there is some counts. */
const texts = ['errorMessage', 'batchIndexErrorMessage', 'documentation']
/** Fields that hold an id which the cluster makes. */
const ids = ['topicId', 'memberId', 'leader', 'producerId', 'clusterId', 'sessionId']
const nothings: readonly unknown[] = ['', ZERO_UUID, -1n, -1, 0, null]
/** An id as the cluster appends it to a client's id or a static member's name: in hexadecimal digits, or in base64. */
const appendedId = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[\w-]{22}$/
/** Lists that come in the order of some hash table, by what their elements are known by: some fields, or all of it. */
const unordered: Readonly<Record<string, readonly string[]>> = {
  'Produce.responses': ['name', 'topicId'],
  'Produce.responses.partitionResponses': ['index'],
  'AddPartitionsToTxn.resultsByTopicV3AndBelow.resultsByPartition': ['partitionIndex'],
  'Metadata.topics': ['name', 'topicId'],
  'AddPartitionsToTxn.resultsByTransaction.topicResults.resultsByPartition': ['partitionIndex'],
  'OffsetDelete.topics.partitions': ['partitionIndex'],
  'DeleteGroups.results': ['groupId'],
  'DescribeGroups.groups': ['groupId'],
  'DescribeGroups.groups.members': ['memberId'],
  'ConsumerGroupDescribe.groups': ['groupId'],
  'ConsumerGroupDescribe.groups.members': ['memberId'],
  'JoinGroup.members': ['memberId'],
  'ListGroups.groups': ['groupId'],
  'ListTransactions.transactionStates': ['transactionalId'],
  'DescribeTransactions.transactionStates.topics': ['topic'],
  'DescribeTransactions.transactionStates.topics.partitions': [],
  'DescribeProducers.topics.partitions.activeProducers': ['producerId'],
  'DeleteTopics.responses': ['name', 'topicId'],
  'DeleteRecords.topics.partitions': ['partitionIndex'],
  'ListOffsets.topics.partitions': ['partitionIndex'],
}

/** A request and what came of it. */
export interface Step {
  readonly api: string
  answer: unknown
}

/** The answers to a script, each under its number and API. */
export type Transcript = Readonly<Record<string, unknown>>

/** Lists that are looked up rather than read, by the field that names an element. */
const tables: Readonly<Record<string, string>> = {
  'ApiVersions.apiKeys': 'apiKey',
  'ApiVersions.supportedFeatures': 'name',
  'ApiVersions.finalizedFeatures': 'name',
  'DescribeConfigs.results.configs': 'name',
}
/** Lists of everything that a cluster has, and what names an element: those of other scripts, and of Kafka itself, are left out. */
const everything: Readonly<Record<string, string>> = {
  'ListGroups.groups': 'groupId',
  'ListTransactions.transactionStates': 'transactionalId',
  'Metadata.topics': 'name',
  'DescribeTopicPartitions.topics': 'name',
}
const anyScripts = /-\d+-(topic-)?\d+|^__/

/** Answers as values that two clusters can have in common: ids are numbered as they come up, times of today and addresses are words. */
export class Normaliser {
  readonly #names = new Map<unknown, string>()
  readonly #counts = new Map<string, number>()
  readonly #prefix: string
  readonly #nowMs: number

  /**
   * @param prefix - what the names of the script begin with
   * @param topics - names of topics by their ids
   */
  constructor(prefix: string, topics: ReadonlyMap<string, string>, nowMs: number) {
    this.#prefix = prefix
    for (const [topicId, name] of topics) this.#names.set(topicId, `<topicId of ${name}>`)
    this.#nowMs = nowMs
  }

  /** Every answer under its number and API. */
  transcript(steps: readonly Step[]): Transcript {
    return Object.fromEntries(steps.map(({ api, answer }, i) => [`${i + 1} ${api}`, this.#value(answer, '', api)]))
  }

  #value(value: unknown, field: string, path: string): unknown {
    if (/errorCode$/i.test(field)) return value === 0 ? 0 : (brokerErrorName(value as number) ?? value)
    if (texts.includes(field)) return typeof value === 'string' && value !== '' && value !== 'NONE' ? 'some text' : value
    if (field === 'finalizedFeaturesEpoch' && value !== -1n) return 'an epoch'
    // Without a controller that clients could reach, Kafka names any broker.
    if (field === 'controllerId' && value !== -1) return 'a broker'
    if (field === 'host') return value === '' ? '' : 'a host'
    if (field === 'port') return value === -1 ? -1 : 'a port'
    if (field === 'records' && value instanceof Uint8Array) return this.#batches(Buffer.from(value))
    if (ids.includes(field)) return this.#id(value, field)
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (Array.isArray(value)) return this.#list(value, path)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#value(each, name, `${path}.${name}`)]))
    }
    return this.#time(value)
  }

  #list(list: readonly unknown[], path: string): unknown {
    const own = everything[path]
    const isOwn = (each: unknown) => {
      const name = `${own === undefined ? '' : (each as Record<string, unknown>)[own]}`
      return name.startsWith(this.#prefix) || !anyScripts.test(name)
    }
    const values = list.filter(isOwn).map((each) => this.#value(each, '', path))
    const keys = unordered[path]
    const key = tables[path]
    if (key !== undefined) return Object.fromEntries(values.map((each) => [(each as Record<string, unknown>)[key], each]))
    if (keys === undefined) return values
    if (keys.length === 0) return values.sort()
    const keyOf = (value: unknown) => keys.map((key) => String((value as Record<string, unknown>)[key])).join()
    return values.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : Number(keyOf(a) > keyOf(b))))
  }

  #time(value: unknown): unknown {
    if (typeof value !== 'bigint' && typeof value !== 'number') return value
    if (Math.abs(Number(value) - this.#nowMs) < NEAR_MS) return 'a time of today'
    return value
  }

  #id(value: unknown, field: string): unknown {
    if (nothings.includes(value)) return value
    if (typeof value === 'string' && !appendedId.test(value)) return value
    let name = this.#names.get(value)
    if (name === undefined) {
      const kind = field === 'leader' ? 'memberId' : field
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      const prefix = typeof value === 'string' ? value.replace(appendedId, '') : ''
      name = `${prefix}<${kind} ${count}>`
      this.#names.set(value, name)
    }
    return name
  }

  /** By their base offsets, so that a difference is told of the batch that has it. */
  #batches(bytes: Buffer): unknown {
    const batches = [...recordBatches(bytes)].map((batch) => {
      const reader = batch.records()
      return {
        magic: batch.magic,
        baseOffset: batch.baseOffset,
        lastOffset: batch.lastOffset,
        partitionLeaderEpoch: batch.partitionLeaderEpoch,
        attributes: batch.attributes,
        count: batch.count,
        baseTimestamp: this.#time(batch.baseTimestamp),
        maxTimestamp: this.#time(batch.maxTimestamp),
        producerId: this.#id(batch.producerId, 'producerId'),
        producerEpoch: batch.producerEpoch,
        baseSequence: batch.baseSequence,
        isValid: batch.isValid(),
        records: reader instanceof Promise ? 'compressed' : this.#records(reader, batch.isControl),
      }
    })
    return Object.fromEntries(batches.map((batch) => [batch.baseOffset, batch]))
  }

  #records(reader: RecordReader, isControl: boolean): unknown[] {
    const records: unknown[] = []
    while (reader.next()) {
      const { offset, timestamp } = reader
      if (isControl) records.push([offset, readControlType(reader.key()), reader.value()?.toString('hex')])
      else
        records.push([
          offset,
          this.#time(timestamp),
          text(reader.key()),
          text(reader.value()),
          reader.headers().map(([k, v]) => [k, text(v)]),
        ])
    }
    return records
  }
}

function text(bytes: Buffer | null | undefined): string | null {
  return bytes?.toString() ?? null
}

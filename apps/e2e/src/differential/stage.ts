import { setTimeout as sleep } from 'node:timers/promises'
import {
  type AnyApi,
  ConsumerGroupHeartbeat,
  CreateTopics,
  DeleteGroups,
  encodeRequest,
  FindCoordinator,
  InitProducerId,
  ListOffsets,
  Metadata,
  type MetadataResponse,
  type RequestInputOf,
  type ResponseOf,
  ZERO_UUID,
} from '@k/protocol'
import { fitting } from './fitting.ts'
import type { Step } from './normalise.ts'
import { RawConnection } from './raw-connection.ts'

const TRIES = 400
const PAUSE_MS = 10

/** What a topic is to be like. */
export interface TopicOptions {
  readonly partitions?: number
  readonly configs?: Readonly<Record<string, string>>
  /** The brokers of each partition, instead of a number of partitions. */
  readonly assignments?: readonly (readonly number[])[]
}

/** A topic that exists. */
export interface StageTopic {
  readonly name: string
  readonly topicId: string
}

/** A producer as it names itself in batches. */
export interface ProducerName {
  readonly producerId: bigint
  readonly producerEpoch: number
}

/** One connection of a script; what is asked on it and what is answered stands in the script's transcript, in the order of asking. */
export class StageConnection {
  readonly #connection: RawConnection
  readonly #record: (api: string) => Step

  constructor(connection: RawConnection, record: (api: string) => Step) {
    this.#connection = connection
    this.#record = record
  }

  /** Asks; what the version cannot say is left out. Rejects where the broker hangs up. */
  readonly request = async <A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A>> => {
    const answer = await this.outcome(api, version, body)
    if (answer === undefined) throw new Error(`The broker hung up on ${api.name} version ${version}.`)
    return answer
  }

  /** Asks where the broker may hang up: then there is no answer. */
  readonly outcome = async <A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<ResponseOf<A> | undefined> => {
    const step = this.#record(api.name)
    const answer = await this.#connection.request(api, version, fitting(api, version, body))
    step.answer = answer ?? 'hung up'
    return answer
  }

  /** Asks again and again until the answer is as wanted, or for seconds; only the last answer counts. */
  readonly until = async <A extends AnyApi>(
    api: A,
    version: number,
    body: RequestInputOf<A>,
    isWanted: (answer: ResponseOf<A>) => boolean,
  ): Promise<ResponseOf<A>> => {
    const step = this.#record(api.name)
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#connection.request(api, version, fitting(api, version, body))
      if (answer === undefined) throw new Error(`The broker hung up on ${api.name} version ${version}.`)
      step.answer = answer
      if (attempt === TRIES || isWanted(answer)) return answer
      await sleep(PAUSE_MS)
    }
  }

  /** Sends what is never answered. */
  readonly send = <A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): void =>
    this.#connection.send(api, version, fitting(api, version, body))

  /** Asks where no answer is expected, and notes whether there was none for a second. */
  readonly silence = async <A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): Promise<void> => {
    const step = this.#record(api.name)
    step.answer = (await this.#connection.isSilentOn(api, version, fitting(api, version, body))) ? 'silence' : 'an answer'
  }

  /** Sends a request whose bytes were changed; the answer is bytes. */
  readonly sendChanged = async <A extends AnyApi>(
    api: A,
    version: number,
    body: RequestInputOf<A>,
    change: (frame: Buffer) => Buffer,
  ): Promise<Buffer | undefined> => {
    const step = this.#record(api.name)
    const frame = Buffer.concat(encodeRequest(api, fitting(api, version, body), { version, correlationId: 0x7ead, clientId: 'changed' }))
    const answer = await this.#connection.sendFrame(change(frame))
    step.answer = answer === undefined ? 'hung up' : answer.toString('hex')
    return answer
  }

  close(): void {
    this.#connection.close()
  }
}

/** What a script plays on: the brokers of a cluster, names of its own, and a transcript. */
export class Stage {
  /** Of broker 1, broker 2, ... */
  readonly #addresses: readonly string[]
  readonly #name: string
  readonly #steps: Step[] = []
  readonly #connections: StageConnection[] = []
  /** Names by id. */
  readonly topics = new Map<string, string>()
  #names = 0

  constructor(bootstrapServers: string, name: string) {
    this.#addresses = bootstrapServers.split(',')
    this.#name = name
  }

  get steps(): readonly Step[] {
    return this.#steps
  }

  /** Opens a connection of its own. */
  readonly connect = async (clientId = 'script', brokerId = 1): Promise<StageConnection> => {
    const connection = new StageConnection(await RawConnection.open(this.#addressOf(brokerId), clientId), (api) => {
      const step: Step = { api, answer: 'no answer' }
      this.#steps.push(step)
      return step
    })
    this.#connections.push(connection)
    return connection
  }

  /** A name that no other script has: of a group, a transactional id or a topic that is not there. */
  readonly name = (): string => `${this.#name}-${++this.#names}`

  /** Creates a topic and waits until its leaders serve. None of that stands in the transcript. */
  readonly topic = async ({ partitions = 1, configs = {}, assignments }: TopicOptions = {}): Promise<StageTopic> => {
    const name = `${this.#name}-topic-${this.topics.size + 1}`
    await this.#quietly(async (kafka) => {
      const given = Object.entries(configs).map(([key, value]) => ({ name: key, value }))
      const assigned = (assignments ?? []).map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
      const sizes =
        assignments === undefined ? { numPartitions: partitions, replicationFactor: 1 } : { numPartitions: -1, replicationFactor: -1 }
      const created = await kafka.request(CreateTopics, 7, { topics: [{ name, ...sizes, assignments: assigned, configs: given }] })
      if (created?.topics[0]?.errorCode !== 0) throw new Error(`${name} was not created: ${created?.topics[0]?.errorMessage}`)
    })
    return this.created(name, assignments?.length ?? partitions)
  }

  /** Waits until all brokers know a topic, and all of its partitions are served. */
  readonly created = async (name: string, partitions: number): Promise<StageTopic> => {
    let found: MetadataResponse['topics'][number] | undefined
    for (const brokerId of this.#addresses.keys()) {
      await this.#quietly(
        (kafka) =>
          eventually(`broker ${brokerId + 1} knows ${name}`, async () => {
            found = (await kafka.request(Metadata, 12, { topics: [{ topicId: ZERO_UUID, name }] }))?.topics[0]
            return (
              found?.partitions.length === partitions &&
              found.partitions.every(({ isrNodes, replicaNodes }) => isrNodes.length === replicaNodes.length)
            )
          }),
        brokerId + 1,
      )
    }
    for (const { leaderId, partitionIndex } of found?.partitions ?? []) {
      await this.#quietly(
        (kafka) => eventually(`${name}-${partitionIndex} is served`, () => isServed(kafka, name, partitionIndex)),
        leaderId,
      )
    }
    const topicId = found?.topicId ?? ZERO_UUID
    this.topics.set(topicId, name)
    return { name, topicId }
  }

  /** Creates a topic and waits until the coordinator of groups assigns it, too, to which it comes a little later than to brokers. */
  readonly assignableTopic = async (options: TopicOptions = {}): Promise<StageTopic> => {
    const topic = await this.topic(options)
    const groupId = `${topic.name}-probe`
    const member = { groupId, memberId: 'PPPPPPPPQAAAAAAAAAAAAA', rebalanceTimeoutMs: 10_000, topicPartitions: [] }
    const joining = { ...member, memberEpoch: 0, subscribedTopicNames: [topic.name] }
    await this.#quietly(async (kafka) => {
      await eventually(`${topic.name} is assigned`, async () => {
        const answer = await kafka.request(ConsumerGroupHeartbeat, 1, joining)
        return (answer?.assignment?.topicPartitions.length ?? 0) > 0
      })
      await kafka.request(ConsumerGroupHeartbeat, 1, { ...member, memberEpoch: -1 })
      await kafka.request(DeleteGroups, 2, { groupsNames: [groupId] })
    })
    return topic
  }

  /** The broker that coordinates a group (0) or a transactional id (1). */
  readonly coordinator = (keyType: number, key: string): Promise<number> =>
    this.#quietly(async (kafka) => (await kafka.request(FindCoordinator, 4, { keyType, coordinatorKeys: [key] }))!.coordinators[0]!.nodeId)

  /** A producer id, waited for as long as the cluster has none to give. */
  readonly producer = (): Promise<ProducerName> =>
    this.#quietly(async (kafka) => {
      let producer: ProducerName = { producerId: -1n, producerEpoch: -1 }
      await eventually('there is a producer id', async () => {
        const answer = await kafka.request(InitProducerId, 4, { transactionalId: null, transactionTimeoutMs: 1000 })
        if (answer?.errorCode === 0) producer = { producerId: answer.producerId, producerEpoch: answer.producerEpoch }
        return answer?.errorCode === 0
      })
      return producer
    })

  /** Waits until groups and transactions are coordinated, and there are producer ids. */
  readonly ready = async (): Promise<void> => {
    for (const keyType of [0, 1]) {
      await this.#quietly((kafka) =>
        eventually('a coordinator is there', async () => {
          const answer = await kafka.request(FindCoordinator, 4, { keyType, coordinatorKeys: [this.#name] })
          return answer?.coordinators[0]?.errorCode === 0
        }),
      )
    }
    await this.producer()
  }

  #addressOf(brokerId: number): string {
    const address = this.#addresses[brokerId - 1]
    if (address === undefined) throw new Error(`There is no broker ${brokerId}.`)
    return address
  }

  async #quietly<T>(work: (kafka: RawConnection) => Promise<T>, brokerId = 1): Promise<T> {
    const kafka = await RawConnection.open(this.#addressOf(brokerId), 'stage')
    try {
      return await work(kafka)
    } finally {
      kafka.close()
    }
  }

  close(): void {
    for (const connection of this.#connections) connection.close()
  }
}

async function isServed(kafka: RawConnection, name: string, partitionIndex: number): Promise<boolean> {
  const topics = [{ name, partitions: [{ partitionIndex, timestamp: -1n }] }]
  const answer = await kafka.request(ListOffsets, 6, { replicaId: -1, isolationLevel: 0, topics })
  return answer?.topics[0]?.partitions[0]?.errorCode === 0
}

async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (await holds()) return
    await sleep(PAUSE_MS)
  }
  throw new Error(`It did not come true that ${what}.`)
}

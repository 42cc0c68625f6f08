import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  type AnyApi,
  ApiVersions,
  type BrokerErrorCode,
  brokerErrorCodes,
  EndTxn,
  FindCoordinator,
  InitProducerId,
  Metadata,
  Produce,
  TxnOffsetCommit,
} from '@k/protocol'
import type { FakeBroker, FakePartitionSnapshot, FakeRecord, Simulation } from '@k/testing'
import { type Plan, topicNames } from './plan.ts'

/** What a topic held when it was deleted, or at the end. */
export interface Log {
  readonly topic: string
  readonly records: readonly FakeRecord[]
}

const MOST_PARTITIONS = 6
const plainApis: readonly AnyApi[] = [Produce, Produce, Produce, Produce, Metadata, InitProducerId, ApiVersions]
const transactionalApis: readonly AnyApi[] = [AddPartitionsToTxn, AddOffsetsToTxn, TxnOffsetCommit, EndTxn, EndTxn, EndTxn, FindCoordinator]

const frequent: readonly BrokerErrorCode[] = [
  'NOT_LEADER_OR_FOLLOWER',
  'NOT_ENOUGH_REPLICAS',
  'REQUEST_TIMED_OUT',
  'KAFKA_STORAGE_ERROR',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'MESSAGE_TOO_LARGE',
  'INVALID_RECORD',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR',
  'CONCURRENT_TRANSACTIONS',
  'TRANSACTION_ABORTABLE',
]
// That a batch was taken before must be true.
const refusals = brokerErrorCodes.filter((code) => code !== 'DUPLICATE_SEQUENCE_NUMBER')
// What brokers may say although they have done the work.
const afterAppend: readonly BrokerErrorCode[] = ['REQUEST_TIMED_OUT', 'NETWORK_EXCEPTION', 'KAFKA_STORAGE_ERROR', 'UNKNOWN_SERVER_ERROR']
const afterReplication: readonly BrokerErrorCode[] = [...afterAppend, 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'NOT_LEADER_OR_FOLLOWER']
const afterEnd: readonly BrokerErrorCode[] = ['REQUEST_TIMED_OUT', 'UNKNOWN_SERVER_ERROR', 'COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR']

// UNKNOWN_SERVER_ERROR, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS_AFTER_APPEND.
const lateErrors = [-1, 7, 20]

/** Everything that can go wrong with a cluster, one thing after the other as the seed has it, until {@link heal}. */
export class Disturbances {
  /** What was in topics that were deleted. */
  readonly logs: Log[] = []
  /** Topics whose brokers forgot what producers had written. */
  readonly forgotten = new Set<string>()
  readonly #simulation: Simulation
  readonly #plan: Plan
  readonly #ends = new Set<() => void>()
  readonly #kinds: readonly (() => void)[]

  constructor(simulation: Simulation, plan: Plan) {
    this.#simulation = simulation
    this.#plan = plan
    const fault = () => this.#fault()
    this.#kinds = [
      ...[fault, fault, fault, fault, fault, fault, fault],
      () => this.#damageProduce(),
      () => this.#broker().disconnect(),
      () => this.#kill(),
      () => this.#freeze(),
      () => this.#moveLeader(),
      () => this.#moveLeader(),
      () => this.#removeLeader(),
      () => this.#lagMetadata(),
      () => this.#moveBroker(),
      ...(plan.changesTopics
        ? [() => this.#deleteTopic(), () => this.#deleteTopic(), () => this.#growTopic(), () => this.#growTopic()]
        : []),
      ...(plan.lagsReplicas ? [() => this.#lagReplica(), () => this.#lagReplica()] : []),
      ...(plan.forgets ? [() => this.#forget(), () => this.#forget()] : []),
      ...(plan.isTransactional ? [() => this.#moveCoordinator(), () => this.#moveCoordinator(), () => this.#expire()] : []),
    ]
  }

  async run(): Promise<void> {
    const { random, sleep } = this.#simulation
    for (let i = 0; i < this.#plan.disturbances; i++) {
      await sleep(random.below(random.chance(0.3) ? 250 : 40))
      random.pick(this.#kinds)()
    }
  }

  /** Ends all that is wrong. */
  async heal(): Promise<void> {
    const { kafka } = this.#simulation
    kafka.clearFaults()
    for (const end of [...this.#ends]) end()
    await Promise.all(kafka.brokers.map((broker) => broker.revive()))
    for (const topic of topicNames) {
      const { partitions } = this.#topic(topic) ?? { partitions: [] }
      if (partitions.length === 0) await this.#create(topic)
      for (const { partition, leader, isr } of partitions) if (leader < 0) kafka.moveLeader({ topic, partition }, isr[0]!)
    }
    for (const topic of topicNames) {
      for (const { partition, leader, replicas } of this.#topic(topic)!.partitions) {
        for (const id of replicas) if (id !== leader) kafka.catchUpReplica({ topic, partition }, id)
      }
    }
  }

  #note(text: string): void {
    this.#simulation.note(`disturbance: ${text}`)
  }

  /** Does `end` after a while, or when all is healed. */
  #later(most: number, end: () => void): void {
    const { clock, random } = this.#simulation
    const once = () => {
      if (this.#ends.delete(once)) end()
    }
    this.#ends.add(once)
    clock.setTimer(once, random.below(most))
  }

  #broker(): FakeBroker {
    const { kafka, random } = this.#simulation
    return random.pick(kafka.brokers)
  }

  #aliveBroker(): FakeBroker | undefined {
    const alive = this.#simulation.kafka.brokers.filter(({ isAlive }) => isAlive)
    return alive.length === 0 ? undefined : this.#simulation.random.pick(alive)
  }

  #topic(name: string) {
    return this.#simulation.kafka.snapshot().topics.find((topic) => topic.name === name)
  }

  #partition(): (FakePartitionSnapshot & { readonly topic: string }) | undefined {
    const { random } = this.#simulation
    const topic = random.pick(topicNames)
    const found = this.#topic(topic)
    return found && { topic, ...random.pick(found.partitions) }
  }

  /** Something happens to the next requests of one kind. */
  #fault(): void {
    const { kafka, random } = this.#simulation
    const api = random.pick(this.#plan.isTransactional && random.chance(0.6) ? transactionalApis : plainApis)
    const broker = random.chance(0.5) ? { broker: this.#broker().id } : {}
    const any = random.chance(0.1)
    const chosen = () => (any ? kafka.onAny(broker) : kafka.on(api, broker)).times(random.pick([1, 1, 2, 5]))
    const afterWork = random.chance(0.5)
    const kind = random.below(13)
    this.#note(`${any ? 'any API' : api.name} of ${broker.broker ?? 'any broker'}, kind ${kind}, after the work: ${afterWork}`)
    if (kind <= 2) {
      const code = afterWork
        ? random.pick(this.#codesAfterWork(any ? Produce : api))
        : random.pick(random.chance(0.6) ? frequent : refusals)
      this.#note(code)
      chosen().fail(code, { afterWork })
    } else if (kind <= 4) chosen().disconnect({ afterWork })
    else if (kind === 5) chosen().delay(random.below(random.chance(0.2) ? 1_000 : 80), { afterWork })
    else if (kind === 6) {
      const rule = chosen().hold({ afterWork })
      this.#later(600, () => rule.release())
    } else if (kind === 7) chosen().blackhole({ afterWork })
    else if (kind === 8) chosen().dropAnswer()
    else if (kind === 9) chosen().answerTwice()
    else if (kind === 10) chosen().cutAnswer(random.below(60))
    else if (kind === 11) chosen().throttle(random.below(100))
    else this.#flip(any ? undefined : api)
  }

  #codesAfterWork(api: AnyApi): readonly BrokerErrorCode[] {
    if (api === EndTxn) return afterEnd
    if (api !== Produce) return refusals
    return this.#plan.producers.every(({ acks }) => acks === -1) ? afterReplication : afterAppend
  }

  /**
   * Size and correlation id may be damaged in every run; what lies behind them no client can tell from the truth, and neither an id that becomes
   * that of a request whose answer was dropped: the last byte stays as it is.
   */
  #flip(api: AnyApi | undefined): void {
    const { kafka, random } = this.#simulation
    const chosen = (api === undefined ? kafka.onAny() : kafka.on(api)).once()
    if (this.#plan.lies) chosen.flipBit()
    else if (random.chance(0.3)) chosen.wrongCorrelationId()
    else chosen.flipBit(random.below(56))
  }

  /** An answer for several partitions is wrong in one place. */
  #damageProduce(): void {
    const { kafka, random } = this.#simulation
    const kind = random.below(3)
    const code = random.pick(lateErrors)
    this.#note(`an answer to Produce is damaged, kind ${kind}`)
    const damage = <T extends { readonly errorCode?: number | undefined }>(partitions: readonly T[]): T[] => {
      const chosen = random.below(partitions.length)
      if (kind === 0) return partitions.filter((_, i) => i !== chosen)
      if (kind === 1) return partitions.flatMap((one, i) => (i === chosen ? [one, one] : one))
      return partitions.map((one, i) => (i === chosen && one.errorCode === 0 ? { ...one, errorCode: code } : one))
    }
    kafka
      .on(Produce)
      .once()
      .answer((response) => ({
        ...response,
        responses: response.responses.map((topic) => ({ ...topic, partitionResponses: damage(topic.partitionResponses) })),
      }))
  }

  #kill(): void {
    const broker = this.#broker()
    this.#note(`broker ${broker.id} is killed`)
    void broker.kill()
    this.#later(1_000, () => void broker.revive())
  }

  #freeze(): void {
    const broker = this.#broker()
    this.#note(`broker ${broker.id} is frozen`)
    broker.freeze()
    this.#later(800, () => broker.thaw())
  }

  /** The first one stays where clients begin. */
  #moveBroker(): void {
    const broker = this.#aliveBroker()
    if (broker === undefined || broker.id === 1) return
    this.#note(`broker ${broker.id} moves`)
    void broker.moveTo()
  }

  /** Only to a replica in sync: another one lacks what was acknowledged. */
  #moveLeader(): void {
    const { kafka, random } = this.#simulation
    const partition = this.#partition()
    const isr = partition?.isr.filter((id) => kafka.broker(id).isAlive) ?? []
    if (partition === undefined || isr.length === 0) return
    const leader = random.pick(isr)
    this.#note(`${partition.topic}-${partition.partition} is led by ${leader}`)
    kafka.moveLeader(partition, leader)
  }

  #removeLeader(): void {
    const { kafka } = this.#simulation
    const partition = this.#partition()
    if (partition === undefined) return
    this.#note(`${partition.topic}-${partition.partition} has no leader`)
    kafka.removeLeader(partition)
    this.#later(600, () => {
      const { isr = [], leader } = this.#topic(partition.topic)?.partitions[partition.partition] ?? {}
      const next = isr.find((id) => kafka.broker(id).isAlive)
      if (leader === -1 && next !== undefined) kafka.moveLeader(partition, next)
    })
  }

  #lagMetadata(): void {
    const broker = this.#aliveBroker()
    if (broker === undefined) return
    this.#note(`the metadata of broker ${broker.id} is stale`)
    const lag = broker.lagMetadata()
    this.#later(800, () => lag.release())
  }

  #lagReplica(): void {
    const { kafka, random } = this.#simulation
    const partition = this.#partition()
    const followers = partition?.replicas.filter((id) => id !== partition.leader && kafka.broker(id).isAlive) ?? []
    if (partition === undefined || partition.leader < 0 || followers.length === 0) return
    const id = random.pick(followers)
    const shrinks = random.chance(0.5)
    this.#note(`${partition.topic}-${partition.partition} lags on ${id}, falls out of sync: ${shrinks}`)
    if (shrinks) kafka.shrinkIsr(partition, id)
    else kafka.lagReplica(partition, id)
    this.#later(500, () => {
      const now = this.#topic(partition.topic)?.partitions[partition.partition]
      // It may lead by now, or the topic be another.
      const mayFollow = now !== undefined && now.leader >= 0 && now.leader !== id && now.replicas.includes(id)
      if (mayFollow && kafka.broker(id).isAlive) kafka.catchUpReplica(partition, id)
    })
  }

  #forget(): void {
    const partition = this.#partition()
    if (partition === undefined) return
    this.#note(`${partition.topic}-${partition.partition} knows no producer any more`)
    this.forgotten.add(partition.topic)
    this.#simulation.kafka.forgetProducers(partition)
  }

  #deleteTopic(): void {
    const { kafka, random } = this.#simulation
    const topic = random.pick(topicNames)
    if (this.#topic(topic) === undefined) return
    this.#note(`${topic} is deleted`)
    this.logs.push({ topic, records: kafka.records(topic) })
    void kafka.deleteTopic(topic)
    this.#later(400, () => void this.#create(topic))
  }

  async #create(topic: string): Promise<void> {
    const { kafka, random } = this.#simulation
    const alive = kafka.brokers.filter(({ isAlive }) => isAlive).length
    if (alive === 0 || this.#topic(topic) !== undefined) return
    this.#note(`${topic} is made again`)
    await kafka.createTopic(topic, { numPartitions: 1 + random.below(4), replicationFactor: alive })
  }

  #growTopic(): void {
    const { kafka, random } = this.#simulation
    const topic = random.pick(topicNames)
    const count = this.#topic(topic)?.partitions.length ?? MOST_PARTITIONS
    if (count >= MOST_PARTITIONS || kafka.brokers.some(({ isAlive }) => !isAlive)) return
    this.#note(`${topic} has ${count + 1} partitions`)
    kafka.createPartitions(topic, count + 1)
  }

  #moveCoordinator(): void {
    const { kafka, random } = this.#simulation
    const broker = this.#aliveBroker()
    const ids = kafka.transactions()
    if (broker === undefined || ids.length === 0) return
    const { transactionalId } = random.pick(ids)
    this.#note(`${transactionalId} is coordinated by ${broker.id}`)
    if (random.chance(0.7)) kafka.moveTransactionCoordinator(transactionalId, broker.id)
    else kafka.moveCoordinator(transactionalId, broker.id)
  }

  #expire(): void {
    const { kafka, random } = this.#simulation
    const open = kafka.transactions().filter(({ state }) => state === 'Ongoing')
    if (open.length === 0) return
    const { transactionalId } = random.pick(open)
    this.#note(`the transaction of ${transactionalId} has taken too long`)
    kafka.expireTransaction(transactionalId)
  }
}

import { DeliveryError, type ProduceError, type Producer } from '@k/producer'
import type { Simulation } from '@k/testing'
import type { Ledger, Sent } from './ledger.ts'
import { topicNames } from './plan.ts'

const LAST_ATTEMPTS = 4

/** Hands records to a producer in every way that there is, and enters what it says of them. */
export class Load {
  readonly #simulation: Simulation
  readonly #ledger: Ledger
  readonly #producer: Producer
  readonly #number: number
  readonly #pending: Promise<unknown>[] = []
  /** Enqueued with nobody to tell: the next flush or close says whether any of them failed. */
  #unheard: Sent[] = []

  constructor(simulation: Simulation, ledger: Ledger, producer: Producer, number: number) {
    this.#simulation = simulation
    this.#ledger = ledger
    this.#producer = producer
    this.#number = number
  }

  /** Makes so many calls, with pauses as the seed has them. */
  async run(calls: number): Promise<void> {
    const { random, sleep } = this.#simulation
    for (let i = 0; i < calls; i++) {
      await this.#call()
      if (random.chance(0.5)) await sleep(random.below(random.chance(0.1) ? 300 : 30))
    }
  }

  /** Waits until everything that was handed in is told of. */
  async settled(): Promise<void> {
    await Promise.all(this.#pending)
  }

  async close(timeoutMs: number | undefined): Promise<void> {
    const { clock } = this.#simulation
    const unheard = this.#takeUnheard()
    const started = clock.monotonic()
    await this.#producer.close({ timeoutMs }).then(
      () => this.#tellUnheard(unheard, 'written'),
      (error) => this.#unheardFailed(unheard, error),
    )
    const took = clock.monotonic() - started
    if (timeoutMs !== undefined && took > timeoutMs + 250) this.#ledger.violations.push(`close took ${took} ms of ${timeoutMs}`)
  }

  /** One record for a partition, which must arrive, at the latest when connections and metadata have been made anew. */
  async last(topic: string, partition: number): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const sent = this.#ledger.add(this.#number, topic, 0)
      try {
        this.#ledger.written(sent, await this.#producer.send({ topic, partition, value: sent.value }))
        return
      } catch (error) {
        this.#ledger.failed(sent, error)
        if (attempt < LAST_ATTEMPTS) await this.#simulation.sleep(300)
        else {
          this.#ledger.violations.push(`when all was well again, ${topic}-${partition} was not written: ${error}`)
          return
        }
      }
    }
  }

  async #call(): Promise<void> {
    const { random } = this.#simulation
    const kind = random.below(100)
    if (kind < 35) this.#sendOne()
    else if (kind < 55) this.#sendMany()
    else if (kind < 70) this.#enqueue()
    else if (kind < 78) await this.#enqueueAwaited()
    else if (kind < 84) await this.#flush()
    else if (kind < 92) this.#sendAborted()
    else if (kind < 96) this.#sendBatch()
    else await this.#sendAwaited()
  }

  #record() {
    const { random } = this.#simulation
    const topic = random.pick(topicNames)
    const sent = this.#ledger.add(this.#number, topic, random.below(random.chance(0.05) ? 1_500 : 120))
    const partition = random.chance(0.4) ? random.below(random.chance(0.1) ? 4 : 2) : undefined
    const key = random.chance(0.3) ? `k${random.below(5)}` : undefined
    return { sent, record: { topic, value: sent.value, ...(partition !== undefined && { partition }), ...(key !== undefined && { key }) } }
  }

  #records() {
    const { random } = this.#simulation
    return Array.from({ length: 1 + random.below(12) }, () => this.#record())
  }

  #sendOne(): Promise<void> {
    const { sent, record } = this.#record()
    const sending = this.#producer.send(record).then(
      (metadata) => this.#ledger.written(sent, metadata),
      (error) => this.#ledger.failed(sent, error),
    )
    this.#pending.push(sending)
    return sending
  }

  async #sendAwaited(): Promise<void> {
    for (let i = this.#simulation.random.below(5); i >= 0; i--) await this.#sendOne()
  }

  #sendMany(signal?: AbortSignal): void {
    const records = this.#records()
    const sent = records.map((one) => one.sent)
    const sending = this.#producer.send(
      records.map(({ record }) => record),
      { signal },
    )
    const told = sending.then(
      (result) => this.#ledger.toldMany(sent, result, undefined, false),
      (error) => this.#ledger.toldMany(sent, undefined, error, error === signal?.reason),
    )
    this.#pending.push(told)
  }

  #sendAborted(): void {
    const { random, clock } = this.#simulation
    const controller = new AbortController()
    const { signal } = controller
    if (random.chance(0.1)) controller.abort(new Error('no more'))
    else clock.setTimer(() => controller.abort(new Error('no more')), random.below(random.chance(0.5) ? 5 : 100))
    if (random.chance(0.5)) {
      this.#sendMany(signal)
      return
    }
    const { sent, record } = this.#record()
    const sending = this.#producer.send(record, { signal }).then(
      (metadata) => this.#ledger.written(sent, metadata),
      (error) => this.#ledger.failed(sent, error, error === signal.reason),
    )
    this.#pending.push(sending)
  }

  #enqueue(): void {
    for (const { sent, record } of this.#records()) void this.#enqueued(sent, record, this.#simulation.random.chance(0.7))
  }

  async #enqueueAwaited(): Promise<void> {
    for (const { sent, record } of this.#records()) await this.#enqueued(sent, record, true)
  }

  /** @param isHeard - whether there is a callback */
  async #enqueued(sent: Sent, record: { topic: string; value: string }, isHeard: boolean): Promise<void> {
    sent.at = this.#simulation.clock.monotonic()
    let tell = () => {}
    this.#pending.push(
      new Promise<void>((resolve) => {
        tell = resolve
      }),
    )
    const onDelivery = (error: ProduceError | undefined, metadata: Parameters<Ledger['written']>[1] | undefined) => {
      if (error === undefined) this.#ledger.written(sent, metadata!)
      else this.#ledger.failed(sent, error)
      tell()
    }
    if (!isHeard) {
      sent.isHeard = false
      this.#unheard.push(sent)
      tell()
    }
    try {
      await this.#producer.enqueue(record, isHeard ? { onDelivery } : {})
    } catch (error) {
      this.#unheard = this.#unheard.filter((one) => one !== sent)
      if (sent.told === 'pending') this.#ledger.failed(sent, error)
      tell()
    }
  }

  async #flush(): Promise<void> {
    const unheard = this.#takeUnheard()
    const before = this.#ledger.sent.filter(({ producer, told }) => producer === this.#number && told === 'pending')
    try {
      await this.#producer.flush()
      this.#tellUnheard(unheard, 'written')
    } catch (error) {
      this.#unheardFailed(unheard, error)
      if (!DeliveryError.is(error)) return
    }
    // Promises of what was told before may still be on their way to whoever waits.
    await this.#simulation.sleep(0)
    const late = before.filter(({ told }) => told === 'pending')
    if (late.length > 0 && !this.#unheard.includes(late[0]!)) this.#ledger.violations.push(`flush did not wait for ${late[0]?.name}`)
  }

  #sendBatch(): void {
    const { random } = this.#simulation
    const batch = this.#producer.createBatch()
    const topic = random.pick(topicNames)
    const taken: Sent[] = []
    for (let i = 1 + random.below(5); i > 0; i--) {
      const sent = this.#ledger.add(this.#number, topic, random.below(60))
      const appended = batch.append({ value: sent.value })
      if (appended === undefined) this.#ledger.tell(sent, 'not')
      else taken.push(sent)
    }
    const sending = this.#producer.sendBatch(batch, { topic, partition: random.below(2) }).then(
      (metadata) =>
        taken.forEach((sent, i) => {
          this.#ledger.written(sent, metadata, i)
        }),
      (error) =>
        taken.forEach((sent) => {
          this.#ledger.failed(sent, error)
        }),
    )
    this.#pending.push(sending)
  }

  #takeUnheard(): Sent[] {
    const unheard = this.#unheard
    this.#unheard = []
    return unheard
  }

  #tellUnheard(unheard: readonly Sent[], told: 'written' | 'maybe'): void {
    for (const sent of unheard) if (sent.told === 'pending') this.#ledger.tell(sent, told)
  }

  #unheardFailed(unheard: readonly Sent[], error: unknown): void {
    if (!DeliveryError.is(error) && !(error instanceof Error && 'code' in error && error.code === 'CLOSED'))
      this.#ledger.violations.push(`flush or close failed with ${error}`)
    this.#tellUnheard(unheard, 'maybe')
  }
}

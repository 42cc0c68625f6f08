import type { Log } from './disturbances.ts'
import type { Sent } from './ledger.ts'
import type { Plan, ProducerPlan } from './plan.ts'

/** What may be later than an option says: turns of the event loop, and the way there and back. */
const GRACE_MS = 250

interface Place {
  readonly log: number
  readonly partition: number
  readonly offset: number
}

/** What is broken of what was promised, in sentences. @param logs - of every topic as it was when it was deleted, and as it is */
export function verdictOf(sent: readonly Sent[], logs: readonly Log[], forgotten: ReadonlySet<string>, plan: Plan): string[] {
  const broken: string[] = []
  const places = placesOf(sent, logs, broken)
  for (const one of sent) {
    const producer = plan.producers[one.producer]!
    checkTime(one, producer, broken)
    checkTruth(one, places.get(one) ?? [], producer, broken)
  }
  checkOrder(sent, places, logs, forgotten, plan, broken)
  return broken
}

/** Whatever was handed in has come to an end, and in time. */
export function checkTime(one: Sent, { settings }: ProducerPlan, broken: string[]): void {
  const { maxBlockMs = 60_000, deliveryTimeoutMs = 120_000 } = settings
  if (one.told === 'pending') broken.push(`${one.name} was never told of`)
  else if (one.isHeard && one.toldAt - one.at > maxBlockMs + deliveryTimeoutMs + GRACE_MS)
    broken.push(`${one.name} was told of after ${one.toldAt - one.at} ms`)
}

function placesOf(sent: readonly Sent[], logs: readonly Log[], broken: string[]): Map<Sent, Place[]> {
  const byName = new Map(sent.map((one) => [`${one.topic} ${one.value}`, one]))
  const places = new Map<Sent, Place[]>()
  for (const [log, { topic, records }] of logs.entries()) {
    for (const { partition, offset, value } of records) {
      const one = byName.get(`${topic} ${value}`)
      if (one === undefined) broken.push(`${topic}-${partition} has ${value} at ${offset}, which nobody sent`)
      else places.set(one, [...(places.get(one) ?? []), { log, partition, offset }])
    }
  }
  return places
}

/** What was acknowledged is there, where it was said to be; what was said not to be written is not. */
function checkTruth(one: Sent, places: readonly Place[], { acks }: ProducerPlan, broken: string[]): void {
  const { told, name, topic, partition, offset } = one
  const where = places.map((place) => `${topic}-${place.partition}@${place.offset}`).join(', ') || 'nowhere'
  if (told === 'not' && places.length > 0) broken.push(`${name} was said not to be written, and is at ${where}: ${one.error}`)
  if (told !== 'written' || acks === 0) return
  if (places.length === 0) broken.push(`${name} was acknowledged at ${topic}-${partition}@${offset}, and is lost`)
  else if (offset >= 0 && !places.some((place) => place.partition === partition && place.offset === offset))
    broken.push(`${name} was acknowledged at ${topic}-${partition}@${offset}, and is at ${where}`)
}

/** Nothing is there twice, and everything in the order of the calls. */
function checkOrder(
  sent: readonly Sent[],
  places: ReadonlyMap<Sent, readonly Place[]>,
  logs: readonly Log[],
  forgotten: ReadonlySet<string>,
  plan: Plan,
  broken: string[],
): void {
  const last = new Map<string, { readonly one: Sent; readonly offset: number }>()
  for (const one of sent) {
    const { isIdempotent, acks, settings } = plan.producers[one.producer]!
    const isStrict = isIdempotent && !forgotten.has(one.topic)
    // What is never sent again may still be divided, and then overtaken by what was on its way behind it.
    const isOrdered = isIdempotent || settings.retries !== 0 || settings.maxInFlightRequestsPerConnection === 1
    if (!isOrdered || (!isIdempotent && (acks === 0 || one.told !== 'written'))) continue
    for (const [where, all] of byPartition(places.get(one) ?? [])) {
      const { topic } = logs[all[0]!.log]!
      if (all.length > 1 && (isStrict || (settings.retries === 0 && !isIdempotent))) {
        broken.push(`${one.name} is in ${topic}-${all[0]!.partition} ${all.length} times`)
      }
      const offset = Math.min(...all.map((place) => place.offset))
      const before = last.get(`${one.producer} ${where}`)
      if (before !== undefined && before.offset > offset)
        broken.push(`${one.name} comes before ${before.one.name} in ${topic}-${all[0]!.partition}`)
      last.set(`${one.producer} ${where}`, { one, offset })
    }
  }
}

function byPartition(places: readonly Place[]): Map<string, Place[]> {
  const groups = new Map<string, Place[]>()
  for (const place of places) {
    const where = `${place.log} ${place.partition}`
    groups.set(where, [...(groups.get(where) ?? []), place])
  }
  return groups
}

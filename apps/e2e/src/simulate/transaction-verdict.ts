import type { FakeCluster, FakeRecord } from '@k/testing'
import type { Plan } from './plan.ts'
import type { SentTransaction, TransactionLoad } from './transaction-load.ts'
import { checkTime } from './verdict.ts'

/** What is broken of what transactions promise, in sentences: all of one or nothing, and offsets with it. */
export function transactionVerdictOf(kafka: FakeCluster, loads: readonly TransactionLoad[], plan: Plan): string[] {
  const broken: string[] = []
  const topics = kafka.snapshot().topics
  const committed = topics.flatMap(({ name }) => kafka.records(name, { isolationLevel: 'read_committed' }))
  const counts = new Map<string, number>()
  for (const { topic, value } of committed) counts.set(`${topic} ${value}`, (counts.get(`${topic} ${value}`) ?? 0) + 1)
  for (const { name, partitions } of topics) {
    for (const { partition, lastStableOffset, logEndOffset } of partitions) {
      if (lastStableOffset !== logEndOffset) broken.push(`a transaction hangs in ${name}-${partition} at ${lastStableOffset}`)
    }
  }
  for (const { transactions, transactionalId } of loads) {
    let offset: number | undefined
    for (const one of transactions) {
      for (const sent of one.sent) checkTime(sent, plan.producers[sent.producer]!, broken)
      if (checkAtomicity(one, counts, broken) && one.offset > 0) offset = Math.max(offset ?? 0, one.offset)
    }
    const found = kafka.committed(transactionalId)[0]?.offset
    if (found !== offset) broken.push(`the offset of ${transactionalId} is ${found}, and should be ${offset}`)
  }
  checkOrder(committed, loads, broken)
  return broken
}

/** Answers whether the transaction is visible. */
function checkAtomicity({ sent, end }: SentTransaction, counts: ReadonlyMap<string, number>, broken: string[]): boolean {
  const found = sent.map(({ topic, value }) => counts.get(`${topic} ${value}`) ?? 0)
  const name = `the transaction of ${sent[0]?.name}, ${end},`
  const visible = found.filter((count) => count > 0).length
  if (found.some((count) => count > 1)) broken.push(`${name} is visible twice`)
  if (end === undefined) broken.push(`${name} never ended`)
  if (end === 'committed' && visible < sent.length) broken.push(`${name} has ${visible} of ${sent.length} records`)
  if (end === 'aborted' && visible > 0) broken.push(`${name} is visible: ${visible} of ${sent.length} records`)
  if (end === 'unknown' && visible > 0 && visible < sent.length)
    broken.push(`${name} is neither all nor nothing: ${visible} of ${sent.length}`)
  return visible > 0
}

function checkOrder(committed: readonly FakeRecord[], loads: readonly TransactionLoad[], broken: string[]): void {
  const all = new Map(loads.flatMap(({ transactions }) => transactions.flatMap(({ sent }) => sent.map((one) => [one.value, one] as const))))
  const last = new Map<string, number>()
  for (const { topic, partition, value } of committed) {
    const one = all.get(`${value}`)
    if (one === undefined) {
      broken.push(`${topic}-${partition} has ${value}, which nobody sent`)
      continue
    }
    const where = `${topic}-${partition} ${one.producer}`
    if ((last.get(where) ?? -1) >= one.index) broken.push(`${one.name} comes too late in ${topic}-${partition}`)
    last.set(where, one.index)
  }
}

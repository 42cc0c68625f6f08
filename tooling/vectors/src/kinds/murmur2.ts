import { defaultPartitioner } from '@k/producer'
import { expectSame } from '../outcome.ts'

interface Murmur2Vector {
  readonly hex: string
  /** The hash without its sign, which chooses the partition. */
  readonly positive: number
  readonly partitions: readonly (readonly [count: number, partition: number])[]
}

const partitioner = defaultPartitioner().forTopic('topic', {
  batchSize: 16384,
  random: { next: () => 0 },
  ignoreKeys: false,
  isAdaptive: true,
  load: () => 0,
})

/** The partition of a key among `count`, which are counted and not looked at. */
function partitionOf(key: Buffer | string, count: number): number {
  const partitions = new Array<number>(count)
  return partitioner.partition(key, { topic: 'topic', partitions, available: partitions })
}

/** Where records with a key go, be it bytes or text. */
export function checkMurmur2({ hex, positive, partitions }: Murmur2Vector): void {
  const bytes = Buffer.from(hex, 'hex')
  const text = bytes.toString()
  const keys = Buffer.from(text).equals(bytes) ? [bytes, text] : [bytes]
  for (const key of keys) {
    // As many partitions as there are hashes, so that each has its own.
    expectSame(`hash of ${typeof key}`, positive, partitionOf(key, 2 ** 31))
    for (const [count, partition] of partitions) expectSame(`partition of ${count}, ${typeof key}`, partition, partitionOf(key, count))
  }
}

import * as producer from '@k/producer'
import { expectSame, NotBuilt } from '../outcome.ts'

interface Murmur2Vector {
  readonly hex: string
  readonly murmur2: number
  readonly positive: number
  readonly partitions: readonly (readonly [count: number, partition: number])[]
}

interface KeyHash {
  readonly murmur2?: (bytes: Uint8Array) => number
  readonly partitionOfKey?: (key: Uint8Array, count: number) => number
}

/** The hash of keys, and the partitions that it leads to. */
export function checkMurmur2(vector: Murmur2Vector): void {
  const { murmur2, partitionOfKey } = producer as KeyHash
  if (murmur2 === undefined || partitionOfKey === undefined) throw new NotBuilt('murmur2')
  const key = Buffer.from(vector.hex, 'hex')
  const hash = murmur2(key)
  expectSame('murmur2', vector.murmur2, hash)
  expectSame('positive', vector.positive, hash & 0x7fffffff)
  for (const [count, partition] of vector.partitions) expectSame(`partition of ${count}`, partition, partitionOfKey(key, count))
}

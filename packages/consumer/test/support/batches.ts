import { type BatchFields, type Codec, Codecs, RecordBatchBuilder } from '@k/protocol'
import { FetchedPartition } from '../../src/fetched-partition.ts'
import { PartitionState } from '../../src/partition-state.ts'

/** How tests decode. */
export const settings = { codecs: new Codecs(), checkCrcs: true, maxDecompressedBytes: 1_000_000 }

/** The bytes of a batch whose records hold their offsets as text. */
export function batchOf(offsets: readonly number[], o: BatchFields & { codec?: Codec; baseOffset?: number } = {}): Buffer {
  const { baseOffset = offsets[0] ?? 0, ...fields } = o
  const builder = new RecordBatchBuilder()
  for (const offset of offsets) builder.appendAt(offset - baseOffset, 1_700_000_000_000, null, String(offset))
  return builder.close({ baseOffset, ...fields }) as Buffer
}

/** `from` to `to` - 1. */
export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** A partition that is being read from an offset. */
export function fetchable(topic = 'orders', partition = 0, position = 0): PartitionState {
  const state = new PartitionState(topic, partition, 'policy')
  state.resolve(position)
  return state
}

/** What a fetch at the state's fetch offset brought. */
export function fetched(state: PartitionState, bytes: Buffer, o: Partial<typeof settings> = {}): FetchedPartition {
  const one = new FetchedPartition(state, bytes, state.fetchOffset, { ...settings, ...o })
  state.advanceFetch(one.endOffset)
  return one
}

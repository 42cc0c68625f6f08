import { DecodeError } from '../errors/decode-error.ts'

/** What a control record says. `UNKNOWN` is one that a newer Kafka may have: to be skipped. */
export type ControlType =
  | 'ABORT'
  | 'COMMIT'
  | 'LEADER_CHANGE'
  | 'SNAPSHOT_HEADER'
  | 'SNAPSHOT_FOOTER'
  | 'KRAFT_VERSION'
  | 'KRAFT_VOTERS'
  | 'UNKNOWN'

// By number, as the specification of control records has them.
const controlTypes: readonly Exclude<ControlType, 'UNKNOWN'>[] = [
  'ABORT',
  'COMMIT',
  'LEADER_CHANGE',
  'SNAPSHOT_HEADER',
  'SNAPSHOT_FOOTER',
  'KRAFT_VERSION',
  'KRAFT_VOTERS',
]

/**
 * What a record of a control batch says: its type stands in its key.
 * @throws DecodeError for a key that is none of a control record
 */
export function readControlType(key: Uint8Array | null): ControlType {
  if (key === null || key.length < 4)
    throw new DecodeError(`a control record has a key of ${key?.length ?? 'no'} bytes; it must have 4 at least`)
  const view = new DataView(key.buffer, key.byteOffset, key.length)
  const version = view.getInt16(0)
  if (version < 0) throw new DecodeError(`a control record has version ${version}`)
  return controlTypes[view.getInt16(2)] ?? 'UNKNOWN'
}

/** The key of a control record: what {@link readControlType} reads. Only brokers write them. */
export function controlRecordKey(type: Exclude<ControlType, 'UNKNOWN'>): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(controlTypes.indexOf(type), 2)
  return key
}

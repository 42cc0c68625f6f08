/** What the time of a record means: set by its producer, or by the broker that appended it. */
export type TimestampType = 'CreateTime' | 'LogAppendTime'

/** Where an acknowledged record is. */
export class RecordMetadata {
  /** Where the record was sent to. */
  readonly topic: string = ''
  /** From 0; -1 while none was chosen. */
  readonly partition: number = -1
  /** Its offset; -1 where nobody knows it: with acks 0, and where a broker recognised a repeated record but had forgotten its place. */
  readonly offset: number = -1
  /** Milliseconds since the epoch. */
  // Undefined, not a number, until there is one: all records of a tick share the object that V8 makes of it then.
  readonly timestamp!: number
  /** Whose time that is. */
  readonly timestampType: TimestampType = 'CreateTime'
  /** The first offset that the partition still had; -1 where the broker did not say. */
  readonly logStartOffset: number = -1
  /** Bytes of the key; -1 for none. */
  readonly serializedKeySize: number = -1
  /** Bytes of the value; -1 for null. */
  readonly serializedValueSize: number = -1

  /** Whether `offset` is known. */
  get hasOffset(): boolean {
    return this.offset >= 0
  }
}

/** The same object, as the rooms that fill it on its way see it. */
export type UnfinishedMetadata = { -readonly [P in keyof RecordMetadata]: RecordMetadata[P] }

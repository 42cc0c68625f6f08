/** What the process of a producer held while it handed in more than its broker took. */
export interface Growth {
  /** MiB at the first 1,000 records. */
  readonly before: number
  /** The most MiB at any time after that. */
  readonly most: number
  /** MiB at the end of every tenth of the time. */
  readonly tenths: readonly number[]
  /** MiB that it may have grown by. */
  readonly allowed: number
  readonly records: number
  /** How often a record had to wait for room. */
  readonly waits: number
}

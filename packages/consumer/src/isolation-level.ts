/** Which records a consumer reads: all of them, or of transactions only those that are committed. Kafka: `isolation.level` */
export type IsolationLevel = 'read_uncommitted' | 'read_committed'

/** How requests say it. */
export function isolationByte(level: IsolationLevel): 0 | 1 {
  return level === 'read_committed' ? 1 : 0
}

/** A record as a judge gives or gets it; keys, values and headers are text. */
export interface JudgedRecord {
  /** Undefined where the judge's partitioner is to choose. */
  partition?: number
  /** Undefined for what is to be produced. */
  offset?: number
  /** Milliseconds since the epoch; undefined for what is to be produced. */
  timestamp?: number
  key: string | null
  value: string | null
  headers: [name: string, value: string | null][]
}

export interface JudgedPartition {
  partition: number
  leader: number
  replicas: number[]
  isr: number[]
}

export interface JudgedOffset {
  topic: string
  partition: number
  offset: number
}

export interface JudgedGroup {
  state: string
  /** The partitions of each member, as texts like `orders-0`, sorted. */
  members: string[][]
}

export interface JudgedSend {
  topic: string
  records: readonly JudgedRecord[]
  compression?: 'none' | 'gzip'
}

/** One transaction: what is sent in it, what a group has read for it, and how it ends. */
export interface JudgedTransaction extends JudgedSend {
  transactionalId: string
  end: 'commit' | 'abort'
  offsets?: { group: string; offsets: readonly JudgedOffset[] }
}

/** A member of a group; it commits by itself, every 100 ms or more often. */
export interface JudgedMember {
  /** All that it has got up to now, in its order. */
  seen(): Promise<JudgedRecord[]>
  /** Leaves the group as a client in good order does. */
  leave(): Promise<void>
}

/** A client that knows nothing of this project, as the claims about `FakeCluster` use it. What a judge has no call for is absent. */
export interface Judge {
  createTopic(topic: string, o: { partitions: number; replicationFactor: number; configs?: Record<string, string> }): Promise<void>
  deleteTopic(topic: string): Promise<void>
  topics(): Promise<string[]>
  partitions(topic: string): Promise<JudgedPartition[]>
  createPartitions(topic: string, count: number): Promise<void>
  configs(topic: string): Promise<Record<string, string>>
  alterConfigs(topic: string, configs: Record<string, string>): Promise<void>
  deleteRecords?(topic: string, partition: number, before: number): Promise<void>
  groups(): Promise<string[]>
  group?(group: string): Promise<JudgedGroup>
  deleteGroup?(group: string): Promise<void>
  offsets(group: string): Promise<JudgedOffset[]>
  /** Commits for a group that has no members. */
  commit(group: string, offset: JudgedOffset): Promise<void>
  send(o: JudgedSend): Promise<void>
  transaction?(o: JudgedTransaction): Promise<void>
  /** Reads a topic of one partition from its beginning. */
  read(topic: string, o: { count: number; isolationLevel?: 'read_committed' | 'read_uncommitted' }): Promise<JudgedRecord[]>
  join(group: string, topic: string): Promise<JudgedMember>
  close(): Promise<void>
}

/** The texts of sorted partitions, as `JudgedGroup` has them. */
export const partitionsOf = (topic: string, partitions: readonly number[]): string[] =>
  [...partitions].sort((a, b) => a - b).map((partition) => `${topic}-${partition}`)

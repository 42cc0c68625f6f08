/** As whom a consumer commits, and a transaction sends offsets. */
export interface GroupMetadata {
  /** Kafka: `group.id` */
  readonly groupId: string
  /** -1 where the consumer is not a member: partitions assigned by hand. */
  readonly generationId: number
  /** Empty where the consumer is not a member. */
  readonly memberId: string
  /** Kafka: `group.instance.id`; undefined for members that are not static. */
  readonly groupInstanceId: string | undefined
  /** Whether the consumer commits by itself (`enableAutoCommit`): then a transaction takes no offsets of it, which would count although it was aborted. */
  readonly enableAutoCommit?: boolean | undefined
}

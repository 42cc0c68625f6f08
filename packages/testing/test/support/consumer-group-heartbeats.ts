import { ConsumerGroupHeartbeat, type ConsumerGroupHeartbeatResponse, type RequestInputOf } from '@k/protocol'
import type { RawClient } from './raw-client.ts'

type Fields = Partial<RequestInputOf<typeof ConsumerGroupHeartbeat>>

/** A member of a consumer group that does what a test tells it, and remembers what it hears. */
export class RawMember {
  readonly #client: RawClient
  readonly groupId: string
  readonly memberId: string
  readonly instanceId: string | null
  epoch = 0
  /** What it was given last, by topic id. */
  assignment: Readonly<Record<string, readonly number[]>> = {}

  constructor(client: RawClient, memberId: string, { groupId = 'g', instanceId = null as string | null } = {}) {
    this.#client = client
    this.groupId = groupId
    this.memberId = memberId
    this.instanceId = instanceId
  }

  /** Sends one heartbeat with these fields, in the epoch heard last. */
  async heartbeat(fields: Fields = {}): Promise<ConsumerGroupHeartbeatResponse> {
    const { groupId, memberId, instanceId, epoch: memberEpoch } = this
    const answer = await this.#client.request(ConsumerGroupHeartbeat, 1, { groupId, memberId, instanceId, memberEpoch, ...fields })
    if (answer.errorCode !== 0) return answer
    this.epoch = answer.memberEpoch
    if (answer.assignment !== null) {
      this.assignment = Object.fromEntries(answer.assignment.topicPartitions.map(({ topicId, partitions }) => [topicId, partitions]))
    }
    return answer
  }

  join(fields: Fields = {}): Promise<ConsumerGroupHeartbeatResponse> {
    return this.heartbeat({ memberEpoch: 0, rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [], ...fields })
  }

  /** Says that it holds what it was given, and nothing else. */
  acknowledge(): Promise<ConsumerGroupHeartbeatResponse> {
    const topicPartitions = Object.entries(this.assignment).map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] }))
    return this.heartbeat({ topicPartitions })
  }

  leave(): Promise<ConsumerGroupHeartbeatResponse> {
    return this.heartbeat({ memberEpoch: -1 })
  }

  /** All its partitions, whatever their topic. */
  get partitions(): number[] {
    return Object.values(this.assignment).flat()
  }
}

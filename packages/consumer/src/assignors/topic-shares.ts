import type { AssignorMember, AssignorTopic } from './assignor.ts'

/** How far the dealing out of one topic has come: who may take how many more, and what is left. */
export class TopicShares {
  readonly topic: string
  readonly partitionCount: number
  /** Subscribers, in the order in which they are served. */
  readonly memberIds: readonly string[]
  /** Whether reading within racks is possible, and makes a difference. */
  readonly racksMatter: boolean
  /** Partitions that nobody has yet, in order. */
  readonly unassigned: Set<number>
  readonly #racksOfPartition: readonly ReadonlySet<string>[]
  readonly #rackOfMember: ReadonlyMap<string, string | undefined>
  readonly #taken = new Map<string, number>()
  readonly #share: number
  #extras: number

  /** @param members - the subscribers, in the order in which they are served */
  constructor({ topic, partitions }: AssignorTopic, members: readonly AssignorMember[]) {
    this.topic = topic
    this.partitionCount = partitions.length
    this.memberIds = members.map((member) => member.memberId)
    this.unassigned = new Set(partitions.keys())
    this.#racksOfPartition = partitions.map((racks) => new Set(racks))
    this.#rackOfMember = new Map(members.map((member) => [member.memberId, member.rackId]))
    this.#share = members.length === 0 ? 0 : Math.floor(partitions.length / members.length)
    this.#extras = members.length === 0 ? 0 : partitions.length % members.length
    this.racksMatter = this.#racksMatter()
  }

  /** Whether a replica of the partition is in the member's rack; members without a rack are at home everywhere. */
  isInRackOf(memberId: string, partition: number): boolean {
    const rack = this.#rackOfMember.get(memberId)
    return rack === undefined || this.#racksOfPartition[partition]!.has(rack)
  }

  /** How many partitions more the member may take. */
  roomOf(memberId: string): number {
    return Math.max(0, this.#share + (this.#extras > 0 ? 1 : 0) - (this.#taken.get(memberId) ?? 0))
  }

  take(memberId: string, partitions: readonly number[]): void {
    const taken = (this.#taken.get(memberId) ?? 0) + partitions.length
    this.#taken.set(memberId, taken)
    if (taken > this.#share) this.#extras--
    for (const partition of partitions) this.unassigned.delete(partition)
  }

  #racksMatter(): boolean {
    const ofMembers = new Set([...this.#rackOfMember.values()].filter((rack) => rack !== undefined))
    const ofPartitions = new Set(this.#racksOfPartition.flatMap((racks) => [...racks]))
    if (![...ofMembers].some((rack) => ofPartitions.has(rack))) return false
    return !this.#racksOfPartition.every((racks) => racks.size === ofPartitions.size)
  }
}

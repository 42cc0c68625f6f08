import { KafkaError } from '@k/protocol'
import type { ClusterState } from './cluster-state.ts'
import { type FakeGroup, snapshotOf } from './fake-group.ts'

/** An offset that a group has committed, as {@link FakeCluster.committed} shows it. */
export interface FakeCommittedOffset {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** The offset of the next record to read. */
  readonly offset: number
  /** What the client had to say about it; empty where nothing. */
  readonly metadata: string
}

/** How far a group is behind in a partition, as {@link FakeCluster.lag} shows it. */
export interface FakeLag {
  /** The topic's name. */
  readonly topic: string
  /** The partition's number. */
  readonly partition: number
  /** The offset of the next record to read; null where none is committed. */
  readonly committed: number | null
  /** The partition's high watermark. */
  readonly end: number
  /** The records between the two; all there are where nothing is committed. */
  readonly lag: number
}

/** What a test does to groups, behind the methods of `FakeCluster`, which say what each of them is for. */
export class GroupControl {
  readonly #state: ClusterState

  constructor(state: ClusterState) {
    this.#state = state
  }

  /** @throws KafkaError INVALID_ARGUMENT where the broker is down */
  moveCoordinator(group: string, brokerId: number): void {
    if (!this.#state.brokers.get(brokerId)?.isAlive) {
      throw new KafkaError('INVALID_ARGUMENT', `broker ${brokerId} cannot coordinate ${group}: it is down`)
    }
    this.#state.moveCoordinator(group, brokerId)
  }

  committed(group: string): FakeCommittedOffset[] {
    const all = this.#state.groups.offsets.all(group)
    return all.map(({ topic, partition, offset, metadata }) => ({ topic, partition, offset: Number(offset), metadata }))
  }

  /** Of the partitions that have an offset and of those that members hold, by topic and partition. */
  lag(group: string): FakeLag[] {
    const { offsets } = this.#state.groups
    const held = this.snapshot(group)?.members.flatMap(({ assignment }) => assignment) ?? []
    const names = new Set([...offsets.all(group), ...held].map(({ topic }) => topic))
    return [...names].sort().flatMap((topic) => {
      const partitions = this.#state.topic(topic)?.partitions ?? []
      return partitions.flatMap(({ index, log }) => {
        const offset = offsets.get(group, topic, index)?.offset
        if (offset === undefined && !held.some((each) => each.topic === topic && each.partition === index)) return []
        const committed = offset === undefined ? null : Number(offset)
        const end = log.highWatermark
        return [{ topic, partition: index, committed, end, lag: Math.max(0, end - (committed ?? log.startOffset)) }]
      })
    })
  }

  snapshot(group: string): FakeGroup | undefined {
    const found = this.#state.groups.group(group)
    return found === undefined ? undefined : snapshotOf(found, this.#state)
  }

  /** @throws KafkaError INVALID_ARGUMENT where there is no such member */
  expireSession(group: string, member: string): void {
    if (!this.#state.groups.strike(group, member, 'expire')) throw this.#noMember(group, member)
    this.#state.changed()
  }

  /** @throws KafkaError INVALID_ARGUMENT where there is no such member, or one that nothing can fence */
  fenceMember(group: string, member: string): void {
    if (!this.#state.groups.strike(group, member, 'fence')) {
      const isThere = this.snapshot(group)?.members.some(({ memberId }) => memberId === member)
      if (!isThere) throw this.#noMember(group, member)
      throw new KafkaError(
        'INVALID_ARGUMENT',
        `${member} cannot be fenced: in a classic group only members with a group instance id can; end its session`,
      )
    }
    this.#state.changed()
  }

  #noMember(group: string, member: string): KafkaError {
    const members = this.snapshot(group)
      ?.members.map(({ memberId }) => memberId)
      .join(', ')
    const known = members === undefined ? 'there is no such group' : `its members are ${members || 'none'}`
    return new KafkaError('INVALID_ARGUMENT', `${member} is no member of group ${group}: ${known}`)
  }
}

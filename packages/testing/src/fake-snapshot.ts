import type { ClusterState } from './cluster-state.ts'
import type { FakeGroup } from './fake-group.ts'
import type { FakeCommittedOffset, GroupControl } from './group-control.ts'
import type { Partition } from './partition.ts'
import type { FakeTransaction, TransactionControl } from './transaction-control.ts'

/** A partition in a {@link FakeSnapshot}. */
export interface FakePartitionSnapshot {
  /** Its number. */
  readonly partition: number
  /** The broker that leads it; -1 where none does. */
  readonly leader: number
  /** How often another leader was chosen. */
  readonly leaderEpoch: number
  /** The brokers that hold it. */
  readonly replicas: readonly number[]
  /** Those of them that are in sync. */
  readonly isr: readonly number[]
  /** The first offset that can be read. */
  readonly logStartOffset: number
  /** Up to where committed records of transactions can be read. */
  readonly lastStableOffset: number
  /** Up to where every replica in sync has everything, so that it can be read. */
  readonly highWatermark: number
  /** The offset that the next record gets. */
  readonly logEndOffset: number
}

/** How a cluster stands: plain values that do not change any more, and that JSON can hold. */
export interface FakeSnapshot {
  /** 22 characters of base64url. */
  readonly clusterId: string
  /** The release that it poses as. */
  readonly version: string
  /** The broker that answers for the controller; -1 where none is up. */
  readonly controller: number
  /** All of them, killed ones included, by id. */
  readonly brokers: readonly {
    readonly id: number
    /** `host:port` */
    readonly address: string
    readonly rack: string | null
    readonly isAlive: boolean
  }[]
  /** In the order in which they were made. */
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitions: readonly FakePartitionSnapshot[]
  }[]
  /** Every group, with what it has committed. */
  readonly groups: readonly (FakeGroup & {
    /** The broker that coordinates it; -1 where none is up. */
    readonly coordinator: number
    readonly committed: readonly FakeCommittedOffset[]
  })[]
  /** Every transactional id. */
  readonly transactions: readonly (Omit<FakeTransaction, 'producerId'> & {
    /** As a text: JSON has no numbers of 64 bits. */
    readonly producerId: string
    /** The broker that coordinates it; -1 where none is up. */
    readonly coordinator: number
  })[]
}

/** How a cluster stands now. */
export function snapshotOf(cluster: ClusterState, groups: GroupControl, transactions: TransactionControl): FakeSnapshot {
  return {
    clusterId: cluster.clusterId,
    version: cluster.options.release.version,
    controller: cluster.controllerId,
    brokers: [...cluster.brokers.values()].map(({ id, host, port, rack, isAlive }) => {
      return { id, address: `${host}:${port}`, rack: rack ?? null, isAlive }
    }),
    topics: cluster.topics.map(({ name, topicId, partitions }) => ({ name, topicId, partitions: partitions.map(partitionSnapshot) })),
    groups: cluster.groups.all().map(({ groupId }) => ({
      ...(groups.snapshot(groupId) as FakeGroup),
      coordinator: cluster.coordinatorOf('group', groupId)?.id ?? -1,
      committed: groups.committed(groupId),
    })),
    transactions: transactions.all().map((transaction) => ({
      ...transaction,
      producerId: String(transaction.producerId),
      coordinator: cluster.coordinatorOf('transaction', transaction.transactionalId)?.id ?? -1,
    })),
  }
}

function partitionSnapshot({ index, leader, leaderEpoch, replicas, isr, log, lastStableOffset }: Partition): FakePartitionSnapshot {
  return {
    partition: index,
    leader,
    leaderEpoch,
    replicas: [...replicas],
    isr: [...isr],
    logStartOffset: log.startOffset,
    lastStableOffset,
    highWatermark: log.highWatermark,
    logEndOffset: log.endOffset,
  }
}

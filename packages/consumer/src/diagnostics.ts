import { DiagnosticsChannel } from '@k/network'
import type { TopicPartition, TopicPartitionOffset } from './topic-partition.ts'

/** Which consumer a message speaks of. */
export interface ConsumerFacts {
  /** Kafka: `client.id` */
  readonly clientId: string
  /** Kafka: `group.id`; undefined without a group. */
  readonly groupId: string | undefined
}

/** Partitions that a consumer has gained or given up. */
export interface PartitionsMessage extends ConsumerFacts {
  /** The partitions that it is about. */
  readonly partitions: readonly TopicPartition[]
}

/** Channels of this package. The prefix of every name is the package's. */
export const diagnostics = {
  /** Partitions have come. */
  partitionsAssigned: /* @__PURE__ */ new DiagnosticsChannel<PartitionsMessage>('@k/consumer:partitions:assigned'),
  /** Partitions have gone, in good order. */
  partitionsRevoked: /* @__PURE__ */ new DiagnosticsChannel<PartitionsMessage>('@k/consumer:partitions:revoked'),
  /** Partitions were lost: others may have them already. */
  partitionsLost: /* @__PURE__ */ new DiagnosticsChannel<PartitionsMessage>('@k/consumer:partitions:lost'),
  /** A position does not exist any more, and is found anew by `autoOffsetReset`. */
  positionReset: /* @__PURE__ */ new DiagnosticsChannel<
    ConsumerFacts & { readonly topic: string; readonly partition: number; readonly position: number; readonly why: string }
  >('@k/consumer:position:reset'),
  /** Offsets were committed, or could not be. */
  offsetsCommitted: /* @__PURE__ */ new DiagnosticsChannel<
    ConsumerFacts & { readonly offsets: readonly TopicPartitionOffset[]; readonly elapsedMs: number; readonly error: unknown }
  >('@k/consumer:offsets:committed'),
  /** The consumer reads no more. */
  consumerFailed: /* @__PURE__ */ new DiagnosticsChannel<ConsumerFacts & { readonly error: unknown }>('@k/consumer:consumer:failed'),
}

import type { ConfigDefinition } from './config-definition.ts'

/** A config of topics. */
export interface TopicConfigDefinition extends ConfigDefinition {
  readonly value: string
  /** The config of brokers that gives the default. */
  readonly synonym?: string
}

const MAX_LONG = '9223372036854775807'
const compressionTypes = ['uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer']

// Source: the topic configs of Apache Kafka 4.3.
export const topicConfigDefinitions: Readonly<Record<string, TopicConfigDefinition>> = {
  'cleanup.policy': { type: 'list', value: 'delete', allowed: ['compact', 'delete'], synonym: 'log.cleanup.policy' },
  'compression.gzip.level': { type: 'int', value: '-1', min: -1, max: 9, synonym: 'compression.gzip.level' },
  'compression.lz4.level': { type: 'int', value: '9', min: 1, max: 17, synonym: 'compression.lz4.level' },
  'compression.type': { type: 'string', value: 'producer', allowed: compressionTypes, synonym: 'compression.type' },
  'compression.zstd.level': { type: 'int', value: '3', min: -131072, max: 22, synonym: 'compression.zstd.level' },
  'delete.retention.ms': { type: 'long', value: '86400000', min: 0, synonym: 'log.cleaner.delete.retention.ms' },
  'file.delete.delay.ms': { type: 'long', value: '60000', min: 0, synonym: 'log.segment.delete.delay.ms' },
  'flush.messages': { type: 'long', value: MAX_LONG, min: 1, synonym: 'log.flush.interval.messages' },
  'flush.ms': { type: 'long', value: MAX_LONG, min: 0, synonym: 'log.flush.interval.ms' },
  'follower.replication.throttled.replicas': { type: 'list', value: '' },
  'index.interval.bytes': { type: 'int', value: '4096', min: 0, synonym: 'log.index.interval.bytes' },
  'leader.replication.throttled.replicas': { type: 'list', value: '' },
  'local.retention.bytes': { type: 'long', value: '-2', min: -2, synonym: 'log.local.retention.bytes' },
  'local.retention.ms': { type: 'long', value: '-2', min: -2, synonym: 'log.local.retention.ms' },
  'max.compaction.lag.ms': { type: 'long', value: MAX_LONG, min: 1, synonym: 'log.cleaner.max.compaction.lag.ms' },
  'max.message.bytes': { type: 'int', value: '1048588', min: 0, synonym: 'message.max.bytes' },
  'message.timestamp.after.max.ms': { type: 'long', value: '3600000', min: 0, synonym: 'log.message.timestamp.after.max.ms' },
  'message.timestamp.before.max.ms': { type: 'long', value: MAX_LONG, min: 0, synonym: 'log.message.timestamp.before.max.ms' },
  'message.timestamp.type': {
    type: 'string',
    value: 'CreateTime',
    allowed: ['CreateTime', 'LogAppendTime'],
    synonym: 'log.message.timestamp.type',
  },
  'min.cleanable.dirty.ratio': { type: 'double', value: '0.5', min: 0, max: 1, synonym: 'log.cleaner.min.cleanable.ratio' },
  'min.compaction.lag.ms': { type: 'long', value: '0', min: 0, synonym: 'log.cleaner.min.compaction.lag.ms' },
  'min.insync.replicas': { type: 'int', value: '1', min: 1, synonym: 'min.insync.replicas' },
  preallocate: { type: 'boolean', value: 'false', synonym: 'log.preallocate' },
  'remote.log.copy.disable': { type: 'boolean', value: 'false' },
  'remote.log.delete.on.disable': { type: 'boolean', value: 'false' },
  'remote.storage.enable': { type: 'boolean', value: 'false' },
  'retention.bytes': { type: 'long', value: '-1', synonym: 'log.retention.bytes' },
  'retention.ms': { type: 'long', value: '604800000', min: -1, synonym: 'log.retention.ms' },
  'segment.bytes': { type: 'int', value: '1073741824', min: 1024 * 1024, synonym: 'log.segment.bytes' },
  'segment.index.bytes': { type: 'int', value: '10485760', min: 4, synonym: 'log.index.size.max.bytes' },
  'segment.jitter.ms': { type: 'long', value: '0', min: 0, synonym: 'log.roll.jitter.ms' },
  'segment.ms': { type: 'long', value: '604800000', min: 1, synonym: 'log.roll.ms' },
  'unclean.leader.election.enable': { type: 'boolean', value: 'false', synonym: 'unclean.leader.election.enable' },
}

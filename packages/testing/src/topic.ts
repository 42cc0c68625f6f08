import type { Codecs } from '@k/protocol'
import type { BatchRules } from './log/batch-checks.ts'
import type { Partition } from './partition.ts'
import type { TopicConfigs } from './topic-configs.ts'

/** A topic. One that is created again has another id. */
export class Topic {
  readonly name: string
  readonly topicId: string
  readonly partitions: readonly Partition[]
  readonly configs: TopicConfigs
  readonly isInternal = false

  /** What the configs say of batches, worked out once: every batch asks. */
  readonly batchRules: BatchRules
  readonly minInsyncReplicas: number

  constructor(name: string, topicId: string, partitions: readonly Partition[], configs: TopicConfigs, codecs: Codecs) {
    this.name = name
    this.topicId = topicId
    this.partitions = partitions
    this.configs = configs
    this.minInsyncReplicas = configs.number('min.insync.replicas')
    this.batchRules = {
      maxMessageBytes: configs.number('max.message.bytes'),
      logAppendTime: configs.string('message.timestamp.type') === 'LogAppendTime',
      timestampBeforeMaxMs: configs.number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: configs.number('message.timestamp.after.max.ms'),
      isCompacted: configs.string('cleanup.policy').includes('compact'),
      codecs,
    }
  }
}

/**
 * Why `name` cannot be a topic's; undefined where it can.
 */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '${name}' is not allowed`
  if (name.length > 249) return `Topic name is invalid: the length of '${name}' is longer than the max allowed length 249`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

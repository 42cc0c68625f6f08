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

  constructor(name: string, topicId: string, partitions: readonly Partition[], configs: TopicConfigs) {
    this.name = name
    this.topicId = topicId
    this.partitions = partitions
    this.configs = configs
  }

  get batchRules(): BatchRules {
    return {
      maxMessageBytes: this.configs.number('max.message.bytes'),
      logAppendTime: this.configs.string('message.timestamp.type') === 'LogAppendTime',
      timestampBeforeMaxMs: this.configs.number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: this.configs.number('message.timestamp.after.max.ms'),
    }
  }

  get minInsyncReplicas(): number {
    return this.configs.number('min.insync.replicas')
  }
}

/**
 * Why `name` cannot be a topic's; undefined where it can.
 */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'Topic name is invalid: the empty string is not allowed'
  if (name === '.' || name === '..') return `Topic name is invalid: '.' or '..' is not allowed`
  if (name.length > 249) return `Topic name is invalid: the length of '${name}' is longer than the max allowed length 249`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) {
    return `Topic name is invalid: '${name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'`
  }
  return undefined
}

import type { BatchRules } from './log/batch-checks.ts'
import type { Compression } from './log/compression.ts'
import type { Partition } from './partition.ts'
import type { TopicConfigs } from './topic-configs.ts'

/** A topic. One that is created again has another id. */
export class Topic {
  readonly name: string
  readonly topicId: string
  readonly isInternal = false
  #partitions: readonly Partition[]
  #configs!: TopicConfigs
  readonly #compression: Compression

  /** What the configs say of batches, worked out once: every batch asks. */
  batchRules!: BatchRules
  minInsyncReplicas!: number
  /** Whether a replica may lead that is not in sync. */
  mayBeUnclean!: boolean

  constructor(name: string, topicId: string, partitions: readonly Partition[], configs: TopicConfigs, compression: Compression) {
    this.name = name
    this.topicId = topicId
    this.#partitions = partitions
    this.#compression = compression
    this.configs = configs
  }

  get partitions(): readonly Partition[] {
    return this.#partitions
  }

  addPartitions(partitions: readonly Partition[]): void {
    this.#partitions = [...this.#partitions, ...partitions]
    for (const partition of partitions) partition.minInsyncReplicas = this.minInsyncReplicas
  }

  get configs(): TopicConfigs {
    return this.#configs
  }

  set configs(configs: TopicConfigs) {
    this.#configs = configs
    this.minInsyncReplicas = configs.number('min.insync.replicas')
    for (const partition of this.#partitions) partition.minInsyncReplicas = this.minInsyncReplicas
    this.mayBeUnclean = configs.string('unclean.leader.election.enable') === 'true'
    this.batchRules = {
      maxMessageBytes: configs.number('max.message.bytes'),
      logAppendTime: configs.string('message.timestamp.type') === 'LogAppendTime',
      timestampBeforeMaxMs: configs.number('message.timestamp.before.max.ms'),
      timestampAfterMaxMs: configs.number('message.timestamp.after.max.ms'),
      isCompacted: configs.string('cleanup.policy').includes('compact'),
      codecs: this.#compression.codecs,
      recompress: this.#compression.to(configs.string('compression.type')),
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

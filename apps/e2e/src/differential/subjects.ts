import type { Subject } from './script.ts'
import { classicGroups } from './scripts/classic-groups.ts'
import { cluster } from './scripts/cluster.ts'
import { committedOffsets } from './scripts/committed-offsets.ts'
import { configs } from './scripts/configs.ts'
import { consumerGroups } from './scripts/consumer-groups.ts'
import { fetch } from './scripts/fetch.ts'
import { fetchSessions } from './scripts/fetch-sessions.ts'
import { offsets } from './scripts/offsets.ts'
import { produce } from './scripts/produce.ts'
import { replicas } from './scripts/replicas.ts'
import { topics } from './scripts/topics.ts'
import { transactions } from './scripts/transactions.ts'

/** What one broker tells. */
export const subjects: readonly Subject[] = [
  produce,
  fetch,
  fetchSessions,
  offsets,
  committedOffsets,
  classicGroups,
  consumerGroups,
  transactions,
  topics,
  configs,
  cluster,
]

/** What needs three brokers. */
export const subjectsOfThree: readonly Subject[] = [replicas]

import type { Subject } from './script.ts'
import { fetch } from './scripts/fetch.ts'
import { fetchSessions } from './scripts/fetch-sessions.ts'
import { offsets } from './scripts/offsets.ts'
import { produce } from './scripts/produce.ts'

/** All that is compared. */
export const subjects: readonly Subject[] = [produce, fetch, fetchSessions, offsets]

import type { Random } from '@k/protocol'

/** The machine's chance. */
export const systemRandom: Random = { next: () => Math.random() }

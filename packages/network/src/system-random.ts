import type { Random } from '@k/protocol'

/** The machine's chance. Not for secrets. */
export const systemRandom: Random = { next: () => Math.random() }

/** What one task cost its process. */
export interface Measured {
  readonly cpuSeconds: number
  readonly wallSeconds: number
}

/** Measures CPU time (user and system, garbage collection included) and wall time of `task`. */
export async function measure(task: () => Promise<void>): Promise<Measured> {
  const cpu = process.cpuUsage()
  const wall = performance.now()
  await task()
  const used = process.cpuUsage(cpu)
  return { cpuSeconds: (used.user + used.system) / 1e6, wallSeconds: (performance.now() - wall) / 1000 }
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] as number
}

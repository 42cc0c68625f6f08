/** The judges, and what `KAFKA_E2E` calls them. */
export type JudgeName = 'kafkajs' | 'platformatic' | 'aiokafka' | 'kafka-python' | 'java'

/**
 * What `ready` brings, or undefined where this judge is to be left out: with `no-<name>` among the comma-separated words of `KAFKA_E2E`, or
 * where it cannot be had, which is said on standard error.
 *
 * @throws where it cannot be had, with `CI=true`
 */
export async function judgeOrSkip<T>(
  name: JudgeName,
  ready: () => Promise<T>,
  env: NodeJS.ProcessEnv = process.env,
): Promise<T | undefined> {
  const words = (env.KAFKA_E2E ?? '').split(',').map((word) => word.trim())
  // What npm brings is always there; the others have to be installed.
  const left = words.includes(`no-${name}`) || (words.includes('off') && name !== 'kafkajs' && name !== 'platformatic')
  if (left) {
    process.stderr.write(`\n*** SKIPPED: the judge ${name}, as KAFKA_E2E=${env.KAFKA_E2E} says. ***\n\n`)
    return undefined
  }
  try {
    return await ready()
  } catch (error) {
    const reason = `The judge ${name} cannot run: ${error instanceof Error ? error.message : error}`
    if (env.CI === 'true') throw new Error(`${reason} (KAFKA_E2E=no-${name} goes without.)`, { cause: error })
    process.stderr.write(`\n*** SKIPPED: ${reason} ***\n\n`)
    return undefined
  }
}

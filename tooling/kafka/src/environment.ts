/** The environment variables that the launcher reads; `process.env` fits. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Brokers that run already, from `KAFKA_BOOTSTRAP_SERVERS`; undefined when it is unset or empty. */
export const givenAddress = (env: Environment): string | undefined => env.KAFKA_BOOTSTRAP_SERVERS?.trim() || undefined

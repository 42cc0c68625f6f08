/** How far a connection has come with logging in. */
export interface SaslSession {
  /** Passwords by user name; undefined where nobody has to log in. */
  readonly plainUsers: Readonly<Record<string, string>> | undefined
  /** The mechanism that was agreed on. */
  mechanism: string | undefined
  /** Whether the messages of the mechanism come bare, without Kafka's header (after SaslHandshake version 0). */
  isRaw: boolean
  /** Who logged in. */
  user: string | undefined
  /** Whether the login failed, after which the connection ends with the answer. */
  isRefused: boolean
}

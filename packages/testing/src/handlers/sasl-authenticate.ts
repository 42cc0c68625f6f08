// Checks a user name and a password that come as SASL PLAIN has them (RFC 4616). A failed login ends
// the connection at once, where Kafka takes its time. Sessions have no end, so that nobody has to log in again.
import { SaslAuthenticate } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import type { SaslSession } from '../sasl-session.ts'
import { handler } from './handler.ts'

const NOTHING = Buffer.alloc(0)

export const handleSaslAuthenticate = handler({
  api: SaslAuthenticate,
  versions: [0, 2],
  handle({ authBytes }, { sasl }) {
    if (sasl.plainUsers === undefined || sasl.user !== undefined) {
      return { errorCode: errorCodeOf('ILLEGAL_SASL_STATE'), errorMessage: 'Nobody has to log in here, or any more.', authBytes: NOTHING }
    }
    if (sasl.mechanism === undefined) return 'disconnect'
    const errorMessage = logIn(sasl, authBytes)
    if (errorMessage !== undefined) return { errorCode: errorCodeOf('SASL_AUTHENTICATION_FAILED'), errorMessage, authBytes: NOTHING }
    return { errorCode: 0, errorMessage: null, authBytes: NOTHING }
  },
  refuse: (_, code) => ({ errorCode: errorCodeOf(code), errorMessage: null, authBytes: NOTHING }),
})

/** Checks a message of PLAIN. Returns why it is refused; undefined where the user is in. */
export function logIn(sasl: SaslSession, message: Uint8Array): string | undefined {
  const problem = loginProblem(sasl, message)
  sasl.isRefused = problem !== undefined
  return problem
}

function loginProblem(sasl: SaslSession, message: Uint8Array): string | undefined {
  const parts = Buffer.from(message).toString('utf8').split('\0')
  if (parts.length !== 3) return `Invalid SASL/PLAIN response: expected 3 tokens, got ${parts.length}`
  const [authorizationId, user, password] = parts as [string, string, string]
  if (user === '') return 'Authentication failed: username not specified'
  if (password === '') return 'Authentication failed: password not specified'
  const users = sasl.plainUsers ?? {}
  if (!Object.hasOwn(users, user) || users[user] !== password) return 'Authentication failed: Invalid username or password'
  if (authorizationId !== '' && authorizationId !== user) {
    return 'Authentication failed: Client requested an authorization id that is different from username'
  }
  sasl.user = user
  sasl.mechanism = undefined
  return undefined
}

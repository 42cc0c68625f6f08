import { ConfigError } from '@k/protocol'
import type { MaybePromise } from '../maybe-promise.ts'
import type { SaslExchange, SaslMechanism } from './mechanism.ts'

/**
 * Who the client is, as a value or as a function that is asked at each authentication. One that throws fails this attempt to connect, and is
 * asked again by the next.
 */
export interface PlainOptions {
  /** The user's name, or who knows it. */
  readonly username: string | (() => MaybePromise<string>)
  /** The password, or who knows it. */
  readonly password: string | (() => MaybePromise<string>)
  /** On whose behalf the client acts (authzid). Default: the user itself. */
  readonly authorizationId?: string
}

/** SASL PLAIN: name and password in clear text, so only behind TLS. Source: RFC 4616, KIP-43. */
export function plain(options: PlainOptions): SaslMechanism {
  return new Plain(options)
}

class Plain implements SaslMechanism {
  readonly name = 'PLAIN'
  // Private, so that neither util.inspect nor JSON shows them.
  readonly #options: PlainOptions

  constructor(options: PlainOptions) {
    for (const name of ['username', 'password'] as const) {
      const given = options?.[name]
      if (typeof given === 'function' || (typeof given === 'string' && given !== '')) continue
      throw new ConfigError(`sasl: plain({ ${name} })`, 'must be a string that is not empty, or a function that returns one')
    }
    this.#options = { ...options }
  }

  async start(): Promise<SaslExchange> {
    const { username, password, authorizationId = '' } = this.#options
    const initial = plainMessage(authorizationId, await ask(username, 'username'), await ask(password, 'password'))
    return { initial, answer: () => undefined }
  }
}

async function ask(given: string | (() => MaybePromise<string>), name: string): Promise<string> {
  const value = typeof given === 'function' ? await given() : given
  if (typeof value !== 'string' || value === '') {
    throw new ConfigError(`sasl: plain({ ${name} })`, 'is a function that did not return a string, or returned an empty one')
  }
  return value
}

function plainMessage(authorizationId: string, username: string, password: string): Buffer {
  for (const [name, value] of Object.entries({ authorizationId, username, password })) {
    if (value.includes('\0')) throw new ConfigError(`sasl: plain({ ${name} })`, 'holds a NUL character, which PLAIN cannot carry')
  }
  return Buffer.from(`${authorizationId}\0${username}\0${password}`)
}

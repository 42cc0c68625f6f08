import { plain } from '@k/network'
import { expectSameHex, NotBuilt } from '../outcome.ts'

interface PlainVector {
  readonly what: 'client' | 'server'
  readonly authzid: string | null
  readonly username: string
  readonly password: string
  readonly hex: string
}

/** The message of SASL PLAIN. */
export async function checkPlain({ what, authzid, username, password, hex }: PlainVector): Promise<void> {
  if (what === 'server') throw new NotBuilt('the server side of SASL PLAIN')
  const mechanism = plain({ username, password, ...(authzid === null ? {} : { authorizationId: authzid }) })
  const { initial } = await mechanism.start({ host: 'localhost', port: 9092, signal: new AbortController().signal })
  expectSameHex('hex', hex, Buffer.from(initial).toString('hex'))
}

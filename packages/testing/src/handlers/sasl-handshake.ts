// Agrees on a SASL mechanism, of which there is one: PLAIN. After version 0 its messages come bare, after version 1 in SaslAuthenticate.
import { SaslHandshake } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { handler } from './handler.ts'

const mechanisms = ['PLAIN']

export const handleSaslHandshake = handler({
  api: SaslHandshake,
  versions: [0, 1],
  handle({ mechanism }, { sasl, version }) {
    // Where nobody has to log in, and after the login, it comes at the wrong time.
    if (sasl.plainUsers === undefined || sasl.user !== undefined) return { errorCode: errorCodeOf('ILLEGAL_SASL_STATE'), mechanisms: [] }
    if (!mechanisms.includes(mechanism)) {
      sasl.isRefused = true
      return { errorCode: errorCodeOf('UNSUPPORTED_SASL_MECHANISM'), mechanisms }
    }
    sasl.mechanism = mechanism
    sasl.isRaw = version === 0
    return { errorCode: 0, mechanisms }
  },
  refuse: (_, code) => ({ errorCode: errorCodeOf(code), mechanisms }),
})

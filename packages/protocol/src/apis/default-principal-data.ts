import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { boolean } from '../schema/scalars.ts'

/** Who sent a request that a broker forwards in an Envelope. */
export const DefaultPrincipalData = message('DefaultPrincipalData', { versions: [0, 0], flexible: 0 }, () => ({
  /** "User". */
  type: string,
  name: string,
  /** By a delegation token. */
  tokenAuthenticated: boolean,
}))

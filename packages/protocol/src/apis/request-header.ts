import { string } from '../schema/blobs.ts'
import { message } from '../schema/message.ts'
import { int16, int32 } from '../schema/scalars.ts'

/** What stands before every request. Version 2 is that of flexible requests; the client id keeps its long length in all. */
export const RequestHeader = message('RequestHeader', { versions: [1, 2], flexible: 2 }, () => ({
  requestApiKey: int16,
  requestApiVersion: int16,
  correlationId: int32,
  clientId: string.nullable(1).neverCompact(),
}))

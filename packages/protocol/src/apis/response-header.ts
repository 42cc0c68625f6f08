import { message } from '../schema/message.ts'
import { int32 } from '../schema/scalars.ts'

/** What stands before every response. Version 1 is that of flexible responses. */
export const ResponseHeader = message('ResponseHeader', { versions: [0, 1], flexible: 1 }, () => ({
  correlationId: int32,
}))

import { message } from '../schema/message.ts'
import { int32 } from '../schema/scalars.ts'

/** The value of the control record that ends a transaction; the key says how. */
export const EndTxnMarker = message('EndTxnMarker', { versions: [0, 0] }, () => ({
  coordinatorEpoch: int32,
}))

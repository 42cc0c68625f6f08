import { message } from '../schema/message.ts'
import { int16 } from '../schema/scalars.ts'

/**
 * What the key of a control record says after its version: 0: abort; 1: commit; 2: leader change; 3: snapshot header; 4: snapshot footer;
 * 5: KRaft version; 6: voters.
 */
export const ControlRecordTypeSchema = message('ControlRecordTypeSchema', { versions: [0, 0] }, () => ({
  type: int16,
}))

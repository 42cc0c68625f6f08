import type { Gate } from './gate.ts'
import type { RecordedRequest } from './recorded-requests.ts'

/** What keeps a request waiting. Several may. */
export type Wait =
  | { readonly kind: 'delay'; readonly ms: number; readonly afterWork: boolean }
  | { readonly kind: 'hold'; readonly gate: Gate; readonly afterWork: boolean }

/** What goes out instead of an answer's bytes. */
export interface ChangedBytes {
  readonly bytes: Uint8Array
  /** Whether the connection ends behind them. */
  readonly ends: boolean
}

/** What a test makes of an answer, told the request and all that was recorded of it; undefined for no answer. */
export type AnswerChange = (response: unknown, request: unknown, recorded: RecordedRequest) => unknown

/** What becomes of a request. Only one does. */
export type Outcome =
  | { readonly kind: 'fail'; readonly errorCode: number; readonly afterWork: boolean }
  | { readonly kind: 'disconnect'; readonly afterWork: boolean }
  | { readonly kind: 'blackhole'; readonly afterWork: boolean }
  | { readonly kind: 'throttle'; readonly ms: number; readonly afterWork: true }
  | { readonly kind: 'answer'; readonly change: AnswerChange; readonly afterWork: true }
  | { readonly kind: 'bytes'; readonly change: (frame: Buffer) => ChangedBytes; readonly afterWork: true }

/** What a rule does with a request. */
export type Fault = Wait | Outcome

export function isWait(fault: Fault): fault is Wait {
  return fault.kind === 'delay' || fault.kind === 'hold'
}

import { type BrokerErrorCode, brokerErrorRow } from '@k/protocol'

/** What a broker answers instead of doing the work: an error code that goes into a response, never out of the process. */
export class Refusal extends Error {
  readonly code: BrokerErrorCode

  constructor(code: BrokerErrorCode, message: string) {
    super(message)
    this.code = code
  }

  get errorCode(): number {
    return brokerErrorRow(this.code).errorCode
  }
}

/** The number of a code on the wire. */
export function errorCodeOf(code: BrokerErrorCode): number {
  return brokerErrorRow(code).errorCode
}

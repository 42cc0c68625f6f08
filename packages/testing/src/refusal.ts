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

/** The number of a code on the wire. A number is what a test has chosen, and stays what it is. */
export function errorCodeOf(code: BrokerErrorCode | number): number {
  return typeof code === 'number' ? code : brokerErrorRow(code).errorCode
}

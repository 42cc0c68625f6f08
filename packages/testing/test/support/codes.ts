import { type BrokerErrorCode, brokerErrorName } from '@k/protocol'

/** The name of an error code, so that a failed test can be read. */
export function nameOf(errorCode: number): BrokerErrorCode | 'NONE' {
  return errorCode === 0 ? 'NONE' : (brokerErrorName(errorCode) ?? 'UNKNOWN_SERVER_ERROR')
}

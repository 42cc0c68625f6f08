import { BrokerError, type BrokerErrorCode, brokerErrorName, brokerErrorRow } from '@k/protocol'
import { expectSame } from '../outcome.ts'

interface ErrorVector {
  readonly code: number
  readonly name: string
  readonly retriable: boolean
  readonly invalidMetadata: boolean
}

const NONE = 0

/** A row of Kafka's table of errors. */
export function checkError({ code, name, retriable, invalidMetadata }: ErrorVector): void {
  expectSame('name', code === NONE ? undefined : name, brokerErrorName(code))
  if (code === NONE) return
  expectSame('code', code, brokerErrorRow(name as BrokerErrorCode).errorCode)
  const error = new BrokerError(code, 'a request')
  expectSame('errorCode', code, error.errorCode)
  expectSame('code', name, error.code)
  expectSame('retriable', retriable, error.retriable)
  expectSame('invalidatesMetadata', invalidMetadata, error.invalidatesMetadata)
}

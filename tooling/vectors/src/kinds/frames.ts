import {
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  peekCorrelationId,
  peekRequest,
  requestHeaderVersion,
  responseHeaderVersion,
} from '@k/protocol'
import { apiOf } from '../declared.ts'
import { defaultsOf } from '../message-json.ts'
import { expectSame, expectSameHex, expectSameJson } from '../outcome.ts'

interface FrameVector {
  readonly api: string
  readonly apiKey: number
  readonly version: number
  readonly requestHeaderVersion: number
  readonly responseHeaderVersion: number
  readonly clientId: string | null
  readonly correlationId: number
  readonly requestHex: string
  readonly responseHex: string
}

const SIZE_BYTES = 4
const hexOf = (chunks: Uint8Array[]) => Buffer.concat(chunks).toString('hex')
const withoutSize = (hex: string) => Buffer.from(hex, 'hex').subarray(SIZE_BYTES)

/** Whole frames with a body of defaults: size, header, body. */
export function checkFrame(vector: FrameVector): void {
  const { version, correlationId, clientId, requestHex, responseHex } = vector
  const api = apiOf(vector.api)
  expectSame('requestHeaderVersion', vector.requestHeaderVersion, requestHeaderVersion(api, version))
  expectSame('responseHeaderVersion', vector.responseHeaderVersion, responseHeaderVersion(api, version))

  const options = { version, correlationId, clientId }
  expectSameHex('requestHex', requestHex, hexOf(encodeRequest(api, defaultsOf(api.request.shape), options)))
  const start = peekRequest(withoutSize(requestHex))
  expectSameJson('start of the request', { apiKey: vector.apiKey, version, correlationId }, start)
  const request = decodeRequest(api, version, withoutSize(requestHex))
  expectSameJson('header of the request', { correlationId, clientId }, { correlationId: request.correlationId, clientId: request.clientId })
  expectSameHex('request, encoded again', requestHex, hexOf(encodeRequest(api, request.body, options)))

  expectSameHex('responseHex', responseHex, hexOf(encodeResponse(api, defaultsOf(api.response.shape), { version, correlationId })))
  expectSame('correlation id of the response', correlationId, peekCorrelationId(withoutSize(responseHex)))
  const response = decodeResponse(api, version, withoutSize(responseHex))
  expectSame('header of the response', correlationId, response.correlationId)
  expectSameHex('response, encoded again', responseHex, hexOf(encodeResponse(api, response.body, { version, correlationId })))
}

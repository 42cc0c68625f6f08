import type { AnyApi, RequestInputOf, RequestOf, ResponseInputOf, ResponseOf } from '../schema/api.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { RequestHeader } from './request-header.ts'
import { ResponseHeader } from './response-header.ts'

/** The header version that requests of `version` have. */
export function requestHeaderVersion(api: AnyApi, version: number): number {
  return version >= api.flexible ? 2 : 1
}

/** The header version that responses to requests of `version` have. */
export function responseHeaderVersion(api: AnyApi, version: number): number {
  return version >= api.flexible && !api.fixedResponseHeader ? 1 : 0
}

const SIZE_BYTES = 4

/** A frame as it is written: its size has a place at its beginning, which is filled in the end. */
function frame(write: (writer: Writer) => void): Uint8Array[] {
  const writer = new Writer()
  writer.int32(0)
  write(writer)
  const chunks = writer.chunks()
  const first = chunks[0] as Buffer
  first.writeInt32BE(writer.length - SIZE_BYTES)
  return chunks
}

/** What a request's header says besides API and version. */
export interface RequestFrameOptions {
  /** The API's version, in which the body is written. */
  readonly version: number
  /** An int32 of the client's choice, which the response brings back. */
  readonly correlationId: number
  /** Who asks, for the broker's logs and quotas. */
  readonly clientId: string | null
}

/**
 * A whole request, size included, as the chunks to write. Large byte fields are chunks of their own, by reference.
 * @throws UnsupportedVersionError for a version that does not exist, or a value that it cannot carry
 * @throws KafkaError with INVALID_ARGUMENT for a value that is none of its field's type
 */
export function encodeRequest<A extends AnyApi>(api: A, body: RequestInputOf<A>, options: RequestFrameOptions): Uint8Array[] {
  const { version, correlationId, clientId } = options
  return frame((writer) => {
    const header = { requestApiKey: api.key, requestApiVersion: version, correlationId, clientId }
    RequestHeader.write(writer, requestHeaderVersion(api, version), header)
    api.request.write(writer, version, body)
  })
}

/** A whole response, size included, as the chunks to write. Throws as {@link encodeRequest} does. */
export function encodeResponse<A extends AnyApi>(
  api: A,
  body: ResponseInputOf<A>,
  options: { readonly version: number; readonly correlationId: number },
): Uint8Array[] {
  const { version, correlationId } = options
  return frame((writer) => {
    ResponseHeader.write(writer, responseHeaderVersion(api, version), { correlationId })
    api.response.write(writer, version, body)
  })
}

/** The first fields of a request: enough to know how to read the rest. */
export interface RequestStart {
  /** The API's key. */
  readonly apiKey: number
  /** The API's version, in which the rest is written. */
  readonly version: number
  /** What the response has to bring back. */
  readonly correlationId: number
}

/** Peeks at a request frame (without its size). @throws DecodeError where it is too short */
export function peekRequest(frameBytes: Uint8Array): RequestStart {
  const reader = new Reader(frameBytes)
  return { apiKey: reader.int16(), version: reader.int16(), correlationId: reader.int32() }
}

/** Reads a whole request frame (without its size). @throws DecodeError */
export function decodeRequest<A extends AnyApi>(
  api: A,
  version: number,
  frameBytes: Uint8Array,
): { correlationId: number; clientId: string | null; body: RequestOf<A> } {
  const reader = new Reader(frameBytes)
  const { correlationId, clientId } = RequestHeader.read(reader, requestHeaderVersion(api, version))
  return { correlationId, clientId, body: api.request.read(reader, version, true) as RequestOf<A> }
}

/** The correlation id of a response frame (without its size). @throws DecodeError where it is too short */
export function peekCorrelationId(frameBytes: Uint8Array): number {
  return new Reader(frameBytes).int32()
}

/** Reads a whole response frame (without its size); byte fields of the body are views of it. @throws DecodeError */
export function decodeResponse<A extends AnyApi>(
  api: A,
  version: number,
  frameBytes: Uint8Array,
): { correlationId: number; body: ResponseOf<A> } {
  const reader = new Reader(frameBytes)
  const { correlationId } = ResponseHeader.read(reader, responseHeaderVersion(api, version))
  return { correlationId, body: api.response.read(reader, version, true) as ResponseOf<A> }
}

import {
  ApiVersions,
  DecodeError,
  decodeRequest,
  decodeResponse,
  encodeRequest,
  encodeResponse,
  Heartbeat,
  Produce,
  peekCorrelationId,
  peekRequest,
  requestHeaderVersion,
  responseHeaderVersion,
} from '@k/protocol'
import { describe, expect, it } from 'vitest'

const heartbeat = { groupId: 'g', generationId: 5, memberId: 'm' }
const whole = (chunks: Uint8Array[]) => Buffer.concat(chunks)
const withoutSize = (chunks: Uint8Array[]) => whole(chunks).subarray(4)

describe('a request frame', () => {
  it('is size, header and body', () => {
    const frame = whole(encodeRequest(Heartbeat, heartbeat, { version: 0, correlationId: 7, clientId: 'c' }))
    expect(frame.toString('hex')).toBe('00000015' + '000c0000000000070001' + '63' + '000167' + '00000005' + '00016d')
    expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  })

  it('has a tagged section in its header where the version is flexible, and a client id that stays long', () => {
    const frame = withoutSize(encodeRequest(Heartbeat, heartbeat, { version: 4, correlationId: 7, clientId: 'c' }))
    expect(frame.toString('hex')).toBe('000c000400000007000163' + '00' + '0267' + '00000005' + '026d' + '00' + '00')
  })

  it('can be read without knowing its API, and then with it', () => {
    const frame = withoutSize(encodeRequest(Heartbeat, heartbeat, { version: 3, correlationId: -2, clientId: null }))
    expect(peekRequest(frame)).toEqual({ apiKey: 12, version: 3, correlationId: -2 })
    const { correlationId, clientId, body } = decodeRequest(Heartbeat, 3, frame)
    expect({ correlationId, clientId, body }).toEqual({ correlationId: -2, clientId: null, body: { ...heartbeat, groupInstanceId: null } })
  })

  it('carries large bytes as a chunk of their own, by reference', () => {
    const records = Buffer.alloc(100_000)
    const body = { acks: -1, timeoutMs: 1, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
    const chunks = encodeRequest(Produce, body, { version: 9, correlationId: 1, clientId: 'c' })
    expect(chunks).toContain(records)
    expect(whole(chunks).readInt32BE(0)).toBe(whole(chunks).length - 4)
  })

  it('is refused where bytes are missing or left over', () => {
    const frame = withoutSize(encodeRequest(Heartbeat, heartbeat, { version: 0, correlationId: 7, clientId: 'c' }))
    expect(() => decodeRequest(Heartbeat, 0, frame.subarray(0, -1))).toThrow(DecodeError)
    expect(() => decodeRequest(Heartbeat, 0, Buffer.concat([frame, Buffer.alloc(1)]))).toThrow('1 bytes are left over')
    expect(() => peekRequest(frame.subarray(0, 7))).toThrow(DecodeError)
  })
})

describe('a response frame', () => {
  it('is size, correlation id and body', () => {
    const frame = whole(encodeResponse(Heartbeat, { errorCode: 27 }, { version: 0, correlationId: 7 }))
    expect(frame.toString('hex')).toBe('00000006' + '00000007' + '001b')
    expect(peekCorrelationId(frame.subarray(4))).toBe(7)
    expect(decodeResponse(Heartbeat, 0, frame.subarray(4))).toEqual({ correlationId: 7, body: { throttleTimeMs: 0, errorCode: 27 } })
  })

  it('has a tagged section in its header where the version is flexible', () => {
    expect(withoutSize(encodeResponse(Heartbeat, { errorCode: 0 }, { version: 4, correlationId: 7 })).toString('hex')).toBe(
      '0000000700' + '00000000000000',
    )
  })

  it('of ApiVersions never has one, so that it can be read before the broker is known', () => {
    expect(requestHeaderVersion(ApiVersions, 3)).toBe(2)
    expect(responseHeaderVersion(ApiVersions, 3)).toBe(0)
    expect(responseHeaderVersion(Heartbeat, 4)).toBe(1)
  })

  it('is refused where bytes are missing or left over', () => {
    const frame = withoutSize(encodeResponse(Heartbeat, { errorCode: 0 }, { version: 1, correlationId: 7 }))
    expect(() => decodeResponse(Heartbeat, 1, frame.subarray(0, -1))).toThrow(DecodeError)
    expect(() => decodeResponse(Heartbeat, 1, Buffer.concat([frame, Buffer.alloc(1)]))).toThrow(DecodeError)
    expect(() => peekCorrelationId(frame.subarray(0, 3))).toThrow(DecodeError)
  })
})

import { Heartbeat, Metadata } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import type { RecordedRequest } from '../../src/control/recorded-requests.ts'
import { RequestRecorder } from '../../src/control/request-recorder.ts'

function request(correlationId: number, api = Metadata.name): RecordedRequest {
  return { api, version: 1, broker: 1, connection: 1, correlationId, clientId: null, body: {} }
}

describe('a request recorder', () => {
  it('lists what it has seen, all of it or one API', () => {
    const recorder = new RequestRecorder()
    recorder.record(request(1), 10)
    recorder.record(request(2, 'Heartbeat'), 10)
    recorder.record(request(3), 10)
    expect(recorder.list().map(({ correlationId }) => correlationId)).toEqual([1, 2, 3])
    expect(recorder.list(Heartbeat).map(({ correlationId }) => correlationId)).toEqual([2])
    expect([...recorder].length).toBe(3)
    recorder.clear()
    expect([recorder.length, recorder.list()]).toEqual([0, []])
    recorder.record(request(4), 10)
    expect(recorder.list().map(({ correlationId }) => correlationId)).toEqual([4])
  })

  it('keeps the latest ten thousand', () => {
    const recorder = new RequestRecorder()
    for (let i = 0; i < 35_000; i++) recorder.record(request(i), 10)
    expect(recorder.length).toBe(10_000)
    const kept = recorder.list().map(({ correlationId }) => correlationId)
    expect([kept[0], kept.at(-1), kept.length]).toEqual([25_000, 34_999, 10_000])
  })

  it('keeps the latest 16 MiB, and at least one', () => {
    const recorder = new RequestRecorder()
    const mib = 1024 * 1024
    for (let i = 0; i < 20; i++) recorder.record(request(i), 4 * mib)
    expect(recorder.list().map(({ correlationId }) => correlationId)).toEqual([16, 17, 18, 19])
    recorder.record(request(20), 99 * mib)
    expect(recorder.list().map(({ correlationId }) => correlationId)).toEqual([20])
  })

  it('tells of each request to come, until it is told to stop', () => {
    const recorder = new RequestRecorder()
    const seen: number[] = []
    const stop = recorder.onRequest(({ correlationId }) => seen.push(correlationId))
    recorder.record(request(1), 1)
    recorder.record(request(2), 1)
    stop()
    recorder.record(request(3), 1)
    expect(seen).toEqual([1, 2])
  })
})

import { brokerErrorName, type RecordReader, readControlType, recordBatches, ZERO_UUID } from '@k/protocol'
import type { Step } from './script.ts'

const NEAR_MS = 3_600_000
/** Fields whose text is anybody's: that there is some counts. */
const texts = ['errorMessage', 'batchIndexErrorMessage', 'documentation']
/** Fields that hold an id which the cluster makes. */
const ids = ['topicId', 'memberId', 'leader', 'producerId', 'clusterId', 'sessionId']
const nothings: readonly unknown[] = ['', ZERO_UUID, -1n, -1, 0, null]
/** An id as the cluster appends it to a client's id or a static member's name: in hexadecimal digits, or in base64. */
const appendedId = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[\w-]{22}$/
/** Lists that come in the order of some hash table, by what their elements are known by. */
const unordered: Readonly<Record<string, string>> = {
  'Metadata.topics': 'name',
  'JoinGroup.members': 'memberId',
}

/** Answers as values that two clusters can have in common: ids are numbered as they come up, times of today and addresses are words. */
export class Normaliser {
  readonly #names = new Map<unknown, string>()
  readonly #counts = new Map<string, number>()
  readonly #nowMs: number

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  /** Every answer under its number and API. */
  transcript(steps: readonly Step[]): Record<string, unknown> {
    return Object.fromEntries(steps.map(({ api, answer }, i) => [`${i + 1} ${api}`, this.#value(answer, '', api)]))
  }

  #value(value: unknown, field: string, path: string): unknown {
    if (/errorCode$/i.test(field)) return value === 0 ? 0 : (brokerErrorName(value as number) ?? value)
    if (texts.includes(field)) return typeof value === 'string' && value !== '' && value !== 'NONE' ? 'some text' : value
    if (field === 'host') return value === '' ? '' : 'a host'
    if (field === 'port') return value === -1 ? -1 : 'a port'
    if (field === 'records' && value instanceof Uint8Array) return this.#batches(Buffer.from(value))
    if (field === 'apiKeys' && Array.isArray(value))
      return Object.fromEntries(value.map((each) => [each.apiKey, this.#value(each, '', path)]))
    if (ids.includes(field)) return this.#id(value, field)
    if (value instanceof Uint8Array) return Buffer.from(value).toString('hex')
    if (Array.isArray(value)) return this.#list(value, path)
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, this.#value(each, name, `${path}.${name}`)]))
    }
    return this.#time(value)
  }

  #list(list: readonly unknown[], path: string): unknown[] {
    const key = unordered[path]
    const ordered =
      key === undefined ? list : [...(list as Record<string, unknown>[])].sort((a, b) => (String(a[key]) < String(b[key]) ? -1 : 1))
    return ordered.map((each) => this.#value(each, '', path))
  }

  #time(value: unknown): unknown {
    if (typeof value !== 'bigint' && typeof value !== 'number') return value
    if (Math.abs(Number(value) - this.#nowMs) < NEAR_MS) return 'a time of today'
    return value
  }

  #id(value: unknown, field: string): unknown {
    if (nothings.includes(value)) return value
    if (typeof value === 'string' && !appendedId.test(value)) return value
    let name = this.#names.get(value)
    if (name === undefined) {
      const kind = field === 'leader' ? 'memberId' : field
      const count = (this.#counts.get(kind) ?? 0) + 1
      this.#counts.set(kind, count)
      const prefix = typeof value === 'string' ? value.replace(appendedId, '') : ''
      name = `${prefix}<${kind} ${count}>`
      this.#names.set(value, name)
    }
    return name
  }

  #batches(bytes: Buffer): unknown {
    return [...recordBatches(bytes)].map((batch) => {
      const reader = batch.records()
      return {
        magic: batch.magic,
        baseOffset: batch.baseOffset,
        lastOffset: batch.lastOffset,
        partitionLeaderEpoch: batch.partitionLeaderEpoch,
        attributes: batch.attributes,
        count: batch.count,
        baseTimestamp: this.#time(batch.baseTimestamp),
        maxTimestamp: this.#time(batch.maxTimestamp),
        producerId: this.#id(batch.producerId, 'producerId'),
        producerEpoch: batch.producerEpoch,
        baseSequence: batch.baseSequence,
        isValid: batch.isValid(),
        records: reader instanceof Promise ? 'compressed' : this.#records(reader, batch.isControl),
      }
    })
  }

  #records(reader: RecordReader, isControl: boolean): unknown[] {
    const records: unknown[] = []
    while (reader.next()) {
      const { offset, timestamp } = reader
      if (isControl) records.push([offset, readControlType(reader.key()), reader.value()?.toString('hex')])
      else
        records.push([
          offset,
          this.#time(timestamp),
          text(reader.key()),
          text(reader.value()),
          reader.headers().map(([k, v]) => [k, text(v)]),
        ])
    }
    return records
  }
}

function text(bytes: Buffer | null | undefined): string | null {
  return bytes?.toString() ?? null
}

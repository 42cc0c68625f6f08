import type { decodeGroupRecord, decodeTransactionRecord, FieldDescription, Message } from '@k/protocol'
import { messages } from '../declared.ts'
import { defaultOf } from '../message-json.ts'

type Fields = Readonly<Record<string, FieldDescription>>

// Good bytes where the Java client's own are not at hand: everything there, one element in every array.
function sampleOf(fields: Fields, version: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const { type, rules } = field
      if (version < rules.since || version > rules.until) return [name, defaultOf(field)]
      if (type.fields === undefined) return [name, type.zero()]
      const struct = sampleOf(type.fields, version)
      return [name, type.name.startsWith('[]') ? [struct] : struct]
    }),
  )
}

/** Bytes of a message in a version. */
export function sampleBytes(message: Message, version: number): Buffer {
  return message.encode(version, sampleOf(message.shape, version))
}

function prefixed(prefix: number, bytes: Buffer): Buffer {
  const head = Buffer.alloc(2)
  head.writeInt16BE(prefix)
  return Buffer.concat([head, bytes])
}

/** Key and value of a record in one buffer, the key's length in front: what {@link splitRecord} takes apart. */
function joinRecord(key: Buffer, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([key.length]), key, value])
}

/** Key and value of what may once have been a record; null for a value of no bytes. */
export function splitRecord(bytes: Buffer): [key: Buffer, value: Buffer | null] {
  const keyEnd = 1 + (bytes[0] ?? 0)
  const value = bytes.subarray(keyEnd)
  return [bytes.subarray(1, keyEnd), value.length === 0 ? null : value]
}

const MOST_KINDS = 40

type Decode = typeof decodeGroupRecord | typeof decodeTransactionRecord

function isOfKind(decode: Decode, key: Buffer, type: string): boolean {
  try {
    return decode(key, null)?.type === type
  } catch {
    return false
  }
}

/** Records of an internal topic, one of each kind and version. */
export function internalRecords(decode: Decode): Buffer[] {
  const byName = new Map(messages.map((message) => [message.name, message]))
  const kinds = [...byName.keys()].filter((name) => name.endsWith('Key')).map((name) => name.slice(0, -'Key'.length))
  return kinds.flatMap((type) => {
    const key = byName.get(`${type}Key`) as Message
    const value = byName.get(`${type}Value`) as Message
    const ids = Array.from({ length: MOST_KINDS }, (_, id) => id)
    const keys = ids.map((id) => prefixed(id, sampleBytes(key, 0))).filter((bytes) => isOfKind(decode, bytes, type))
    const { min, max } = value.versions
    const versions = Array.from({ length: max - min + 1 }, (_, i) => min + i)
    return keys.flatMap((bytes) => versions.map((version) => joinRecord(bytes, prefixed(version, sampleBytes(value, version)))))
  })
}

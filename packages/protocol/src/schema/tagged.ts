import { KafkaError } from '../errors/kafka-error.ts'
import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { FieldCodec } from './type.ts'

/** A field of the tagged section at the end of a struct (KIP-482). */
export interface TaggedField {
  readonly tag: number
  readonly name: string
  readonly codec: FieldCodec
  readonly default: unknown
  equals(a: unknown, b: unknown): boolean
}

/** Reads the tagged section into `values`. Tags that nobody declared are skipped, not kept. */
export function readTagged(reader: Reader, fields: readonly TaggedField[], values: Record<string, unknown>): void {
  const count = reader.unsignedVarint()
  let last = -1
  for (let i = 0; i < count; i++) {
    const tag = reader.unsignedVarint()
    if (tag <= last) reader.fail(`tag ${tag} after tag ${last}`)
    last = tag
    const size = reader.unsignedVarint()
    const start = reader.skip(size)
    const field = fields.find((candidate) => candidate.tag === tag)
    if (field === undefined) continue
    reader.offset = start
    values[field.name] = field.codec.read(reader)
    if (reader.offset !== start + size) reader.fail(`tag ${tag} of ${size} bytes holds ${reader.offset - start}`)
  }
}

/**
 * Writes the fields that are not at their default, in the order of their tags.
 * @param unfit - makes the error of a value that is none of its type
 */
export function writeTagged(
  writer: Writer,
  fields: readonly TaggedField[],
  values: Record<string, unknown>,
  unfit: (name: string, error: unknown) => KafkaError,
): void {
  if (fields.length === 0) {
    writer.unsignedVarint(0)
    return
  }
  const given = fields.filter(({ name, default: fallback, equals }) => values[name] !== undefined && !equals(values[name], fallback))
  writer.unsignedVarint(given.length)
  for (const { tag, name, codec } of given) {
    const content = new Writer(64)
    try {
      codec.write(content, values[name])
    } catch (error) {
      throw KafkaError.is(error) ? error : unfit(name, error)
    }
    writer.unsignedVarint(tag)
    writer.unsignedVarint(content.length)
    for (const chunk of content.chunks()) writer.bytes(chunk)
  }
}

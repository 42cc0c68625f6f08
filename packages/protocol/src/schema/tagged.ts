import type { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import type { FieldCodec } from './type.ts'

/** A field of a struct in one version. */
export interface CompiledField {
  /** Its place in the tagged section at the end of the struct (KIP-482), if it has one. */
  readonly tag: number
  readonly name: string
  readonly codec: FieldCodec
  /** What is written where nothing is given; undefined where something must be. */
  readonly fallback: unknown
}

/** Reads the tagged section into `values`. Tags that nobody declared are skipped, not kept. */
export function readTagged(reader: Reader, fields: readonly CompiledField[], values: Record<string, unknown>): void {
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

/** Writes one field of the section. */
export function writeTagged(writer: Writer, { tag, codec }: CompiledField, value: unknown): void {
  const content = new Writer(64)
  codec.write(content, value)
  writer.unsignedVarint(tag)
  const bytes = content.concat()
  writer.unsignedVarint(bytes.length)
  writer.bytes(bytes)
}

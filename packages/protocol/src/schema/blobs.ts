import { Field, type Kind } from './field.ts'
import { compactLength, type Length, longLength, readLength, shortLength, writeNull } from './lengths.ts'
import { sameValue } from './same-value.ts'
import type { Plain } from './scalars.ts'
import type { Context, FieldCodec, Type } from './type.ts'

/** Bytes go in as any Uint8Array and come out as a view of the received buffer. */
export interface BytesKind extends Kind {
  /** Any bytes; large ones are taken by reference. */
  readonly in: Uint8Array
  /** A view of what was received. */
  readonly out: Buffer
}

const MAX_STRING_BYTES = 32767

function compileString(context: Context, nullable: boolean): FieldCodec {
  const length: Length = context.flexible ? compactLength : shortLength
  return {
    minSize: length.size,
    read(reader) {
      const size = readLength(reader, length, nullable)
      if (size === null) return null
      if (size > MAX_STRING_BYTES) return reader.fail(`string of ${size} bytes`)
      return reader.string(size)
    },
    write(writer, value) {
      if (value === null) return writeNull(writer, length, context, nullable)
      if (typeof value !== 'string') throw new TypeError('it must be a string')
      const size = Buffer.byteLength(value)
      if (size > MAX_STRING_BYTES) throw new TypeError(`it is ${size} bytes long, more than ${MAX_STRING_BYTES}`)
      length.write(writer, size)
      writer.utf8(value, size)
    },
  }
}

function compileBytes(context: Context, nullable: boolean): FieldCodec {
  const length = context.flexible ? compactLength : longLength
  return {
    minSize: length.size,
    read(reader) {
      const size = readLength(reader, length, nullable)
      return size === null ? null : reader.bytes(size)
    },
    write(writer, value) {
      if (value === null) return writeNull(writer, length, context, nullable)
      // Text has a length too, and would become zeros.
      if (!(value instanceof Uint8Array)) throw new TypeError('it must be a Uint8Array')
      length.write(writer, value.length)
      writer.bytes(value)
    },
  }
}

const stringType: Type = { name: 'string', zero: () => '', equals: sameValue, compile: compileString }

function bytesType(name: string): Type {
  const empty = Buffer.alloc(0)
  return { name, zero: () => empty, equals: sameValue, compile: compileBytes }
}

/** UTF-8, at most 32,767 bytes. */
export const string: Field<Plain<string>> = /* @__PURE__ */ new Field(stringType)
/** Bytes as they are. */
export const bytes: Field<BytesKind> = /* @__PURE__ */ new Field(/* @__PURE__ */ bytesType('bytes'))
/** Record batches as bytes: read and built by `records/`. */
export const records: Field<BytesKind> = /* @__PURE__ */ new Field(/* @__PURE__ */ bytesType('records'))

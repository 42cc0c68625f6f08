import { KafkaError } from '../errors/kafka-error.ts'
import { Field, type Kind } from './field.ts'
import { compactLength, type Length, longLength, readLength, refuseNull, shortLength } from './lengths.ts'
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
      if (value === null) {
        if (!nullable) refuseNull(context)
        length.write(writer, -1)
        return
      }
      const text = value as string
      if (typeof text !== 'string') throw new TypeError('it must be a string')
      const size = Buffer.byteLength(text)
      if (size > MAX_STRING_BYTES) {
        throw new KafkaError(
          'INVALID_ARGUMENT',
          `${context.path} of ${context.message} is ${size} bytes long; Kafka's strings end at ${MAX_STRING_BYTES}`,
        )
      }
      length.write(writer, size)
      writer.utf8(text, size)
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
      if (value === null) {
        if (!nullable) refuseNull(context)
        length.write(writer, -1)
        return
      }
      // Text has a length too, and would become zeros.
      if (!(value instanceof Uint8Array)) throw new TypeError('it must be a Uint8Array')
      length.write(writer, value.length)
      writer.bytes(value)
    },
  }
}

const stringType: Type = { name: 'string', zero: () => '', equals: (a, b) => a === b, compile: compileString }

function bytesType(name: string): Type {
  const empty = Buffer.alloc(0)
  const equals = (a: unknown, b: unknown) => a === b || (a instanceof Uint8Array && b instanceof Uint8Array && Buffer.compare(a, b) === 0)
  return { name, zero: () => empty, equals, compile: compileBytes }
}

/** UTF-8, at most 32,767 bytes. */
export const string: Field<Plain<string>> = /* @__PURE__ */ new Field(stringType)
/** Bytes as they are. */
export const bytes: Field<BytesKind> = /* @__PURE__ */ new Field(/* @__PURE__ */ bytesType('bytes'))
/** Record batches as bytes: read and built by `records/`. */
export const records: Field<BytesKind> = /* @__PURE__ */ new Field(/* @__PURE__ */ bytesType('records'))

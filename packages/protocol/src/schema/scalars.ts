import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import { Field, type Kind } from './field.ts'
import { sameValue } from './same-value.ts'
import type { FieldCodec, Type } from './type.ts'

/** A kind that goes in as it comes out. */
export interface Plain<T> extends Kind {
  /** What is handed in. */
  readonly in: T
  /** What comes out. */
  readonly out: T
}

function scalar<T>(
  name: string,
  size: number,
  zero: T,
  read: (reader: Reader) => T,
  write: (writer: Writer, value: T) => void,
): Field<Plain<T>> {
  const codec: FieldCodec = { minSize: size, read, write: write as FieldCodec['write'] }
  const type: Type = { name, zero: () => zero, equals: sameValue, compile: () => codec }
  return new Field(type)
}

/** True or false: one byte, of which 0 alone is false. */
export const boolean: Field<Plain<boolean>> = /* @__PURE__ */ scalar(
  'bool',
  1,
  false,
  (r) => r.boolean(),
  (w, v) => w.boolean(v),
)
/** A whole number from -128 to 127. */
export const int8: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'int8',
  1,
  0,
  (r) => r.int8(),
  (w, v) => w.int8(v),
)
/** A whole number from -32,768 to 32,767. */
export const int16: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'int16',
  2,
  0,
  (r) => r.int16(),
  (w, v) => w.int16(v),
)
/** A whole number from 0 to 65,535. */
export const uint16: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'uint16',
  2,
  0,
  (r) => r.uint16(),
  (w, v) => w.uint16(v),
)
/** A whole number from -2,147,483,648 to 2,147,483,647. */
export const int32: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'int32',
  4,
  0,
  (r) => r.int32(),
  (w, v) => w.int32(v),
)
/** A whole number from 0 to 4,294,967,295. */
export const uint32: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'uint32',
  4,
  0,
  (r) => r.uint32(),
  (w, v) => w.uint32(v),
)
/** 64 bits are a bigint in messages: nothing is lost. */
export const int64: Field<Plain<bigint>> = /* @__PURE__ */ scalar(
  'int64',
  8,
  0n,
  (r) => r.int64(),
  (w, v) => w.int64(v),
)
/** Any number of JavaScript. */
export const float64: Field<Plain<number>> = /* @__PURE__ */ scalar(
  'float64',
  8,
  0,
  (r) => r.float64(),
  (w, v) => w.float64(v),
)

/** Kafka's text for "no uuid". */
export const ZERO_UUID = 'AAAAAAAAAAAAAAAAAAAAAA'
/** 16 bytes, as Kafka writes them: 22 characters of base64url. */
export const uuid: Field<Plain<string>> = /* @__PURE__ */ scalar(
  'uuid',
  16,
  ZERO_UUID,
  (r) => r.uuid(),
  (w, v) => w.uuid(v),
)

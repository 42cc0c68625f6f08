import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import type { Reader } from '../wire/reader.ts'
import type { Writer } from '../wire/writer.ts'
import type { Context } from './type.ts'

/** How a length or a count stands before its value. -1 is null. */
export interface Length {
  readonly size: number
  read(reader: Reader): number
  write(writer: Writer, length: number): void
}

/** int16, before strings. */
export const shortLength: Length = { size: 2, read: (r) => r.int16(), write: (w, n) => w.int16(n) }
/** int32, before bytes and arrays. */
export const longLength: Length = { size: 4, read: (r) => r.int32(), write: (w, n) => w.int32(n) }
/** An unsigned varint of the length plus one, in flexible versions (KIP-482). */
export const compactLength: Length = { size: 1, read: (r) => r.unsignedVarint() - 1, write: (w, n) => w.unsignedVarint(n + 1) }

/** Reads a length, or null for -1 where that is allowed. */
export function readLength(reader: Reader, length: Length, nullable: boolean): number | null {
  const value = length.read(reader)
  if (value >= 0) return value
  if (value === -1 && nullable) return null
  return reader.fail(value === -1 ? 'null where none may be' : `length ${value}`)
}

/** Writes the length of null where that is allowed. */
export function writeNull(writer: Writer, length: Length, context: Context, nullable: boolean): void {
  if (!nullable) refuse(context, context.path, 'takes no null for')
  length.write(writer, -1)
}

/** Ends in the error of a value that the version cannot carry. */
export function refuse({ message: api, version }: Context, field: string, what: string): never {
  throw new UnsupportedVersionError(`${api} version ${version} ${what} ${field}`, { api, version, field })
}

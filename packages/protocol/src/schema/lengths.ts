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

/** The error of a null where the version takes none. */
export function refuseNull(context: Context): never {
  throw new UnsupportedVersionError(`${context.message} version ${context.version} takes no null for ${context.path}`, {
    api: context.message,
    version: context.version,
    field: context.path,
  })
}

import { DecodeError } from '../errors/decode-error.ts'
import { UnsupportedVersionError } from '../errors/unsupported-version-error.ts'
import { Reader } from '../wire/reader.ts'
import { Writer } from '../wire/writer.ts'
import { type InputOf, NEVER, type OutputOf, type Shape } from './field.ts'
import { compileShape } from './struct.ts'
import type { FieldCodec } from './type.ts'

/** The versions that a message exists in. */
export interface VersionRange {
  /** The first, included. */
  readonly min: number
  /** The last, included. */
  readonly max: number
}

/** A message in all its versions: one shape from which encoder and decoder of each version derive when they are first needed. */
export class Message<S extends Shape = Shape> {
  /** Kafka's name of it: `FetchResponse`. */
  readonly name: string
  /** The versions that are declared here. */
  readonly versions: VersionRange
  /** The first flexible version (KIP-482); Infinity where there is none. */
  readonly flexible: number
  readonly #declare: () => S
  #shape: S | undefined
  readonly #codecs: (FieldCodec | undefined)[] = []

  constructor(name: string, versions: VersionRange, flexible: number, shape: () => S) {
    this.name = name
    this.versions = versions
    this.flexible = flexible
    this.#declare = shape
  }

  /** The fields, as declared. */
  get shape(): S {
    this.#shape ??= this.#declare()
    return this.#shape
  }

  #codec(version: number): FieldCodec {
    const known = this.#codecs[version]
    if (known !== undefined) return known
    const { min, max } = this.versions
    if (!Number.isInteger(version) || version < min || version > max) {
      throw new UnsupportedVersionError(`${this.name} has versions ${min} to ${max}, not ${version}`, { api: this.name, version })
    }
    const codec = compileShape(this.shape, { message: this.name, version, flexible: version >= this.flexible, tagged: false, path: '' })
    this.#codecs[version] = codec
    return codec
  }

  /**
   * Appends `value` to `writer`.
   * @throws UnsupportedVersionError for a version that does not exist, or a value that it cannot carry
   * @throws KafkaError with INVALID_ARGUMENT for a value that is none of its field's type; it names the field
   */
  write(writer: Writer, version: number, value: InputOf<S>): void {
    this.#codec(version).write(writer, value)
  }

  /**
   * Reads one value.
   * @param isWhole - whether nothing may follow it. Default: false
   * @throws DecodeError for bytes that do not hold one, or hold more
   */
  read(reader: Reader, version: number, isWhole = false): OutputOf<S> {
    const codec = this.#codec(version)
    try {
      const value = codec.read(reader) as OutputOf<S>
      if (isWhole && reader.remaining > 0) reader.fail(`${reader.remaining} bytes are left over`)
      return value
    } catch (error) {
      if (!DecodeError.is(error)) throw error
      throw new DecodeError(error.message, { api: this.name, version, position: reader.offset, cause: error })
    }
  }

  /** `value` as bytes. */
  encode(version: number, value: InputOf<S>): Buffer {
    const writer = new Writer()
    this.write(writer, version, value)
    return writer.concat()
  }

  /** The value of `bytes`, which must hold it and nothing more. */
  decode(version: number, bytes: Uint8Array): OutputOf<S> {
    return this.read(new Reader(bytes), version, true)
  }
}

/** Declares a message that stands alone: a blob inside another message, a record of an internal topic, a header. */
/* @__NO_SIDE_EFFECTS__ */
export function message<S extends Shape>(
  name: string,
  o: { versions: readonly [number, number]; flexible?: number },
  shape: () => S,
): Message<S> {
  const [min, max] = o.versions
  return new Message(name, { min, max }, o.flexible ?? NEVER, shape)
}

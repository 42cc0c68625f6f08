import { readHeaders } from '@k/protocol'

type Header = readonly [name: string, value: Buffer | null]

/** The headers of a record, in their order; a name may stand there more than once. */
export class RecordHeaders implements Iterable<Header> {
  readonly #pairs: readonly Header[]

  constructor(pairs: readonly Header[]) {
    this.#pairs = pairs
  }

  /** How many there are. */
  get size(): number {
    return this.#pairs.length
  }

  /** The value of the last header of that name; undefined where there is none, null where its value is null. */
  get(name: string): Buffer | null | undefined {
    return this.#pairs.findLast((pair) => pair[0] === name)?.[1]
  }

  /** The values of all headers of that name, in order. */
  getAll(name: string): (Buffer | null)[] {
    return this.#pairs.filter((pair) => pair[0] === name).map((pair) => pair[1])
  }

  /** Whether there is a header of this name. */
  has(name: string): boolean {
    return this.#pairs.some((pair) => pair[0] === name)
  }

  /** Name and value of each, in order, duplicates included. */
  [Symbol.iterator](): IterableIterator<Header> {
    return this.#pairs[Symbol.iterator]()
  }

  /** As pairs, values as base64: for JSON alone. */
  toJSON(): [string, string | null][] {
    return this.#pairs.map(([name, value]) => [name, value === null ? null : value.toString('base64')])
  }
}

/** What every record without headers has. */
export const NO_HEADERS: RecordHeaders = /* @__PURE__ */ new RecordHeaders(Object.freeze([]))

/** Reads the headers at `at`, values as views. */
export function readRecordHeaders(buffer: Buffer, at: number): RecordHeaders {
  return new RecordHeaders(readHeaders(buffer, at))
}

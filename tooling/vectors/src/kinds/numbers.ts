import { DecodeError, decrementSequence, incrementSequence, KafkaError, Reader, Writer } from '@k/protocol'
import { expectSame, expectSameHex, expectThrow, Mismatch, NotBuilt } from '../outcome.ts'

interface NumberVector {
  readonly what: string
  readonly value?: number | string
  readonly hex?: string
  /** Bytes that it takes. */
  readonly size?: number
  readonly error?: string
  readonly text?: string
  readonly mostSignificantBits?: string
  readonly leastSignificantBits?: string
  readonly sequence?: number
  readonly by?: number
  readonly incremented?: number
  readonly decremented?: number
}

type Primitive = 'varint' | 'varlong' | 'unsignedVarint' | 'unsignedVarlong' | 'int64' | 'float64' | 'uuid'

const parse: Readonly<Record<Primitive, (value: number | string) => unknown>> = {
  varint: Number,
  unsignedVarint: Number,
  varlong: BigInt,
  unsignedVarlong: BigInt,
  int64: BigInt,
  float64: Number,
  uuid: String,
}

function encoded(what: Primitive, value: unknown): string {
  const writer = new Writer()
  const write = writer[what] as (value: unknown) => void
  write.call(writer, value)
  return writer.concat().toString('hex')
}

function checkRead(what: Primitive, { hex, value, size, error }: NumberVector): void {
  const reader = new Reader(Buffer.from(hex as string, 'hex'))
  if (error !== undefined) {
    const thrown = expectThrow('value', error, () => reader[what]())
    if (!DecodeError.is(thrown)) throw new Mismatch('error', 'DecodeError', String(thrown))
    return
  }
  expectSame('value', parse[what](value as string), reader[what]())
  if (size !== undefined) expectSame('size', size, reader.offset)
}

function checkUuidText({ text, value, error }: NumberVector): void {
  if (error === undefined) {
    expectSame('value', value, new Reader(Buffer.from(encoded('uuid', text), 'hex')).uuid())
    return
  }
  const thrown = expectThrow('value', error, () => encoded('uuid', text))
  if (!KafkaError.is(thrown, 'INVALID_ARGUMENT')) throw new Mismatch('error', 'KafkaError INVALID_ARGUMENT', String(thrown))
}

function checkSequence({ sequence = 0, by = 0, incremented, decremented }: NumberVector): void {
  expectSame('incremented', incremented, incrementSequence(sequence, by))
  expectSame('decremented', decremented, decrementSequence(sequence, by))
}

/** Primitives of the wire, in both directions; and the arithmetic of sequence numbers. */
export function checkNumber(vector: NumberVector): void {
  const { what, value, hex, mostSignificantBits, leastSignificantBits } = vector
  if (what === 'read-uuid') {
    checkUuidText(vector)
    return
  }
  if (what === 'sequence') {
    checkSequence(vector)
    return
  }
  const primitive = what.replace('read-', '') as Primitive
  if (!(primitive in parse)) throw new NotBuilt(what)
  checkRead(primitive, vector)
  if (what !== primitive) return
  expectSameHex('hex', hex as string, encoded(primitive, parse[primitive](value as string)))
  if (primitive === 'uuid') {
    const bits = encoded('int64', BigInt(mostSignificantBits as string)) + encoded('int64', BigInt(leastSignificantBits as string))
    expectSameHex('bits', bits, hex as string)
  }
}

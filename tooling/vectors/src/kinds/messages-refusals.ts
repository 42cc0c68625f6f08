import { type Message, UnsupportedVersionError } from '@k/protocol'
import { messageOf } from '../declared.ts'
import { type Json, structFromJson } from '../message-json.ts'
import { expectSame, expectSameHex, expectThrow, Mismatch } from '../outcome.ts'

interface RefusalVector {
  readonly message: string
  readonly version: number
  /** With indices: `topics[0].name`. */
  readonly field: string
  readonly json: Json
  readonly refused: boolean
  readonly hex?: string
}

/** A value that the version cannot carry: refused with the field's name, or left out. */
export function checkRefusal({ message: name, version, field, json, refused, hex }: RefusalVector): void {
  const message: Message = messageOf(name)
  const encode = () => message.encode(version, structFromJson('json', message.shape, json)).toString('hex')
  if (!refused) {
    expectSameHex('hex', hex as string, encode())
    return
  }
  const error = expectThrow(field, 'UnsupportedVersionError', encode)
  if (!UnsupportedVersionError.is(error)) throw new Mismatch('error', 'UnsupportedVersionError', String(error))
  expectSame('error.field', field.replaceAll(/\[\d+\]/g, '[]'), error.field)
  expectSame('error.api', name, error.api)
  expectSame('error.version', version, error.version)
}

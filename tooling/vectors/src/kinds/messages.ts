import { messageOf } from '../declared.ts'
import { expectStruct, type Json, structFromJson } from '../message-json.ts'
import { expectSame, expectSameHex } from '../outcome.ts'

interface MessageVector {
  readonly message: string
  readonly version: number
  readonly flexible: boolean
  readonly json: Json
  readonly hex: string
  /** The bytes hold tags that nobody knows, which are skipped: they cannot come out again. */
  readonly decodeOnly?: true
}

/** A message in both directions. */
export function checkMessage({ message: name, version, flexible, json, hex, decodeOnly }: MessageVector): void {
  const message = messageOf(name)
  expectSame('flexible', flexible, version >= message.flexible)
  expectStruct('json', message.shape, json, message.decode(version, Buffer.from(hex, 'hex')))
  if (decodeOnly) return
  expectSameHex('hex', hex, message.encode(version, structFromJson('json', message.shape, json)).toString('hex'))
}

import { type Codec, DecodeError } from '@k/protocol'

/** What `action` throws, or what its promise rejects with; undefined where all is well. */
export async function thrownBy(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error
  }
  return undefined
}

/** The code with which a codec refuses to decompress; undefined where it does not. Whatever is no DecodeError is thrown on. */
export async function refusalCode(codec: Codec, bytes: Uint8Array, maxBytes: number): Promise<string | undefined> {
  const error = await thrownBy(() => codec.decompress(bytes, maxBytes))
  if (error === undefined) return undefined
  if (DecodeError.is(error)) return error.code
  throw error
}

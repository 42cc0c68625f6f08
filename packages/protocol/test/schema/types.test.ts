import {
  array,
  bytes,
  type Heartbeat,
  type InputOf,
  int32,
  int64,
  type Metadata,
  type OutputOf,
  type RequestInputOf,
  type RequestOf,
  type ResponseOf,
  string,
  struct,
} from '@k/protocol'
import { describe, expectTypeOf, it } from 'vitest'

const shape = {
  id: int32,
  offset: int64.default(-1n),
  name: string.since(2).nullable(),
  blob: bytes,
  topics: array(struct({ topic: string, partitions: array(int32).nullable() })),
}
type Input = InputOf<typeof shape>
type Output = OutputOf<typeof shape>

describe('the types of a shape', () => {
  it('make a field optional on input where it has a default or is not in every version', () => {
    type Topic = { readonly topic: string; readonly partitions: readonly number[] | null }
    expectTypeOf<{ id: number; blob: Uint8Array; topics: Topic[] }>().toExtend<Input>()
    expectTypeOf<{ id: number; offset: bigint; name: null; blob: Uint8Array; topics: Topic[] }>().toExtend<Input>()
    expectTypeOf<{ blob: Uint8Array; topics: Topic[] }>().not.toExtend<Input>()
    expectTypeOf<{ id: number; offset: number; blob: Uint8Array; topics: Topic[] }>().not.toExtend<Input>()
    expectTypeOf<{ id: number; blob: Uint8Array; topics: { topic: string }[] }>().not.toExtend<Input>()
  })

  it('give every field on output', () => {
    expectTypeOf<Output['offset']>().toEqualTypeOf<bigint>()
    expectTypeOf<Output['name']>().toEqualTypeOf<string | null>()
    expectTypeOf<Output['blob']>().toEqualTypeOf<Buffer>()
    expectTypeOf<Output['topics'][number]['partitions']>().toEqualTypeOf<readonly number[] | null>()
  })

  it('belong to every API', () => {
    expectTypeOf<RequestOf<typeof Heartbeat>['groupInstanceId']>().toEqualTypeOf<string | null>()
    expectTypeOf<ResponseOf<typeof Metadata>['topics'][number]['partitions'][number]['isrNodes']>().toEqualTypeOf<readonly number[]>()
    expectTypeOf<{ topics: null }>().toExtend<RequestInputOf<typeof Metadata>>()
    expectTypeOf<{ topics: { topic: string }[] }>().not.toExtend<RequestInputOf<typeof Metadata>>()
  })

  it('do not let a default be of another type', () => {
    // @ts-expect-error an int64 is a bigint
    int64.default(-1)
    // @ts-expect-error this string may not be null
    string.default(null)
    string.nullable().default(null)
  })
})

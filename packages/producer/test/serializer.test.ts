import { jsonSerializer, stringSerializer } from '@k/producer'
import { describe, expect, it } from 'vitest'
import { resolveSettings } from '../src/options.ts'

const context = { topic: 'orders', headers: undefined }

describe('serializers', () => {
  it('of strings hand them on', () => {
    expect(stringSerializer()('paid', context)).toBe('paid')
  })

  it('of JSON write it, and refuse what it has no form for', () => {
    expect(jsonSerializer()({ id: 1 }, context)).toBe('{"id":1}')
    expect(jsonSerializer<string>()('paid', context)).toBe('"paid"')
    expect(() => jsonSerializer()(() => 1, context)).toThrow('JSON has no form for function')
  })

  it('that are objects keep their this', () => {
    const prefixed = {
      prefix: '>',
      serialize(text: string) {
        return this.prefix + text
      },
    }
    const { valueSerializer } = resolveSettings({ valueSerializer: prefixed }, { requestTimeoutMs: 30_000 })
    expect(valueSerializer!('a', context)).toBe('>a')
  })
})

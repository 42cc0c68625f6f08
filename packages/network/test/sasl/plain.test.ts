import { inspect } from 'node:util'
import { ConfigError } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { plain } from '../../src/index.ts'

const context = { host: 'b', port: 9092, signal: new AbortController().signal }

describe('plain', () => {
  it('says authorization id, user and password, with NULs between', async () => {
    const exchange = await plain({ username: 'bob', password: 'pencil' }).start(context)
    expect(Buffer.from(exchange.initial).toString('latin1')).toBe('\0bob\0pencil')
    expect(await exchange.answer(Buffer.alloc(0))).toBeUndefined()
    const forAnn = await plain({ username: 'bob', password: 'pencil', authorizationId: 'ann' }).start(context)
    expect(Buffer.from(forAnn.initial).toString('latin1')).toBe('ann\0bob\0pencil')
  })

  it('writes UTF-8', async () => {
    const exchange = await plain({ username: 'bøb', password: 'pass,wörd=1' }).start(context)
    expect(Buffer.from(exchange.initial)).toEqual(Buffer.from('\0bøb\0pass,wörd=1', 'utf8'))
  })

  it.each([{}, { username: 'bob' }, { username: '', password: 'x' }, { username: 'bob', password: 5 }, undefined])(
    'refuses %j',
    (options) => {
      expect(() => plain(options as never)).toThrow(ConfigError)
    },
  )

  it('refuses what a function returns wrongly, and NULs inside, without showing them', async () => {
    await expect(plain({ username: 'bob', password: () => undefined as never }).start(context)).rejects.toThrow(
      /password.*did not return a string/,
    )
    await expect(plain({ username: 'bob', password: 'canary\0' }).start(context)).rejects.toThrow(/^(?!.*canary).*NUL/)
  })

  it('shows its secret to nobody', () => {
    const mechanism = plain({ username: 'bob', password: 'canary-1' })
    for (const text of [inspect(mechanism, { depth: 9, showHidden: true }), JSON.stringify(mechanism), String(mechanism)])
      expect(text).not.toContain('canary')
  })

  it('is not touched by what the caller does with his object later', async () => {
    const options = { username: 'bob', password: 'one' }
    const mechanism = plain(options)
    options.password = 'two'
    expect(Buffer.from((await mechanism.start(context)).initial).toString()).toBe('\0bob\0one')
  })
})

import { BrokerError, FindCoordinator, type FindCoordinatorResponse, type RequestInputOf, type ResponseInputOf } from '@k/protocol'
import { describe, expect, it } from 'vitest'
import { Coordinators } from '../src/coordinators.ts'
import { errorOf } from './support/outcome.ts'

type Body = RequestInputOf<typeof FindCoordinator>

function setUp(version: number, answer: (body: Body) => ResponseInputOf<typeof FindCoordinator>) {
  const asked: Body[] = []
  const coordinators = new Coordinators(async (body) => {
    const made = body(version)
    FindCoordinator.request.encode(version, made)
    asked.push(made)
    await new Promise((resolve) => setImmediate(resolve))
    return FindCoordinator.response.decode(version, FindCoordinator.response.encode(version, answer(made))) as FindCoordinatorResponse
  })
  return { coordinators, asked }
}

const node = { nodeId: 2, host: 'b2', port: 9092 }
const broker = { id: 2, host: 'b2', port: 9092, rack: undefined }
const alone = () => ({ errorCode: 0, errorMessage: null, ...node })
const batch = ({ coordinatorKeys = [] }: Body) => ({
  coordinators: coordinatorKeys.map((key) => ({ key, errorCode: 0, errorMessage: null, ...node })),
})

describe('find', () => {
  it.each([0, 1, 2, 3])('asks for one key in version %i', async (version) => {
    const { coordinators, asked } = setUp(version, version === 0 ? () => ({ errorCode: 0, ...node }) : alone)
    expect(await coordinators.find({ group: 'g' })).toEqual(broker)
    expect(asked).toEqual([{ key: 'g', keyType: 0 }])
  })

  it.each([4, 5, 6])('asks for a list of keys in version %i', async (version) => {
    const { coordinators, asked } = setUp(version, batch)
    expect(await coordinators.find({ transactionalId: 't' })).toEqual(broker)
    expect(asked).toEqual([{ keyType: 1, coordinatorKeys: ['t'] }])
  })

  it('asks no broker for a transactional id that would take it for a group', async () => {
    const { coordinators, asked } = setUp(0, alone)
    expect(await errorOf(coordinators.find({ transactionalId: 't' }))).toMatchObject({ code: 'UNSUPPORTED_VERSION', field: 'keyType' })
    expect(asked).toEqual([])
  })

  it('asks once, however many look, and remembers until told to forget', async () => {
    const { coordinators, asked } = setUp(6, batch)
    const key = { group: 'g' }
    expect(coordinators.known(key)).toBeUndefined()
    await Promise.all([coordinators.find(key), coordinators.find(key)])
    await coordinators.find({ group: 'g' })
    expect(asked).toHaveLength(1)
    expect(coordinators.known(key)).toEqual(broker)
    coordinators.forget(key)
    expect(coordinators.known(key)).toBeUndefined()
    await coordinators.find(key)
    expect(asked).toHaveLength(2)
  })

  it('does not take a group for a transactional id of the same name', async () => {
    const { coordinators, asked } = setUp(6, batch)
    await coordinators.find({ group: 'x' })
    await coordinators.find({ transactionalId: 'x' })
    expect(asked.map(({ keyType }) => keyType)).toEqual([0, 1])
  })

  it('does not remember what was forgotten while it was looked for', async () => {
    const { coordinators } = setUp(6, batch)
    const key = { group: 'g' }
    const looking = coordinators.find(key)
    coordinators.forget(key)
    expect(await looking).toEqual(broker)
    expect(coordinators.known(key)).toBeUndefined()
  })

  it('rejects with what the broker says, and asks again the next time', async () => {
    let errorCode = 15
    const { coordinators, asked } = setUp(6, ({ coordinatorKeys = [] }) => ({
      coordinators: coordinatorKeys.map((key) => ({ key, ...node, errorCode, errorMessage: 'starting' })),
    }))
    const error = await errorOf(coordinators.find({ group: 'g' }))
    expect(BrokerError.is(error, 'COORDINATOR_NOT_AVAILABLE')).toBe(true)
    expect(error).toMatchObject({ retriable: true, message: expect.stringMatching(/coordinator of group g.*starting/) })
    errorCode = 0
    expect(await coordinators.find({ group: 'g' })).toEqual(broker)
    expect(asked).toHaveLength(2)
  })

  it('takes an answer without the key for no answer', async () => {
    const { coordinators } = setUp(6, () => ({ coordinators: [{ key: 'other', errorCode: 0, errorMessage: null, ...node }] }))
    expect(await errorOf(coordinators.find({ group: 'g' }))).toMatchObject({ code: 'COORDINATOR_NOT_AVAILABLE' })
  })
})

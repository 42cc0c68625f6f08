// Names the broker that coordinates a group or a transactional id. The topics in which Kafka keeps them are never made here, so that there is
// no wait for them. Share groups are not known: asking for their coordinator is an invalid request.
import { type BrokerErrorCode, FindCoordinator } from '@k/protocol'
import { errorCodeOf } from '../refusal.ts'
import { handler, type RequestContext } from './handler.ts'

const kinds = ['group', 'transaction'] as const
/** Of share groups. */
const SHARE = 2

export const handleFindCoordinator = handler({
  api: FindCoordinator,
  versions: [0, 6],
  handle({ key, keyType, coordinatorKeys }, context) {
    const keys = context.version >= 4 ? coordinatorKeys : [key]
    return answer(
      keys.map((each) => found(keyType, each, context)),
      context.version,
    )
  },
  refuse({ key, coordinatorKeys }, code, { version }) {
    const keys = version >= 4 ? coordinatorKeys : [key]
    return answer(
      keys.map((each) => missing(each, code)),
      version,
    )
  },
})

interface Found {
  readonly key: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly nodeId: number
  readonly host: string
  readonly port: number
}

function answer(coordinators: Found[], version: number) {
  if (version >= 4) return { coordinators }
  const { errorCode, errorMessage, nodeId, host, port } = coordinators[0] as Found
  return { errorCode, errorMessage: errorCode === 0 ? 'NONE' : errorMessage, nodeId, host, port }
}

function found(keyType: number, key: string, { cluster, version }: RequestContext): Found {
  const kind = kinds[keyType]
  if (keyType === SHARE && version >= 4) return { ...missing(key, 'INVALID_REQUEST'), errorMessage: '' }
  if (kind === undefined) return missing(key, 'INVALID_REQUEST')
  const broker = cluster.coordinatorOf(kind, key)
  if (broker === undefined) return missing(key, 'COORDINATOR_NOT_AVAILABLE')
  return { key, errorCode: 0, errorMessage: '', nodeId: broker.id, host: broker.host, port: broker.port }
}

function missing(key: string, code: BrokerErrorCode): Found {
  return { key, errorCode: errorCodeOf(code), errorMessage: `The coordinator of '${key}' cannot be told.`, nodeId: -1, host: '', port: -1 }
}

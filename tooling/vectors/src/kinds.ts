import { checkApi } from './kinds/api-versions.ts'
import { checkRange } from './kinds/assignors.ts'
import { checkCompression } from './kinds/compression.ts'
import { checkConsumerProtocol } from './kinds/consumer-protocol.ts'
import { checkCrc } from './kinds/crc.ts'
import { checkError } from './kinds/errors.ts'
import { checkFrame } from './kinds/frames.ts'
import { checkMessage } from './kinds/messages.ts'
import { checkRefusal } from './kinds/messages-refusals.ts'
import { checkMurmur2 } from './kinds/murmur2.ts'
import { checkNumber } from './kinds/numbers.ts'
import { checkRecords } from './kinds/records.ts'
import { checkPlain } from './kinds/sasl-plain.ts'
import { NotBuilt } from './outcome.ts'

/** Checks one vector: returns where it passes, throws a Mismatch where it does not, and NotBuilt where its subject does not exist here. */
export type Check = (vector: never) => void | Promise<void>

/** For kinds of vectors whose subject does not exist here at all. */
const notBuilt =
  (what: string): Check =>
  () => {
    throw new NotBuilt(what)
  }

/** Every kind of vectors, by what the names of its files begin with. */
const kinds: Readonly<Record<string, Check>> = {
  'api-versions': checkApi,
  'api-versions-old': checkApi,
  'assignor-cooperative-sticky': notBuilt('the cooperative-sticky assignor'),
  'assignor-range': checkRange,
  'assignor-roundrobin': notBuilt('the roundrobin assignor'),
  'assignor-sticky': notBuilt('the sticky assignor'),
  compression: checkCompression,
  'consumer-protocol': checkConsumerProtocol,
  crc: checkCrc,
  errors: checkError,
  frames: checkFrame,
  'frames-old': checkFrame,
  'messages-data': checkMessage,
  'messages-refusals': checkRefusal,
  'messages-refusals-old': checkRefusal,
  'messages-requests': checkMessage,
  'messages-requests-old': checkMessage,
  'messages-responses': checkMessage,
  'messages-responses-old': checkMessage,
  murmur2: checkMurmur2,
  numbers: checkNumber,
  records: checkRecords,
  'records-legacy': checkRecords,
  'sasl-oauthbearer': notBuilt('SASL OAUTHBEARER'),
  'sasl-plain': checkPlain,
  'sasl-scram': notBuilt('SASL SCRAM'),
}

/** The names of all kinds. */
export const kindNames: readonly string[] = Object.keys(kinds)

/** The kind of a file: the longest that its name begins with. Undefined where there is none. */
export function kindOf(fileName: string): string | undefined {
  const fitting = kindNames.filter((kind) => fileName.startsWith(kind))
  return fitting.sort((a, b) => b.length - a.length)[0]
}

/** How vectors of `kind` are checked. */
export function checkOf(kind: string): Check {
  const check = kinds[kind]
  if (check === undefined) throw new Error(`no kind of vectors is called ${kind}`)
  return check
}

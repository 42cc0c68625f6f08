import { codecs } from './codecs.ts'
import { fakeCluster } from './fake-cluster.ts'
import { memory } from './memory.ts'
import { produce } from './produce.ts'
import { produceAndConsume } from './produce-and-consume.ts'
import { protocol } from './protocol.ts'
import { tuning } from './tuning.ts'

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  'produce-and-consume': produceAndConsume,
  produce,
  memory,
  protocol,
  codecs,
  'fake-cluster': fakeCluster,
  tuning,
}

const [name = 'produce-and-consume'] = process.argv.slice(2)
const run = Object.hasOwn(CASES, name) ? CASES[name] : undefined
if (run === undefined) {
  console.error(`no case is called ${name}; there is: ${Object.keys(CASES).join(', ')}`)
  process.exitCode = 1
} else {
  await run()
}

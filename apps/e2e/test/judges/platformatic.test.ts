import { platformaticJudge } from '../../src/judges/platformatic.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { claims } from './claims.ts'

const judge = await judgeOrSkip('platformatic', async () => platformaticJudge)
const open = (protocol: 'classic' | 'consumer') => judge && ((servers: string) => judge(servers, protocol))

// After a rebalance it reads on from what is committed, also where a fetch of before has brought more: on brokers of Kafka 4.3.1 as well.
const readsAgain = true

for (const version of ['4.3', '3.9'] as const) {
  claims({ name: '@platformatic/kafka, classic', version, open: open('classic'), nullHeaders: false, readsAgain })
}
claims({
  name: '@platformatic/kafka, groupProtocol consumer',
  version: '4.3',
  open: open('consumer'),
  groupType: 'consumer',
  only: ['groups'],
  readsAgain,
})

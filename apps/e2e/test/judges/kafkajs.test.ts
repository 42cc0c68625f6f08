import { kafkajsJudge } from '../../src/judges/kafkajs.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { claims } from './claims.ts'

const open = await judgeOrSkip('kafkajs', async () => kafkajsJudge)

// Its headers have no nulls.
if (open) for (const version of ['4.3', '1.1'] as const) claims({ name: 'kafkajs', version, open, nullHeaders: false })

import { afterAll } from 'vitest'
import { PythonJudges } from '../../src/judges/python-judge.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { pythonWithClients } from '../../src/python.ts'
import { claims } from './claims.ts'

const judges = await judgeOrSkip('kafka-python', async () => new PythonJudges(await pythonWithClients(), 'judge_kafka_python.py'))
const open = judges && (async (servers: string) => judges.judge(servers))
afterAll(() => judges?.close())

// It refuses headers without a value.
for (const version of ['4.3', '3.9', '2.0'] as const) claims({ name: 'kafka-python', version, open, nullHeaders: false })

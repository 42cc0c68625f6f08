import { afterAll } from 'vitest'
import { PythonJudges } from '../../src/judges/python-judge.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { pythonWithClients } from '../../src/python.ts'
import { claims } from './claims.ts'

const judges = await judgeOrSkip('aiokafka', async () => new PythonJudges(await pythonWithClients(), 'judge_aiokafka.py'))
const open = judges && (async (servers: string) => judges.judge(servers, ['deleteGroup']))
afterAll(() => judges?.close())

for (const version of ['4.3', '3.9', '2.0'] as const) claims({ name: 'aiokafka', version, open })

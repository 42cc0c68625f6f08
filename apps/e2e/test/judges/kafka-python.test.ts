import { afterAll } from 'vitest'
import { PythonJudges } from '../../src/judges/python-judge.ts'
import { judgeOrSkip } from '../../src/judges/skip-judge.ts'
import { pythonWithClients } from '../../src/python.ts'
import { claims } from './claims.ts'

const interpreter = await judgeOrSkip('kafka-python', pythonWithClients)

for (const version of ['4.3', '3.9', '2.0'] as const) {
  // Its members poll for a second at a time, and whoever lets one leave waits for that.
  const judges = interpreter === undefined ? undefined : new PythonJudges(interpreter, 'judge_kafka_python.py')
  afterAll(() => judges?.close())
  const open = judges && (async (servers: string) => judges.judge(servers))
  // It refuses headers without a value.
  claims({ name: 'kafka-python', version, open, nullHeaders: false, concurrent: true })
}

import { measure } from '../measured.ts'
import { type Task, taskOf } from './tasks.ts'

// One figure of one client in a process of its own: warmed up, then repeated for a while.
const WARM_UP_MS = 200
const MEASURED_MS = 300

async function repeat(task: Task, milliseconds: number): Promise<number> {
  const end = performance.now() + milliseconds
  let count = 0
  do {
    const result = task()
    if (result instanceof Promise) await result
    count++
  } while (performance.now() < end)
  return count
}

const [figure = '', client = ''] = process.argv.slice(2)
const task = await taskOf(figure, client)
await repeat(task, WARM_UP_MS)
let count = 0
const { cpuSeconds } = await measure(async () => {
  count = await repeat(task, MEASURED_MS)
})
process.stdout.write(`${JSON.stringify(cpuSeconds / count)}\n`)

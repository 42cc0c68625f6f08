import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Judge, JudgedGroup, JudgedOffset, JudgedPartition, JudgedRecord } from './judge.ts'

const CALL_MS = 40_000

/** One process of Python that judges every cluster that it is asked about. */
export class PythonJudges {
  readonly #child
  readonly #answers: AsyncIterator<string>
  #stderr = ''
  #last: Promise<unknown> = Promise.resolve()

  /** @param program the file next to this one whose `Judge` answers the calls */
  constructor(interpreter: string, program: string) {
    this.#child = spawn(interpreter, ['-u', fileURLToPath(new URL(program, import.meta.url))], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
    })
    this.#child.stdin.on('error', () => {})
    this.#child.stderr.on('data', (text: Buffer) => {
      this.#stderr = (this.#stderr + text).slice(-3000)
    })
    this.#answers = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  /** Ends the process. */
  close(): void {
    this.#child.kill('SIGKILL')
  }

  /** Calls are answered one after the other, in their order. */
  call<T>(call: string, args: object): Promise<T> {
    const answered = this.#last.then(() => this.#ask(call, args))
    this.#last = answered.catch(() => {})
    return answered as Promise<T>
  }

  async #ask(call: string, args: object): Promise<unknown> {
    this.#child.stdin.write(`${JSON.stringify({ call, arguments: args })}\n`)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${call} was not answered within ${CALL_MS} ms: ${this.#stderr}`)), CALL_MS)
    })
    try {
      const { value, done } = await Promise.race([this.#answers.next(), late])
      if (done) throw new Error(`The process ended at ${call}: ${this.#stderr}`)
      const { result, error } = JSON.parse(value)
      if (error !== undefined) throw new Error(`${call}: ${error}`)
      return result
    } finally {
      clearTimeout(timer)
    }
  }

  /** @param lacks what this client has no call for */
  judge(servers: string, lacks: readonly ('deleteGroup' | 'transaction')[] = []): Judge {
    const call = <T>(name: string, args: object = {}) => this.call<T>(name, { servers, ...args })
    const judge: Judge = {
      createTopic: (topic, { partitions, replicationFactor, configs = {} }) =>
        call('create_topic', { topic, partitions, replication_factor: replicationFactor, configs }),
      deleteTopic: (topic) => call('delete_topic', { topic }),
      topics: () => call<string[]>('topics'),
      partitions: (topic) => call<JudgedPartition[]>('partitions', { topic }),
      createPartitions: (topic, count) => call('create_partitions', { topic, count }),
      configs: (topic) => call<Record<string, string>>('configs', { topic }),
      alterConfigs: (topic, configs) => call('alter_configs', { topic, configs }),
      deleteRecords: (topic, partition, before) => call('delete_records', { topic, partition, before }),
      groups: () => call<string[]>('groups'),
      group: (group) => call<JudgedGroup>('group', { group }),
      offsets: (group) => call<JudgedOffset[]>('offsets', { group }),
      commit: (group, offset) => call('commit', { group, ...offset }),
      send: ({ topic, records, compression = 'none' }) => call('send', { topic, records, compression }),
      read: (topic, { count, isolationLevel = 'read_uncommitted' }) =>
        call<JudgedRecord[]>('read', { topic, count, isolation_level: isolationLevel }),
      async join(group, topic) {
        const member = await call<number>('join', { group, topic })
        return { seen: () => call<JudgedRecord[]>('seen', { member }), leave: () => call('leave', { member }) }
      },
      close: () => call('close'),
    }
    if (!lacks.includes('deleteGroup')) judge.deleteGroup = (group) => call('delete_group', { group })
    if (!lacks.includes('transaction')) {
      judge.transaction = ({ topic, records, transactionalId, end, offsets }) =>
        call('transaction', {
          topic,
          records,
          transactional_id: transactionalId,
          end,
          offsets: offsets ? { [offsets.group]: offsets.offsets } : {},
        })
    }
    return judge
  }
}

import { type ChildProcess, spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Environment } from './environment.ts'

// A JVM outlives its launcher. So a shell stands between them: descriptor 3 is a pipe whose other end only this process holds; when it
// closes, however this process died, the shell's watcher kills the JVM. The same pipe brings the JVM's pid here.
const guard = `exec 4<&0
"$@" <&4 3<&- 4<&- &
pid=$!
echo $pid >&3
{ read line <&3; kill -9 $pid; } <&- 4<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&- 4<&- <&- >/dev/null 2>&1
wait $pid
code=$?
kill $watcher
exit $code`

export interface GuardedProcessOptions {
  env?: Environment
  stdin?: 'ignore' | 'pipe'
  /** An open file descriptor that takes both streams, or pipes. */
  output: number | 'pipe'
}

/** How a process ended: its exit code; 128 + the signal's number when a signal ended it. */
export type ExitCode = number

/** A child that cannot outlive this process, not even when this process is killed with SIGKILL. */
export class GuardedProcess {
  /** The pid of the command itself. */
  readonly pid: number
  /** Resolves when the command has ended; never rejects. */
  readonly exited: Promise<ExitCode>
  readonly shell: ChildProcess
  #exitCode: ExitCode | undefined

  private constructor(shell: ChildProcess, pid: number, exited: Promise<ExitCode>) {
    this.shell = shell
    this.pid = pid
    this.exited = exited
    void exited.then((code) => {
      this.#exitCode = code
    })
  }

  static async start(command: string, args: string[], options: GuardedProcessOptions): Promise<GuardedProcess> {
    const { env = process.env, stdin = 'ignore', output } = options
    const shell = spawn('sh', ['-c', guard, 'sh', command, ...args], {
      env: { ...env },
      stdio: [stdin, output, output, 'pipe'],
      // Its own process group: Ctrl-C in a terminal reaches this process alone, which then ends the child in order.
      detached: true,
    })
    const pipe = shell.stdio[3] as Socket
    pipe.on('error', () => {})
    const exited = new Promise<ExitCode>((resolve) => {
      shell.once('error', () => resolve(127))
      shell.once('exit', (code) => resolve(code ?? 137))
    })
    const pid = await new Promise<number>((resolve, reject) => {
      pipe.on('data', (line: Buffer) => resolve(Number(line.toString('latin1'))))
      pipe.once('close', () => reject(new Error(`No shell could be started to run ${command}.`)))
    })
    void exited.then(() => pipe.destroy())
    // Someone who forgets to close must still be able to end his program; the guard does the rest.
    shell.unref()
    pipe.unref()
    return new GuardedProcess(shell, pid, exited)
  }

  /** The exit code once the command has ended, before that undefined. */
  get exitCode(): ExitCode | undefined {
    return this.#exitCode
  }

  /** Sends a signal; does nothing when the command has ended. */
  signal(name: NodeJS.Signals): void {
    if (this.#exitCode !== undefined) return
    try {
      process.kill(this.pid, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
    }
  }

  /** Waits for the end; resolves with undefined when it does not come in time. */
  async waitForExit(timeoutMs: number): Promise<ExitCode | undefined> {
    const timer = new AbortController()
    const late = sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)
    const code = await Promise.race([this.exited, late])
    timer.abort()
    return code ?? undefined
  }

  /** SIGKILL, and waits until the command is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    const code = await this.waitForExit(10_000)
    if (code === undefined) throw new Error(`Process ${this.pid} did not end within 10 s of SIGKILL.`)
  }
}

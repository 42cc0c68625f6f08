#!/usr/bin/env node
import { FakeCluster } from '@k/testing'
import { runCommand } from './command/run-command.ts'

const ended = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
})
process.exitCode = await runCommand(process.argv.slice(2), FakeCluster.start, {
  print: (line) => void process.stdout.write(`${line}\n`),
  printError: (line) => void process.stderr.write(`${line}\n`),
  ended,
})

import { type ConsoleRecord, formatRecords, formatterProperties, parseRecords, readerProperties } from './console-record.ts'
import type { ConsoleConsumerOptions, ConsoleProducerOptions, ToolOptions } from './options.ts'
import type { Properties } from './properties.ts'
import type { Consoles } from './release.ts'
import type { CommandResult } from './run-command.ts'

export type RunTool = (className: string, args: string[], options?: ToolOptions) => Promise<CommandResult>

const flags = (flag: string, properties: Properties = {}): string[] =>
  Object.entries(properties).flatMap(([name, value]) => [flag, `${name}=${value}`])

const failure = (tool: string, { code, stdout, stderr }: CommandResult): Error =>
  new Error(`The ${tool} failed (exit code ${code}): ${`${stderr}${stdout}`.trim().slice(-2000)}`)

/** Produces with the console producer of a release's tools. */
export const produceByConsole = async (
  run: RunTool,
  tools: Consoles,
  bootstrapServers: string,
  options: ConsoleProducerOptions,
): Promise<void> => {
  const { topic, records, timeoutMs = 60_000 } = options
  // The tool has a flag for this property, which wins over it also where it is not given.
  const { 'compression.type': compression = 'none', ...properties } = options.properties ?? {}
  // Its default of three retries lasts for 300 ms, less than any election of a leader.
  const args = [
    '--bootstrap-server',
    bootstrapServers,
    '--topic',
    topic,
    '--message-send-max-retries',
    '1000',
    '--compression-codec',
    compression,
  ]
  const details = [
    ...flags(tools.readerProperty, readerProperties),
    ...flags(tools.producerProperty, { 'max.block.ms': '10000', ...properties }),
  ]
  const result = await run(tools.producer, [...args, ...details], { input: formatRecords(records), timeoutMs })
  // It ends with 0 even when sends failed; only its log knows.
  if (result.code !== 0 || /\bERROR\b/.test(result.stderr)) throw failure('console producer', result)
}

/** Arguments of the console consumer, all but how many records it is to read. */
export const consumerArguments = (
  tools: Consoles,
  bootstrapServers: string,
  { topic, partition, group, properties }: Omit<ConsoleConsumerOptions, 'count' | 'timeoutMs'>,
): string[] => [
  '--bootstrap-server',
  bootstrapServers,
  '--topic',
  topic,
  ...(partition === undefined ? ['--from-beginning'] : ['--partition', String(partition), '--offset', 'earliest']),
  ...(group === undefined ? [] : ['--group', group]),
  ...flags(tools.formatterProperty, formatterProperties),
  ...flags(tools.consumerProperty, properties),
]

/** Reads with the console consumer of a release's tools. */
export const consumeByConsole = async (
  run: RunTool,
  tools: Consoles,
  bootstrapServers: string,
  options: ConsoleConsumerOptions,
): Promise<ConsoleRecord[]> => {
  const { count, timeoutMs = 30_000 } = options
  const args = [...consumerArguments(tools, bootstrapServers, options), '--max-messages', String(count), '--timeout-ms', String(timeoutMs)]
  const result = await run(tools.consumer, args, { timeoutMs: timeoutMs + 30_000 })
  const records = parseRecords(result.stdout)
  if (records.length < count) throw failure(`console consumer got ${records.length} of ${count} records and`, result)
  return records
}

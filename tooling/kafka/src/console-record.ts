/** A record as Java's console tools print and read it. */
export interface ConsoleRecord {
  key: string | null
  value: string | null
  headers: [name: string, value: string | null][]
  /** Undefined for a record that is to be produced. */
  partition?: number
  offset?: number
  /** Milliseconds since the epoch. */
  timestamp?: number
  timestampType?: 'CreateTime' | 'LogAppendTime'
}

// Control characters, so that tabs, commas and line ends may stand in the data.
const field = '\u001f'
const lineEnd = '\u001e'
const header = '\u001d'
const nothing = '\u0018'

/** Line-reader properties that fit `formatRecords`. */
export const readerProperties: Record<string, string> = {
  'parse.key': 'true',
  'parse.headers': 'true',
  'key.separator': field,
  'headers.delimiter': field,
  'headers.separator': header,
  'null.marker': nothing,
}

/** Writes records as input of the console producer. It reads line by line: a record with a line end is refused. */
export const formatRecords = (records: readonly ConsoleRecord[]): string =>
  records
    .map(({ key, value, headers }) => {
      const pairs = headers.map(([name, text]) => `${name}:${text ?? nothing}`).join(header)
      // No headers at all are said by the marker as well; an empty text would be one header without a colon.
      const line = [pairs || nothing, key ?? nothing, value ?? nothing].join(field)
      if (/[\r\n]/.test(line)) throw new Error('The console producer cannot send a record with a line end.')
      return `${line}\n`
    })
    .join('')

/** Formatter properties that fit `parseRecords`. */
export const formatterProperties: Record<string, string> = {
  'print.timestamp': 'true',
  'print.partition': 'true',
  'print.offset': 'true',
  'print.headers': 'true',
  'print.key': 'true',
  'print.value': 'true',
  'key.separator': field,
  'headers.separator': header,
  'line.separator': lineEnd,
  'null.literal': nothing,
}

const textOf = (text: string): string | null => (text === nothing ? null : text)

/** Reads what the console consumer printed. */
export const parseRecords = (output: string): ConsoleRecord[] =>
  output
    .split(lineEnd)
    .slice(0, -1)
    .map((line) => {
      const [time = '', partition = '', offset = '', headers = '', key = '', value = ''] = line.split(field)
      // A tool may write a notice before its first record.
      const [, timestampType, timestamp] = /(CreateTime|LogAppendTime):(-?\d+)$/.exec(time) ?? []
      return {
        partition: Number(partition.slice('Partition:'.length)),
        offset: Number(offset.slice('Offset:'.length)),
        ...(timestamp !== undefined && { timestamp: Number(timestamp), timestampType: timestampType as 'CreateTime' | 'LogAppendTime' }),
        headers: headers === 'NO_HEADERS' ? [] : headers.split(header).map(parseHeader),
        key: textOf(key),
        value: textOf(value),
      }
    })

const parseHeader = (text: string): [string, string | null] => {
  const colon = text.indexOf(':')
  return [text.slice(0, colon), textOf(text.slice(colon + 1))]
}

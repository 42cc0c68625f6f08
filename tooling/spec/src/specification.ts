import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A field as Kafka's specification writes it. */
export interface SpecField {
  readonly name: string
  readonly type: string
  /** Absent: those in which it is tagged. */
  readonly versions?: string
  readonly nullableVersions?: string
  readonly taggedVersions?: string
  readonly tag?: number
  readonly default?: string | number | boolean | null
  readonly ignorable?: boolean
  /** Where it departs from its message: `none`, its length is never compact. */
  readonly flexibleVersions?: string
  readonly fields?: readonly SpecField[]
}

/** A message as Kafka's specification writes it. */
export interface SpecMessage {
  readonly name: string
  readonly type: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions?: string
  readonly latestVersionUnstable?: boolean
  readonly fields?: readonly SpecField[]
  readonly commonStructs?: readonly SpecField[]
}

/** The messages of one version of Kafka, by name. */
export interface Specification {
  readonly version: string
  readonly messages: ReadonlyMap<string, SpecMessage>
}

/** Reads one message: JSON, with comments from `//` to the end of the line. */
export function parseMessage(text: string): SpecMessage {
  return JSON.parse(text.replaceAll(/("(?:[^"\\]|\\.)*")|\/\/.*/g, '$1')) as SpecMessage
}

async function readMessage(file: string): Promise<SpecMessage> {
  const text = await readFile(file, 'utf8')
  try {
    return parseMessage(text)
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error })
  }
}

/** Reads every message of the given folders, as they were unpacked from Kafka's artifacts. */
export async function readSpecification(version: string, folders: readonly string[]): Promise<Specification> {
  const messages = new Map<string, SpecMessage>()
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue
      const message = await readMessage(join(folder, name))
      messages.set(message.name, message)
    }
  }
  return { version, messages }
}

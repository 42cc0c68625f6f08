import { readFile } from 'node:fs/promises'

const tailLines = 15

/** The last lines of some log files, each under its name; files that do not exist or are empty are left out. */
export const logTails = async (files: readonly string[]): Promise<string> => {
  const tails = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(file, 'utf8').catch(() => '')
      return text.trim() && `${file}:\n${text.trim().split('\n').slice(-tailLines).join('\n')}`
    }),
  )
  return tails.filter(Boolean).join('\n')
}

/** The broker could not bind: someone took the port after it was picked. */
export class PortTakenError extends Error {
  override name = 'PortTakenError'
}

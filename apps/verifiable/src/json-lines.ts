/** Writes one event as one line of JSON, the only thing that standard output ever gets. */
export function printJson(event: object): void {
  process.stdout.write(`${JSON.stringify(event)}\n`)
}

/** Ends the process quietly when nobody reads the events any more. */
export function endWithoutReaders(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
}

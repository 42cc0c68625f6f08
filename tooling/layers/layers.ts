/** Between packages: whom each may import. A package is entered through its face, `src/index.ts`, alone. */
export const storeys: Record<string, readonly string[]> = {
  protocol: [],
  network: ['protocol'],
  testing: ['protocol'],
  'compression-gzip': ['protocol'],
  producer: ['network', 'protocol'],
  consumer: ['network', 'protocol'],
  admin: ['network', 'protocol'],
}

/** What `protocol` must not touch: it is bytes and tables, with no I/O and no time of its own. */
export const inputAndOutput = [
  'net',
  'tls',
  'dgram',
  'dns',
  'http',
  'https',
  'http2',
  'fs',
  'child_process',
  'worker_threads',
  'cluster',
  'timers',
]

/**
 * Inside a package, from the ground up: a file may import its own line and the lines above it in this list, that is, what is lower in the house.
 * A name is a file of `src` without its ending, or a folder. A package without an entry has one storey.
 */
export const rooms: Record<string, readonly (readonly string[])[]> = {
  protocol: [['seams', 'errors'], ['wire'], ['records', 'schema'], ['apis'], ['index']],
  testing: [
    ['broker-state', 'control', 'listener', 'random-ids', 'refusal', 'sasl-session', 'system-clock', 'system-random'],
    ['awaiting', 'group', 'log', 'topic-configs'],
    ['fake-cluster-options', 'partition'],
    ['fake-record', 'leaders', 'topic'],
    ['cluster-state'],
    ['handlers'],
    ['broker-connection'],
    ['fake-broker'],
    ['fake-cluster'],
    ['index'],
  ],
}

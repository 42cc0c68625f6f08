/** A project of a user: the only packages that it names, its program, and what the program prints. */
export interface Subject {
  program: string
  dependencies: readonly string[]
  prints: string
}

const alone = (folder: string, prints: string): Subject => ({ program: folder, dependencies: [`@k/${folder}`], prints })

export const subjects: readonly Subject[] = [
  alone('protocol', 'carried g, false'),
  alone('network', 'sees 3 brokers'),
  alone('producer', 'wrote to packaging, offset number'),
  alone('consumer', 'read o-1 paid object'),
  alone('admin', 'created and deleted'),
  alone('testing', 'holds 0 records'),
  alone('compression-gzip', 'restored 500 bytes of few'),
  alone('compression-lz4', 'restored 500 bytes of few'),
  alone('compression-snappy', 'restored 500 bytes of few'),
  alone('compression-zstd', 'restored 4 bytes of a frame'),
  {
    program: 'together',
    dependencies: ['@k/admin', '@k/compression-gzip', '@k/consumer', '@k/producer', '@k/testing'],
    prints: 'read o-1 paid',
  },
]

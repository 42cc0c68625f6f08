/** Between packages: whom each may import. A package is entered through its face, `src/index.ts`, alone. */
export const storeys: Record<string, readonly string[]> = {
  protocol: [],
  network: ['protocol'],
  testing: ['protocol'],
  'compression-gzip': ['protocol'],
  'compression-lz4': ['protocol'],
  'compression-snappy': ['protocol'],
  'compression-zstd': ['protocol'],
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
 * A name is a file of `src` without its ending, or a folder. Every file has a line; circles are forbidden also within one.
 */
export const rooms: Record<string, readonly (readonly string[])[]> = {
  protocol: [['seams', 'errors'], ['wire', 'wasm'], ['records', 'schema'], ['apis', 'internal-topics'], ['index']],
  network: [
    // What everybody is told, and what everybody may use.
    words(`errors diagnostics logger maybe-promise option-checks call-checks options bootstrap-servers tls-source sasl software
      system-clock system-random node-transport socket-connection alarm backoff deadline retry topic-metadata coordinators
      api-versions-table pending-request`),
    words('frame-reader outbox connection-target connection-fault negotiate authenticate dial'),
    ['connection'],
    words('broker metadata-batch metadata'),
    words('brokers cluster'),
    ['open-cluster'],
    ['index'],
  ],
  testing: [
    words(
      `option-checks posing system-clock system-random time random-ids refusal awaiting broker-state fetch-session fetch-sessions fake-broker control listener sasl-session config-definition
      topic-config-definitions broker-configs topic-configs features`,
    ),
    words('log group consumer-group partition topic leaders committed-batches fake-record fake-cluster-options'),
    ['transaction'],
    ['cluster-state'],
    ['config-resource'],
    ['handlers'],
    words(
      'broker-connection broker-server broker-servers waits topic-control log-control transaction-control fake-group group-control fake-snapshot',
    ),
    ['fake-cluster'],
    ['simulation'],
    ['index'],
    ['command'],
    ['cli'],
  ],
  producer: [
    // What is handed in and out.
    words(
      'errors record-metadata producer-record serializer murmur2 partitioner interceptor options delivery batch-deliveries interceptors batch-builder alarm buffer-memory batch-size room grouped diagnostics recent-values producer-metrics',
    ),
    // On the way down: into a batch,
    words('producer-batch partition-queue meters waiting-record topic-queue waiting-records record-accumulator record-intake'),
    // and to a broker.
    words('topic-lookup producer-id produce-request attempt-outcomes sender senders transaction pipeline'),
    ['producer'],
    ['index'],
  ],
  consumer: [
    words(`errors diagnostics calls retry-scope wakeup drain held outstanding-offsets topic-partition topic-refresh record-headers reader-iterator
      deserializer rebalance-listener assignors isolation-level aborted-transactions`),
    // The only holders of positions, and what was read at them.
    words('partition-state subscription-state offsets consumer-record batch-progress partition-records fetched-partition'),
    ['group'],
    words(
      'position-resolver deserialization options fetch-request fetch-buffer fetcher fetchers chunk-source in-hand record-stream listening whole-topics',
    ),
    words('offset-commits poll-watch positions ownership participation'),
    words('consumption reader-seat'),
    ['consumer'],
    ['index'],
  ],
  admin: [
    words('options admin-call settle-items'),
    words('create-topics delete-topics describe-topics describe-cluster'),
    ['admin'],
    ['index'],
  ],
  'compression-gzip': [['gzip'], ['index']],
  'compression-lz4': [
    words('decompression-error xxh32 block-format block-engine lz4js.d'),
    // Blocks,
    words('block-wasm block-sequences wasm-engine js-engine'),
    // and frames of them.
    words('frame-format output frame-reader frame-writer'),
    ['lz4'],
    ['index'],
  ],
  'compression-snappy': [
    words('decompression-error block-engine snappyjs.d'),
    ['block-format'],
    // Blocks,
    words('block-wasm block-elements wasm-engine js-engine'),
    // and what lies around them.
    ['xerial'],
    ['snappy'],
    ['index'],
  ],
  'compression-zstd': [words('decompression-error frame xxh64'), words('fzstd-reader'), ['zstd'], ['index']],
}

function words(text: string): string[] {
  return text.split(/\s+/)
}

/**
 * What a producer has done, at one moment. Totals count from its beginning; rates (per second), averages and maxima are of the last 15 to 30
 * seconds, undefined where nothing happened. Names are those of Kafka's `producer-metrics`.
 */
export interface ProducerMetrics {
  /** Records that are written as `acks` asks. */
  readonly recordSendTotal: number
  /** Of them, a second. */
  readonly recordSendRate: number
  /** Records that failed. */
  readonly recordErrorTotal: number
  /** Of them, a second. */
  readonly recordErrorRate: number
  /** How often which code was the reason. */
  readonly recordErrors: Readonly<Record<string, number>>
  /** Records that were sent again, once for each time. */
  readonly recordRetryTotal: number
  /** Of them, a second. */
  readonly recordRetryRate: number
  /** Milliseconds from a batch's first record to its first request. */
  readonly recordQueueTimeAvg: number | undefined
  /** The longest of them: milliseconds. */
  readonly recordQueueTimeMax: number | undefined
  /** Batches that were sent, once for each time. */
  readonly batchTotal: number
  /** Bytes of a batch as it was sent. */
  readonly batchSizeAvg: number | undefined
  /** The largest of them: bytes. */
  readonly batchSizeMax: number | undefined
  /** Batches that were divided because they were too large for their broker. */
  readonly batchSplitTotal: number
  /** Compressed bytes for each byte before; 1 without compression. */
  readonly compressionRateAvg: number | undefined
  /** Bytes of batches that were sent. */
  readonly byteTotal: number
  /** Of them, a second. */
  readonly byteRate: number
  /** Produce requests that were sent. */
  readonly requestTotal: number
  /** Of them, a second. */
  readonly requestRate: number
  /** Produce requests that have no answer yet. */
  readonly requestsInFlight: number
  /** Requests that had no answer. */
  readonly requestErrorTotal: number
  /** Milliseconds from a request to its answer. */
  readonly requestLatencyAvg: number | undefined
  /** The longest of them: milliseconds. */
  readonly requestLatencyMax: number | undefined
  /** Records in one Produce request. */
  readonly recordsPerRequestAvg: number | undefined
  /** Milliseconds that brokers asked the producer to be silent for. */
  readonly produceThrottleTimeTotal: number
  /** The option `bufferMemory`. */
  readonly bufferTotalBytes: number
  /** Bytes of it that no record takes. */
  readonly bufferAvailableBytes: number
  /** How often there was no room for a record. */
  readonly bufferExhaustedTotal: number
  /** Records that wait for metadata, for room or for a serializer. */
  readonly waitingRecords: number
}

/** What others than the meters know. */
export type BufferMetrics = Pick<ProducerMetrics, 'bufferTotalBytes' | 'bufferAvailableBytes' | 'waitingRecords'>

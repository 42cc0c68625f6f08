/** How large a package may be: what its users load, and what the compiler has to work out in order to read its declarations. Raised knowingly, or not at all. */
export interface Budget {
  /** Bytes of dist/index.js, which is not minified. */
  bytes: number
  /** Type instantiations, which unlike seconds are the same on every machine. */
  instantiations: number
}

export const budgets: Record<string, Budget> = {
  protocol: { bytes: 240_000, instantiations: 5_000 },
  network: { bytes: 100_000, instantiations: 1_000 },
  producer: { bytes: 190_000, instantiations: 1_000 },
  consumer: { bytes: 200_000, instantiations: 1_500 },
  admin: { bytes: 30_000, instantiations: 500 },
  testing: { bytes: 400_000, instantiations: 2_500 },
  'compression-gzip': { bytes: 5_000, instantiations: 100 },
  'compression-lz4': { bytes: 20_000, instantiations: 100 },
  'compression-snappy': { bytes: 14_000, instantiations: 100 },
  'compression-zstd': { bytes: 12_000, instantiations: 100 },
}

/** Bytes of a minified bundle whose program uses two APIs: the others must not be in it. */
export const twoApiBundle = 17_000

/** Bytes of a minified and gzipped bundle whose program has a producer. */
export const gzippedProducerBundle = 45_000

/** Type instantiations of a whole check of the protocol's sources: what every declaration costs whoever works on it. */
export const protocolSourceInstantiations = 40_000

/** Milliseconds that a fresh process may spend on importing the protocol. */
export const protocolImportMs = 15

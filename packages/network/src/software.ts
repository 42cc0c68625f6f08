import manifest from '../package.json' with { type: 'json' }

/** How this software names itself to brokers (KIP-511): letters, digits, hyphens and dots alone. */
export const software = { clientSoftwareName: 'k-network', clientSoftwareVersion: manifest.version } as const

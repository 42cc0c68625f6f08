/** How this software names itself to brokers (KIP-511): letters, digits, hyphens and dots alone. The version is that of package.json; a release writes both. */
export const software = { clientSoftwareName: 'k-network', clientSoftwareVersion: '0.0.0' } as const

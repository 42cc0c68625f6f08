import type { ClientOptions, Connect } from '@k/network'

/** What an {@link Admin} takes: how to reach the cluster, and the client's own options. All have defaults. */
export type AdminOptions = Connect & ClientOptions

import { kraftProperties, type Listeners, type NodeAddress, type Properties } from './properties.ts'

const internalPort = 19_092
const controllerPort = 19_093

/** The name of a node inside the containers' network. */
export const containerName = (id: number): string => `kafka-${id}`

/** Where tools inside a container reach a node. */
export const internalAddress = (id: number): string => `${containerName(id)}:${internalPort}`

/** As `kraftProperties`, for nodes that reach each other by name and their clients through published ports. */
export const dockerProperties = (node: NodeAddress, nodes: NodeAddress[], listeners: Listeners = {}): Properties => {
  const base = kraftProperties(node, nodes, listeners)
  const names = ['PLAINTEXT', ...Object.keys(listeners)]
  const bound = names.map((name) => `${name}://:${node.ports[name]}`)
  return {
    ...base,
    listeners: [...bound, `INTERNAL://:${internalPort}`, `CONTROLLER://:${controllerPort}`].join(','),
    'advertised.listeners': `${base['advertised.listeners']},INTERNAL://${internalAddress(node.id)}`,
    'listener.security.protocol.map': `${base['listener.security.protocol.map']},INTERNAL:PLAINTEXT`,
    'inter.broker.listener.name': 'INTERNAL',
    'controller.quorum.voters': nodes.map(({ id }) => `${id}@${containerName(id)}:${controllerPort}`).join(','),
  }
}

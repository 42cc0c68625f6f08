import { request } from 'node:http'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Environment } from './environment.ts'

const pingMs = 2000

/** Where a Docker engine may listen, most likely first: a URL of `DOCKER_HOST`, or socket files. */
export const dockerEndpoints = (env: Environment, platform: NodeJS.Platform = process.platform): string[] => {
  if (env.DOCKER_HOST) return [env.DOCKER_HOST]
  if (platform === 'win32') return ['npipe:////./pipe/docker_engine']
  const runtime = env.XDG_RUNTIME_DIR ? [join(env.XDG_RUNTIME_DIR, 'docker.sock')] : []
  const own = ['run', 'desktop'].map((directory) => join(homedir(), '.docker', directory, 'docker.sock'))
  return ['/var/run/docker.sock', ...runtime, ...own].map((path) => `unix://${path}`)
}

/** True when a Docker engine answers. */
export const dockerAnswers = async (env: Environment = process.env): Promise<boolean> => {
  for (const endpoint of dockerEndpoints(env)) if (await answers(endpoint)) return true
  return false
}

const answers = (endpoint: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socketPath = /^(?:unix|npipe):\/\/(.*)$/.exec(endpoint)?.[1]
    const [, host, port] = /^(?:tcp|http|https):\/\/([^:/]+):(\d+)/.exec(endpoint) ?? []
    if (!socketPath && !host) return resolve(false)
    // Any answer will do: an engine behind TLS refuses this request, but it answers.
    const ping = request({ ...(socketPath ? { socketPath } : { host, port }), path: '/_ping', timeout: pingMs }, (answer) => {
      answer.resume()
      resolve(true)
    })
    ping.once('timeout', () => ping.destroy(new Error('timeout')))
    ping.once('error', () => resolve(false))
    ping.end()
  })

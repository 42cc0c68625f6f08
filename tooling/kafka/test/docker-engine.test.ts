import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dockerAnswers, dockerEndpoints } from '../src/docker-engine.ts'

describe('dockerEndpoints', () => {
  it('looks at DOCKER_HOST alone when it is set', () => {
    expect(dockerEndpoints({ DOCKER_HOST: 'tcp://engine:2375' })).toEqual(['tcp://engine:2375'])
  })

  it('looks at the usual sockets otherwise', () => {
    expect(dockerEndpoints({ XDG_RUNTIME_DIR: '/run/user/7' }, 'linux').slice(0, 2)).toEqual([
      'unix:///var/run/docker.sock',
      'unix:///run/user/7/docker.sock',
    ])
    expect(dockerEndpoints({}, 'win32')).toEqual(['npipe:////./pipe/docker_engine'])
  })
})

describe.skipIf(process.platform === 'win32')('dockerAnswers', () => {
  it('is true when something answers the ping, on a socket file and on a port', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'engine-'))
    const engine = createServer((request, response) => response.end(request.url === '/_ping' ? 'OK' : 'no'))
    engine.listen(join(directory, 'docker.sock'))
    await once(engine, 'listening')
    expect(await dockerAnswers({ DOCKER_HOST: `unix://${join(directory, 'docker.sock')}` })).toBe(true)
    engine.close()
    await once(engine, 'close')
    engine.listen(0, '127.0.0.1')
    await once(engine, 'listening')
    const { port } = engine.address() as { port: number }
    expect(await dockerAnswers({ DOCKER_HOST: `tcp://127.0.0.1:${port}` })).toBe(true)
    engine.close()
    await rm(directory, { recursive: true })
  })

  it('is false when nothing answers, or the address makes no sense', async () => {
    expect(await dockerAnswers({ DOCKER_HOST: 'unix:///nowhere/docker.sock' })).toBe(false)
    expect(await dockerAnswers({ DOCKER_HOST: 'tcp://127.0.0.1:1' })).toBe(false)
    expect(await dockerAnswers({ DOCKER_HOST: 'ssh://somebody@engine' })).toBe(false)
  })
})

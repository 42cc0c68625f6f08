import { describe, expect, it } from 'vitest'
import { releaseOf } from '../src/release.ts'
import { chooseWay, type Machine } from '../src/way.ts'

const release = releaseOf('4.3.1')
const old = releaseOf('2.8.2')

const machine = (has: { docker?: boolean; java?: number; maven?: boolean; jars?: boolean; platform?: NodeJS.Platform }): Machine => ({
  platform: has.platform ?? 'linux',
  dockerAnswers: async () => has.docker ?? false,
  javaMajorVersion: async () => has.java,
  hasMaven: async () => has.maven ?? false,
  jarsCached: () => has.jars ?? false,
})
const everything = machine({ docker: true, java: 21, maven: true })

describe('chooseWay', () => {
  it('takes the given address before anything else', async () => {
    expect(await chooseWay(release, { KAFKA_BOOTSTRAP_SERVERS: 'a:1' }, undefined, everything)).toEqual({ way: 'address' })
  })

  it('takes Docker before Java', async () => {
    expect(await chooseWay(release, {}, undefined, everything)).toEqual({ way: 'docker' })
  })

  it('takes Java where no engine answers, and for a version without an image', async () => {
    expect(await chooseWay(release, {}, undefined, machine({ java: 17, maven: true }))).toEqual({ way: 'java' })
    expect(await chooseWay(old, {}, undefined, everything)).toEqual({ way: 'java' })
  })

  it('does without Maven when the jars are there', async () => {
    expect(await chooseWay(release, {}, undefined, machine({ java: 17, jars: true }))).toEqual({ way: 'java' })
  })

  it('allows one way only when it is forced, by an option or by the environment', async () => {
    expect(await chooseWay(release, { KAFKA_BOOTSTRAP_SERVERS: 'a:1' }, 'java', everything)).toEqual({ way: 'java' })
    expect(await chooseWay(release, { KAFKA_WAY: 'java' }, undefined, everything)).toEqual({ way: 'java' })
    expect(await chooseWay(release, {}, 'docker', machine({ java: 17, maven: true }))).toMatchObject({
      missing: expect.stringContaining('no Docker engine answers'),
    })
  })

  it.each([
    ['no Java', machine({}), 'Java was not found'],
    ['an old Java', machine({ java: 11, maven: true }), 'the installed Java is 11, older than 17'],
    ['no Maven', machine({ java: 17 }), 'Maven was not found'],
    ['Windows', machine({ java: 17, maven: true, platform: 'win32' }), 'starting Kafka with Java does not work on Windows'],
  ])('says in one line what to install on a machine with %s', async (_, one, reason) => {
    const { missing } = await chooseWay(release, {}, undefined, one)
    expect(missing).toBe(
      `Kafka 4.3.1 cannot be started: KAFKA_BOOTSTRAP_SERVERS is not set, no Docker engine answers, ${reason}. To mend it, set KAFKA_BOOTSTRAP_SERVERS to brokers that run, or start Docker, or install Java 17 or newer and Maven.`,
    )
  })

  it('knows no other ways', async () => {
    expect(await chooseWay(release, { KAFKA_WAY: 'magic' }, undefined, everything)).toEqual({
      missing: 'There is no way called magic: choose address, docker or java.',
    })
  })
})

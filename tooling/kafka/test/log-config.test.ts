import { describe, expect, it } from 'vitest'
import { logArgument, logConfig } from '../src/log-config.ts'

describe('logConfig', () => {
  it('writes for either generation of log4j, to a file or to standard error', () => {
    expect(logConfig('log4j2', 'WARN', '/logs/server.log')).toMatch(
      /rootLogger\.level = WARN.*type = File.*fileName = \/logs\/server\.log/s,
    )
    expect(logConfig('log4j2', 'INFO', 'stderr')).toMatch(/type = Console.*target = SYSTEM_ERR/s)
    expect(logConfig('log4j', 'WARN', '/logs/server.log')).toMatch(/rootLogger=WARN, F.*FileAppender.*File=\/logs\/server\.log/s)
    expect(logConfig('log4j', 'WARN', 'stderr')).toMatch(/ConsoleAppender.*target=System\.err/s)
  })
})

describe('logArgument', () => {
  it('names the property that this generation reads', () => {
    expect(logArgument('log4j2', '/a')).toBe('-Dlog4j2.configurationFile=file:/a')
    expect(logArgument('log4j', '/a')).toBe('-Dlog4j.configuration=file:/a')
  })
})

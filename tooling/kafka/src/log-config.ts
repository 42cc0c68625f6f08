import type { Release } from './release.ts'

const pattern = '[%d] %p %m (%c)%n'

/** The text of a log4j file: `target` is an absolute file name, or `stderr`. */
export const logConfig = (logging: Release['logging'], level: string, target: string): string => {
  const toStderr = target === 'stderr'
  const lines =
    logging === 'log4j2'
      ? [
          `rootLogger.level = ${level}`,
          'rootLogger.appenderRef.f.ref = F',
          'appender.f.name = F',
          `appender.f.type = ${toStderr ? 'Console' : 'File'}`,
          toStderr ? 'appender.f.target = SYSTEM_ERR' : `appender.f.fileName = ${target}`,
          'appender.f.layout.type = PatternLayout',
          `appender.f.layout.pattern = ${pattern}`,
        ]
      : [
          `log4j.rootLogger=${level}, F`,
          `log4j.appender.F=org.apache.log4j.${toStderr ? 'Console' : 'File'}Appender`,
          toStderr ? 'log4j.appender.F.target=System.err' : `log4j.appender.F.File=${target}`,
          'log4j.appender.F.layout=org.apache.log4j.PatternLayout',
          `log4j.appender.F.layout.ConversionPattern=${pattern}`,
        ]
  return `${lines.join('\n')}\n`
}

/** The JVM argument that points at such a file. */
export const logArgument = (logging: Release['logging'], file: string): string =>
  logging === 'log4j2' ? `-Dlog4j2.configurationFile=file:${file}` : `-Dlog4j.configuration=file:${file}`

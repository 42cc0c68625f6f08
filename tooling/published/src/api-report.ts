import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const reportMessage = { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true }
const silence = { logLevel: ExtractorLogLevel.None }
const refusal = { logLevel: ExtractorLogLevel.Error }
/** The packages in which a public name may still mention what is not public. */
const mentionsPrivate: ReadonlySet<string> = new Set(['consumer', 'producer'])
/** The packages in which every public name has a comment. */
const wellDocumented: ReadonlySet<string> = new Set([
  'admin',
  'compression-gzip',
  'compression-lz4',
  'compression-snappy',
  'compression-zstd',
  'consumer',
  'network',
  'producer',
  'protocol',
  'testing',
])

/** Compares the built declarations of a package with its committed report, or rewrites the report. Returns what differs. */
export function checkApiReport(packageFolder: string, name: string, update: boolean): string[] {
  const reportFolder = join(packageFolder, 'api')
  const reportTempFolder = join(tmpdir(), 'api-reports', String(process.pid))
  for (const folder of [reportFolder, reportTempFolder]) mkdirSync(folder, { recursive: true })
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(packageFolder, 'package.json'),
    configObject: {
      projectFolder: packageFolder,
      mainEntryPointFilePath: join(packageFolder, 'dist/index.d.ts'),
      newlineKind: 'lf',
      compiler: {
        // Without the source condition: other packages are seen through their built declarations.
        overrideTsconfig: {
          compilerOptions: {
            target: 'es2023',
            lib: ['es2023', 'esnext.disposable'],
            module: 'nodenext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: ['dist/index.d.ts'],
        },
      },
      apiReport: { enabled: true, reportFileName: `${name}.api.md`, reportFolder, reportTempFolder },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      messages: {
        extractorMessageReporting: {
          default: reportMessage,
          'ae-missing-release-tag': silence,
          'ae-forgotten-export': wellDocumented.has(name) && !mentionsPrivate.has(name) ? refusal : reportMessage,
          'ae-undocumented': wellDocumented.has(name) ? refusal : silence,
          'ae-unresolved-link': silence,
        },
        tsdocMessageReporting: { default: silence },
      },
    },
  })
  const problems: string[] = []
  const { apiReportChanged } = Extractor.invoke(config, {
    localBuild: update,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === ExtractorLogLevel.Error) problems.push(message.formatMessageWithLocation(packageFolder))
    },
  })
  if (apiReportChanged && !update)
    problems.push(`the API differs from packages/${name}/api/${name}.api.md: if that is meant, run \`pnpm fix\` and read the difference`)
  return problems
}

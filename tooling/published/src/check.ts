// Run inside the folder of a built package: `node check.ts` or `node check.ts --update`.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { budgets } from '../budgets.ts'
import { checkApiReport } from './api-report.ts'
import { checkContents } from './contents.ts'
import { checkBudget, measure } from './measure.ts'
import { packPackage } from './tarball.ts'

const packageFolder = process.cwd()
const name = basename(packageFolder)
const attw = fileURLToPath(new URL('../../../node_modules/@arethetypeswrong/cli/dist/index.js', import.meta.url))

function checkTypeResolution(tarball: string): string[] {
  try {
    execFileSync(process.execPath, [attw, tarball, '--no-definitely-typed', '--format', 'ascii', '--no-color', '--no-emoji'], {
      stdio: 'pipe',
    })
    return []
  } catch (error) {
    return [`attw: ${(error as { stdout: Buffer }).stdout}`]
  }
}

async function lintManifest(): Promise<string[]> {
  const { messages, pkg } = await publint({ pkgDir: packageFolder, strict: true, pack: false })
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`)
}

async function checkAll(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'published-'))
  try {
    const tarball = packPackage(packageFolder, folder)
    return [
      ...checkContents(tarball),
      ...(await lintManifest()),
      ...checkTypeResolution(tarball.file),
      ...checkApiReport(packageFolder, name, false),
      ...checkBudget(measure(packageFolder), budgets[name]),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const problems = process.argv.includes('--update') ? checkApiReport(packageFolder, name, true) : await checkAll()
for (const problem of problems) console.error(`@k/${name}: ${problem}`)
if (problems.length > 0) process.exitCode = 1

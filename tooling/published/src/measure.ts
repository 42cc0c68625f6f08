import { statSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import type { Budget } from '../budgets.ts'

const compilerOptions: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
  strict: true,
  noEmit: true,
}

/** What a built package costs. */
export function measure(packageFolder: string): Budget {
  const declarations = join(packageFolder, 'dist/index.d.ts')
  const program = ts.createProgram([declarations], compilerOptions)
  program.getSemanticDiagnostics(program.getSourceFile(declarations))
  return { bytes: statSync(join(packageFolder, 'dist/index.js')).size, instantiations: program.getInstantiationCount() }
}

/** The type instantiations of a whole check of a package's sources, and of nothing else. */
export function sourceInstantiations(packageFolder: string): number {
  const { config } = ts.readConfigFile(join(packageFolder, 'tsconfig.json'), ts.sys.readFile)
  const { options, fileNames } = ts.parseJsonConfigFileContent({ ...config, include: ['src'] }, ts.sys, packageFolder)
  const program = ts.createProgram(fileNames, options)
  program.getSemanticDiagnostics()
  return program.getInstantiationCount()
}

/** Where a package costs more than it may. */
export function checkBudget(spent: Budget, budget: Budget | undefined): string[] {
  if (!budget) return ['it has no budget in tooling/published/budgets.ts']
  return (['bytes', 'instantiations'] as const)
    .filter((what) => spent[what] > budget[what])
    .map((what) => `${spent[what]} ${what} are more than the ${budget[what]} of tooling/published/budgets.ts`)
}

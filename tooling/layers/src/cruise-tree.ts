import { cruise, type ICruiseResult, type IViolation } from 'dependency-cruiser'
import { forbidden } from './rules.ts'

/** Every arrow that may not be, in the tree under `root`. */
export async function findViolations(root: string): Promise<IViolation[]> {
  const { output } = await cruise(['packages', 'apps', 'tooling'], {
    baseDir: root,
    ruleSet: { forbidden },
    validate: true,
    outputType: 'json',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['(?:^|/)(?:dist|node_modules/\\.cache)/', '\\.mjs$'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['@k/source', 'import', 'types', 'node', 'default'] },
  })
  const { summary } = JSON.parse(output as string) as ICruiseResult
  if (summary.totalCruised === 0) throw new Error(`There is nothing to look at under ${root}`)
  return summary.violations
}

/** One line for a person. */
export function describeViolation({ rule, from, to, cycle }: IViolation): string {
  const way = cycle ? [from, ...cycle.map(({ name }) => name)] : [from, to]
  return `${rule.name}: ${way.join(' -> ')}`
}

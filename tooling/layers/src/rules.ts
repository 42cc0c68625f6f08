import type { IForbiddenRuleType, IRegularForbiddenRuleType } from 'dependency-cruiser'
import { inputAndOutput, rooms, storeys } from '../layers.ts'

const anyOf = (names: readonly string[]) => `(?:${names.map((name) => name.replaceAll('.', '\\.')).join('|')})`
const rule = (
  name: string,
  comment: string,
  from: IRegularForbiddenRuleType['from'],
  to: IRegularForbiddenRuleType['to'],
): IForbiddenRuleType => ({
  name,
  comment,
  severity: 'error',
  from,
  to,
})

const published = Object.keys(storeys)

function storeyRules(): IForbiddenRuleType[] {
  return Object.entries(storeys).map(([name, allowed]) =>
    rule(
      `storey-of-${name}`,
      `@k/${name} may import ${allowed.length > 0 ? allowed.map((other) => `@k/${other}`).join(' and ') : 'no package of ours'}.`,
      { path: `^packages/${name}/src/` },
      { path: `^(?:packages|apps|tooling)/`, pathNot: `^packages/${anyOf([name, ...allowed])}/` },
    ),
  )
}

function roomRules(): IForbiddenRuleType[] {
  return Object.entries(rooms).flatMap(([name, lines]) => {
    const inRooms = (names: readonly string[]) => `^packages/${name}/src/${anyOf(names)}(?:/|\\.ts$)`
    const upward = lines
      .slice(0, -1)
      .map((line, index) =>
        rule(
          `upward-in-${name}`,
          'A lower room knows no upper one, not even by type.',
          { path: inRooms(line) },
          { path: inRooms(lines.slice(index + 1).flat()) },
        ),
      )
    const homeless = rule(
      `no-room-in-${name}`,
      'Every file has a line in tooling/layers/layers.ts.',
      {},
      { path: `^packages/${name}/src/`, pathNot: inRooms(lines.flat()) },
    )
    return [...upward, homeless]
  })
}

/** All that may not be, as dependency-cruiser understands it. */
export const forbidden: IForbiddenRuleType[] = [
  rule('no-circles', 'Types included.', {}, { circular: true }),
  rule('resolvable', 'Every import leads somewhere.', {}, { couldNotResolve: true }),
  rule(
    'faces-only',
    'A package is entered through its face.',
    { path: '^(?:apps|tooling)/' },
    { path: '^packages/[^/]+/(?!src/index\\.ts$)' },
  ),
  rule(
    'faces-between-packages',
    'A package is entered through its face.',
    { path: '^packages/([^/]+)/' },
    { path: '^packages/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$'] },
  ),
  rule('apps-apart', 'Apps do not import each other.', { path: '^apps/([^/]+)/' }, { path: '^apps/', pathNot: '^apps/$1/' }),
  rule('demo-as-a-user', 'The demo is written against published faces only.', { path: '^apps/demo/' }, { path: '^tooling/(?!vitest/)' }),
  rule(
    'testing-knows-no-client',
    '@k/testing depends on no client and not on network, not even for development.',
    { path: '^packages/testing/' },
    { path: `^packages/${anyOf(published.filter((name) => name !== 'testing' && name !== 'protocol'))}/` },
  ),
  rule(
    'declared-dependencies',
    'What is published imports only what its package.json names.',
    { path: '^packages/[^/]+/src/' },
    { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
  ),
  rule(
    'protocol-without-io',
    '@k/protocol does no I/O.',
    { path: '^packages/protocol/src/' },
    { path: `^(?:node:)?${anyOf(inputAndOutput)}(?:/|$)` },
  ),
  ...storeyRules(),
  ...roomRules(),
]

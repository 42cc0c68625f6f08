import { fileURLToPath } from 'node:url'
import { readSummaries } from './api-sources.ts'
import { apis, describeApiVersions, standalone } from './declared.ts'
import { readUsers } from './users.ts'
import { describeVersions, versionsOf } from './versions.ts'

const packages = fileURLToPath(new URL('../../../packages', import.meta.url))
/** The page that {@link protocolPage} is the text of. */
export const pageFile: string = fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url))

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
const flexibleFrom = (flexible: number) => (flexible === Number.POSITIVE_INFINITY ? '-' : flexible)

/** Every API and every other message that @k/protocol declares, as a page of Markdown. */
export function protocolPage(): string {
  const folders = ['apis', 'internal-topics'].map((folder) => `${packages}/protocol/src/${folder}`)
  const summaries = new Map(folders.flatMap((folder) => [...readSummaries(folder)]))
  const users = readUsers(packages)
  const usersOf = (name: string) => users.get(name)?.join(', ') ?? '-'
  const messages = standalone.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return [
    '# The messages of @k/protocol',
    '',
    "Written by `npm run fix` from the declarations in `packages/protocol/src`, which the tests hold to Kafka's own specification",
    '(`npm run spec`). Flexible: the first version with compact lengths and tagged fields (KIP-482). Used by: the packages that import it.',
    '',
    '## APIs',
    '',
    row('Key', 'API', 'Versions', 'Flexible', 'Used by', 'What it does'),
    row('---:', '---', '---', '---:', '---', '---'),
    ...apis.map((api) =>
      row(api.key, api.name, describeApiVersions(api), flexibleFrom(api.flexible), usersOf(api.name), summaries.get(api.name) ?? ''),
    ),
    '',
    '## Other messages',
    '',
    'Headers, and what stands inside other messages, in control records, and in the records of internal topics (`...Key` and `...Value`).',
    '',
    row('Message', 'Versions', 'Flexible', 'Used by', 'What it is'),
    row('---', '---', '---:', '---', '---'),
    ...messages.map(({ name, versions: { min, max }, flexible }) =>
      row(name, describeVersions(versionsOf(`${min}-${max}`)), flexibleFrom(flexible), usersOf(name), summaries.get(name) ?? ''),
    ),
    '',
  ].join('\n')
}

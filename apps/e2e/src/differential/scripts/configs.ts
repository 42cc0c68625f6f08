import { AlterConfigs, DescribeConfigs, IncrementalAlterConfigs, type RequestInputOf } from '@k/protocol'
import { type Play, type Subject, script } from '../script.ts'

const TOPIC = 2
const BROKER = 4
const GROUP = 32
const [SET, DELETE, APPEND, SUBTRACT] = [0, 1, 2, 3]

type Resource = RequestInputOf<typeof DescribeConfigs>['resources'][number]

function describeBody(resources: readonly Partial<Resource>[], fields: object = {}): RequestInputOf<typeof DescribeConfigs> {
  const usual = { resourceType: TOPIC, resourceName: '', configurationKeys: null }
  return { resources: resources.map((each) => ({ ...usual, ...each })), includeSynonyms: false, includeDocumentation: false, ...fields }
}

function alterBody(resourceType: number, resourceName: string, configs: Readonly<Record<string, string | null>>, validateOnly = false) {
  return {
    resources: [{ resourceType, resourceName, configs: Object.entries(configs).map(([name, value]) => ({ name, value })) }],
    validateOnly,
  }
}

type Change = readonly [operation: number, name: string, value: string | null]

function changeBody(resourceType: number, resourceName: string, changes: readonly Change[], validateOnly = false) {
  const configs = changes.map(([configOperation, name, value]) => ({ name, configOperation, value }))
  return { resources: [{ resourceType, resourceName, configs }], validateOnly }
}

/** What a topic says of some configs, once they have these values: brokers learn of changes a little later. */
function told({ until }: Play, resourceName: string, values: Readonly<Record<string, string>>) {
  const body = describeBody([{ resourceName, configurationKeys: Object.keys(values) }], { includeSynonyms: true })
  return until(DescribeConfigs, 4, body, ({ results }) => results[0]!.configs.every(({ name, value }) => value === values[name]))
}

const [WEEK, GIB] = ['604800000', '1073741824']
const some = ['retention.ms', 'cleanup.policy', 'segment.bytes', 'min.insync.replicas', 'compression.type', 'message.timestamp.type']

const UNDOCUMENTED = 'The documentation of a config is null.'

export const configs: Subject = {
  title: 'configs',
  scripts: [
    ...[1, 2, 3, 4].map((version) =>
      script(
        `configs of a topic, in version ${version}`,
        async ({ request, topic, name }) => {
          const { name: resourceName } = await topic({ configs: { 'retention.ms': '60000' } })
          await request(DescribeConfigs, version, describeBody([{ resourceName }]))
          await request(
            DescribeConfigs,
            version,
            describeBody([{ resourceName, configurationKeys: [...some, 'nonsense'] }], { includeSynonyms: true }),
          )
          await request(DescribeConfigs, version, describeBody([{ resourceName, configurationKeys: some }], { includeDocumentation: true }))
          await request(DescribeConfigs, version, describeBody([{ resourceName, configurationKeys: [] }]))
          await request(DescribeConfigs, version, describeBody([{ resourceName: name() }]))
          await request(DescribeConfigs, version, describeBody([{ resourceName: 'a b' }]))
        },
        version < 3 ? [] : some.map((name) => ({ at: `3 DescribeConfigs.results[0].configs.${name}.documentation`, why: UNDOCUMENTED })),
      ),
    ),
    script('configs of brokers', async ({ request }) => {
      const keys = [
        'log.retention.ms',
        'log.retention.hours',
        'num.partitions',
        'log.cleaner.threads',
        'max.connections',
        'background.threads',
      ]
      await request(
        DescribeConfigs,
        4,
        describeBody([{ resourceType: BROKER, resourceName: '1', configurationKeys: keys }], { includeSynonyms: true }),
      )
      await request(
        DescribeConfigs,
        4,
        describeBody([{ resourceType: BROKER, resourceName: '', configurationKeys: keys }], { includeSynonyms: true }),
      )
      for (const resourceName of ['7', 'one', '-1'])
        await request(DescribeConfigs, 4, describeBody([{ resourceType: BROKER, resourceName }]))
    }),
    script('configs of what has none', async ({ request, name }) => {
      for (const resourceType of [0, 1, 3, 5, 99, -1])
        await request(DescribeConfigs, 4, describeBody([{ resourceType, resourceName: name() }]))
      await request(DescribeConfigs, 4, describeBody([]))
    }),
    script(
      'configs of groups',
      ({ request, name }) => request(DescribeConfigs, 4, describeBody([{ resourceType: GROUP, resourceName: name() }])),
      [{ at: '1 DescribeConfigs.results[0].configs', why: 'Groups have no configs.' }],
    ),
    script('one topic twice', async ({ request, topic }) => {
      const { name: resourceName } = await topic()
      await request(
        DescribeConfigs,
        4,
        describeBody([
          { resourceName, configurationKeys: ['retention.ms'] },
          { resourceName, configurationKeys: ['segment.bytes'] },
        ]),
      )
    }),
    script('configs are set and deleted', async (play) => {
      const { name } = await play.topic()
      for (const version of [0, 1]) {
        await play.request(
          IncrementalAlterConfigs,
          version,
          changeBody(TOPIC, name, [
            [SET, 'retention.ms', '60000'],
            [SET, 'segment.bytes', '2000000'],
          ]),
        )
        await told(play, name, { 'retention.ms': '60000', 'segment.bytes': '2000000' })
        await play.request(
          IncrementalAlterConfigs,
          version,
          changeBody(TOPIC, name, [
            [DELETE, 'retention.ms', null],
            [DELETE, 'max.message.bytes', null],
          ]),
        )
        await told(play, name, { 'retention.ms': WEEK, 'segment.bytes': '2000000' })
      }
    }),
    script('configs that are lists', async (play) => {
      const { name } = await play.topic()
      const changes: [change: Change, policy: string][] = [
        [[APPEND, 'cleanup.policy', 'compact'], 'delete,compact'],
        [[APPEND, 'cleanup.policy', 'compact'], 'delete,compact'],
        [[SUBTRACT, 'cleanup.policy', 'delete'], 'compact'],
        [[SUBTRACT, 'cleanup.policy', 'nonsense'], 'compact'],
        [[APPEND, 'cleanup.policy', 'nonsense'], 'compact'],
        [[APPEND, 'retention.ms', '5'], 'compact'],
        [[SUBTRACT, 'retention.ms', '5'], 'compact'],
      ]
      for (const [change, policy] of changes) {
        await play.request(IncrementalAlterConfigs, 1, changeBody(TOPIC, name, [change]))
        await told(play, name, { 'cleanup.policy': policy })
      }
    }),
    script('changes that are refused', async ({ request, topic, name }) => {
      const { name: known } = await topic()
      const wrong: Change[][] = [
        [[SET, 'nonsense', '1']],
        [[DELETE, 'nonsense', null]],
        [[SET, 'retention.ms', 'x']],
        [[SET, 'retention.ms', null]],
        [[SET, 'retention.ms', '']],
        [[SET, '', '1']],
        [[9, 'retention.ms', '1']],
        [[-1, 'retention.ms', '1']],
        [
          [SET, 'retention.ms', '1'],
          [SET, 'retention.ms', '2'],
        ],
        [
          [SET, 'retention.ms', '1'],
          [DELETE, 'retention.ms', null],
        ],
        [[SET, 'min.insync.replicas', '0']],
        [],
      ]
      for (const each of wrong) await request(IncrementalAlterConfigs, 1, changeBody(TOPIC, known, each))
      await request(IncrementalAlterConfigs, 1, changeBody(TOPIC, name(), [[SET, 'retention.ms', '1']]))
      await request(IncrementalAlterConfigs, 1, changeBody(TOPIC, '', [[SET, 'retention.ms', '1']]))
      await request(IncrementalAlterConfigs, 1, changeBody(99, known, [[SET, 'retention.ms', '1']]))
      await request(IncrementalAlterConfigs, 1, changeBody(0, known, [[SET, 'retention.ms', '1']]))
      await request(IncrementalAlterConfigs, 1, { resources: [], validateOnly: false })
      const [resource] = changeBody(TOPIC, known, [[SET, 'retention.ms', '1']]).resources
      await request(IncrementalAlterConfigs, 1, { resources: [resource!, resource!], validateOnly: false })
    }),
    script('changes that are only checked', async (play) => {
      const { name } = await play.topic()
      await play.request(IncrementalAlterConfigs, 1, changeBody(TOPIC, name, [[SET, 'retention.ms', '60000']], true))
      await play.request(AlterConfigs, 2, alterBody(TOPIC, name, { 'retention.ms': '60000' }, true))
      await told(play, name, { 'retention.ms': WEEK })
    }),
    script('AlterConfigs replaces everything', async (play) => {
      const { name } = await play.topic({ configs: { 'segment.bytes': '2000000' } })
      for (const version of [0, 1, 2]) {
        await play.request(AlterConfigs, version, alterBody(TOPIC, name, { 'retention.ms': `${60_000 + version}` }))
        await told(play, name, { 'retention.ms': `${60_000 + version}`, 'segment.bytes': GIB })
      }
      await play.request(AlterConfigs, 2, alterBody(TOPIC, name, { 'retention.ms': null }))
      await play.request(AlterConfigs, 2, alterBody(TOPIC, name, { nonsense: '1' }))
      await play.request(AlterConfigs, 2, alterBody(TOPIC, play.name(), {}))
      await play.request(AlterConfigs, 2, alterBody(TOPIC, name, {}))
      await told(play, name, { 'retention.ms': WEEK, 'segment.bytes': GIB })
    }),
    script('configs of brokers are changed', async ({ request }) => {
      const change = (name: string, ...changes: Change[]) => request(IncrementalAlterConfigs, 1, changeBody(BROKER, name, changes, true))
      await change('1', [SET, 'log.cleaner.threads', '2'])
      await change('', [SET, 'log.cleaner.threads', '2'])
      await change('7', [SET, 'log.cleaner.threads', '2'])
      await change('one', [SET, 'log.cleaner.threads', '2'])
      await change('1', [SET, 'num.partitions', '2'])
      await change('1', [SET, 'log.cleaner.threads', 'two'])
      await change('1', [SET, 'nonsense', '2'])
      await change('1', [APPEND, 'log.cleaner.threads', '2'])
    }),
  ],
}

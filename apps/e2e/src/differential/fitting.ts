import type { AnyApi, FieldDescription, RequestInputOf } from '@k/protocol'

type Fields = Readonly<Record<string, FieldDescription>>

/** A body without what a version cannot say, so that one script asks in several versions. */
export function fitting<A extends AnyApi>(api: A, version: number, body: RequestInputOf<A>): RequestInputOf<A> {
  return fitted(api.request.shape as Fields, version, body) as RequestInputOf<A>
}

function fitted(fields: Fields, version: number, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => fitted(fields, version, each))
  if (value === null || typeof value !== 'object') return value
  const known = Object.entries(value).filter(([name]) => {
    const rules = fields[name]?.rules
    return rules === undefined || (version >= rules.since && version <= rules.until)
  })
  return Object.fromEntries(
    known.map(([name, each]) => {
      const inner = fields[name]?.type.fields
      return [name, inner === undefined ? each : fitted(inner, version, each)]
    }),
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether `value` says the same as `fallback`, a default: that of an array is empty or null, that of a struct has every field. */
export function sameValue(value: unknown, fallback: unknown): boolean {
  if (value === fallback) return true
  if (fallback instanceof Uint8Array) return value instanceof Uint8Array && Buffer.compare(value, fallback) === 0
  if (Array.isArray(fallback)) return Array.isArray(value) && value.length + fallback.length === 0
  if (!isObject(value) || !isObject(fallback)) return false
  return Object.keys(fallback).every((name) => value[name] === undefined || sameValue(value[name], fallback[name]))
}

/** Whether `value` is a bigint that 64 bits hold, with a sign. */
export function isInt64(value: unknown): value is bigint {
  return typeof value === 'bigint' && BigInt.asIntN(64, value) === value
}

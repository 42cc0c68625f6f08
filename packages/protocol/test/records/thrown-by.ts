/** What `action` throws, or what its promise rejects with; undefined where all is well. */
export async function thrownBy(action: () => unknown): Promise<unknown> {
  try {
    await action()
  } catch (error) {
    return error
  }
  return undefined
}

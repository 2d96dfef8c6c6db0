/** All that an iterator gives. `undefined`: nothing. */
export async function allOf<T>(values: AsyncIterable<T> | undefined): Promise<T[]> {
  const all: T[] = []
  if (values !== undefined) for await (const value of values) all.push(value)
  return all
}

/**
 * Deliberate bugs, each a few characters of the sources changed, that the tests of the data types must notice. They are in the
 * order of the files they change.
 */
export interface Mutation {
  readonly name: string
  /** Under src/. */
  readonly file: string
  readonly find: string
  readonly replace: string
  /** Where it is looked for first: a file under test/crdt/, and the tests in it whose names begin so. */
  readonly hint: readonly [file: string, tests?: string]
}

function mutation(
  name: string,
  change: Pick<Mutation, 'file' | 'find' | 'replace'>,
  ...hint: Mutation['hint']
): Mutation {
  return { name, ...change, hint }
}

function change(file: string, find: string, replace: string): Pick<Mutation, 'file' | 'find' | 'replace'> {
  return { file: `crdt/${file}`, find, replace }
}

export const mutations: readonly Mutation[] = [
  mutation(
    'a join keeps a dot that the other side has removed',
    change('dot.ts', 'order === 0 || !sides.right.has(left.origin, left.seq)', 'true'),
    'laws.test.ts',
    'orSet'
  )
]

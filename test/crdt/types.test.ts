/** Types of views and plain values follow from the schema. `tsc` checks this file; it needs no run. */
import { test } from 'node:test'
import {
  type CounterView,
  type FlagView,
  flag,
  gCounter,
  lwwRegister,
  type MapView,
  mvRegister,
  orMap,
  orSet,
  type Plain,
  pnCounter,
  type RegisterView,
  type SetView,
  text,
  type View
} from '../../src/crdt/index.ts'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function assertType<_T extends true>(): void {}

const schema = {
  lines: orMap(pnCounter()),
  note: lwwRegister(''),
  mood: lwwRegister<'good' | 'bad' | null>(null),
  sizes: mvRegister<{ width: number }>(),
  tags: orSet(),
  years: orSet<number>(),
  rooms: orMap(orMap(flag(), { keys: 'number' })),
  total: gCounter(),
  letter: text()
}

test('types follow from the schema', () => {
  type S = View<typeof schema>
  assertType<Same<S['lines'], MapView<CounterView, number, string>>>()
  assertType<Same<S['note'], RegisterView<string>>>()
  assertType<Same<S['mood'], RegisterView<'good' | 'bad' | null>>>()
  assertType<Same<S['tags'], SetView<string>>>()
  assertType<Same<S['years'], SetView<number>>>()
  assertType<Same<ReturnType<ReturnType<S['rooms']['at']>['at']>, FlagView>>()

  type P = Plain<typeof schema>
  interface Expected {
    lines: Record<string, number>
    note: string
    mood: 'good' | 'bad' | null
    sizes: { width: number }[]
    tags: string[]
    years: number[]
    rooms: Record<string, Record<string, boolean>>
    total: number
    letter: string
  }
  assertType<Same<P, { [F in keyof Expected]: Expected[F] }>>()

  const wrong = (state: S): void => {
    // @ts-expect-error a counter adds numbers
    state.lines.at('x').add('1')
    // @ts-expect-error a field that is not in the schema
    state.nothing.add(1)
    // @ts-expect-error the keys of this map are numbers
    state.rooms.at('a').at('b')
    // @ts-expect-error a grow-only counter has no way down
    state.total.remove(1)
    // @ts-expect-error fields are not assigned to
    state.note = 'x'
  }
  // @ts-expect-error a map cannot hold documents
  const documents = () => orMap(text())
  return void [wrong, documents]
})

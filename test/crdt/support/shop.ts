/** A schema with every type, and a replica's worth of it, for tests that need one state and not many. */
import {
  flag,
  gCounter,
  gSet,
  lwwRegister,
  mvRegister,
  orMap,
  orSet,
  pnCounter,
  type Schema,
  text,
  type View
} from '../../../src/crdt/index.ts'
import { Replica } from './replica.ts'

export const everything = {
  visits: gCounter(),
  stock: pnCounter(),
  seen: gSet<number>(),
  tags: orSet<string>(),
  isOpen: flag(),
  isWelcome: flag({ wins: 'disable' }),
  note: lwwRegister('none'),
  price: mvRegister<{ amount: number; currency: string }>(),
  lines: orMap(pnCounter()),
  rooms: orMap(orMap(orSet())),
  floors: orMap(lwwRegister<string | null>(null), { keys: 'number' }),
  letter: text()
} satisfies Schema

/** A replica with one actor, on which handlers run. */
export class Desk<S extends Schema> {
  readonly replica: Replica
  readonly schema: S

  constructor(schema: S, index = 0) {
    this.schema = schema
    this.replica = new Replica(index, 1)
  }

  do(handle: (state: View<S>) => void): void {
    this.replica.run(0, this.schema, handle)
  }

  get state() {
    return this.replica.actor(0).state
  }
}

/** A desk that has used every type, some of it concurrently with another replica. */
export function fullDesk(): Desk<typeof everything> {
  const desk = new Desk(everything)
  const other = new Desk(everything, 1)
  other.replica.nowMs = desk.replica.nowMs
  desk.do(state => {
    state.visits.add()
    state.stock.add(-7)
    state.seen.add(2.5)
    state.tags.add('ü')
    state.isOpen.enable()
    state.isWelcome.disable()
    state.note.set('hello')
    state.price.set({ currency: 'EUR', amount: 3 })
    state.lines.at('tea').add(3)
    state.rooms.at('a').at('b').add('c')
    state.floors.at(-1).set('cellar')
    state.letter.insert(0, 'dear 𝄞')
  })
  other.replica.catchUp(desk.replica)
  other.do(state => {
    state.lines.remove('tea')
    state.price.set({ currency: 'USD', amount: 4 })
    state.letter.remove(0, 2)
    state.tags.add('b')
  })
  desk.do(state => {
    state.lines.at('tea').add(4)
    state.price.set({ currency: 'GBP', amount: 5 })
    state.letter.insert(0, 'My ')
  })
  desk.replica.catchUp(other.replica)
  return desk
}

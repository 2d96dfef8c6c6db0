/**
 * Ways in which any data type can break a law, for showing that the suite would notice. `test/crdt/mutants.ts` puts `broken` into a
 * copy of the table of types, and says by `SHOAL_BREAK=tag:way` which type is broken there, and how.
 */
import { decodeWithOrigins, encodeWithOrigins } from '../../../src/crdt/codec.ts'
import type { Covers, Sides } from '../../../src/crdt/dot.ts'
import type { Type } from '../../../src/crdt/type.ts'

type State = unknown
type Break = (type: Type<State>) => Partial<Type<State>>

function bytesOf(type: Type<State>, state: State): string {
  return Buffer.from(encodeWithOrigins(sink => type.write(state, sink))).toString('hex')
}

/** Joins, and lets `settle` spoil what two states come to of which neither has all that the other has. */
function joining(type: Type<State>, settle: (a: State, b: State, joined: State) => State): Partial<Type<State>> {
  return {
    join(a, b, sides) {
      const joined = type.join(a, b, sides)
      if (joined === a || type.isEmpty(a) || type.isEmpty(b) || type.isEmpty(joined)) return joined
      return bytesOf(type, joined) === bytesOf(type, b) ? joined : settle(a, b, joined)
    }
  }
}

const nothing: Covers = { has: () => false, hasRange: () => false }

const leftWins: Break = type => joining(type, a => a)

/** Each begins with the law that it breaks. Others may be broken with it. */
const ways = {
  'commutative: the left wins': leftWins,
  'associative: of some pairs the larger wins': type =>
    joining(type, (a, b, joined) => {
      const [left, right] = [bytesOf(type, a), bytesOf(type, b)]
      const isSpared = [...bytesOf(type, joined)].reduce((sum, digit) => sum + Number.parseInt(digit, 16), 0) % 2 === 0
      return isSpared ? joined : left > right ? a : b
    }),
  'idempotent: a join is always another value': type => ({
    join(a, b, sides) {
      const joined = type.join(a, b, sides)
      if (joined !== a || type.isEmpty(joined)) return joined
      const bytes = encodeWithOrigins(sink => type.write(joined, sink))
      return decodeWithOrigins(bytes, reader => type.read(reader, 1))
    }
  }),
  'monotone: the right wins': type => joining(type, (_a, b) => b),
  'immutable: a join spoils its left side': type => {
    const spoilt = new WeakSet<object>()
    return {
      join(a, b, sides) {
        const joined = type.join(a, b, sides)
        if (joined !== a && !type.isEmpty(a)) spoilt.add(a as object)
        return joined
      },
      write: (state, sink) => type.write(spoilt.has(state as object) ? type.empty : state, sink)
    }
  },
  'mutator: what is there stays': type => ({
    join: (a, b, sides) => (type.isEmpty(a) || type.isEmpty(b) ? type.join(a, b, sides) : a)
  }),
  'mutator: contexts are ignored': type => ({
    join: (a, b, sides: Sides) => type.join(a, b, { ...sides, left: nothing, right: nothing, rightIsNews: true })
  }),
  'group: the left wins': leftWins,
  'delivery: the left wins': leftWins,
  'diff: it brings nothing': type => ({
    diff(state, known, held) {
      type.diff(state, known, held)
      return type.empty
    }
  }),
  'diff: held dots are forgotten': type => ({ diff: (state, known) => type.diff(state, known, []) }),
  'news: there is none': type => ({ news: () => type.empty }),
  'news: all is': type => ({
    news: (a, b, sides) => (type.isEmpty(type.news(a, b, sides)) ? type.empty : b)
  }),
  'encoding: nothing is read': type => ({
    read(reader, depth) {
      type.read(reader, depth)
      return type.empty
    }
  })
} as const satisfies Record<string, Break>

export type Way = keyof typeof ways

export const wayNames = Object.keys(ways) as Way[]

const [tag = '', way = ''] = (process.env['SHOAL_BREAK'] ?? '').split(/:(.*)/)

export function broken<T extends Type<State>>(type: T): T {
  if (String(type.tag) !== tag) return type
  return { ...type, ...ways[way as Way](type) }
}

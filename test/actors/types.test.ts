/** Types of definitions and references are inferred: what compiles here is right, and what must not compile does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type * as shoal from 'shoal'
import {
  command,
  eventSourced,
  exclusive,
  flag,
  lwwRegister,
  orMap,
  orSet,
  type PlainOf,
  pnCounter,
  query,
  type RecordedEvent,
  replicated,
  type ShoalNode,
  text,
  value
} from 'shoal'
import type * as crdt from 'shoal/crdt'
import { z } from 'zod'

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(_: Same<A, B>): void {}

const Cart = replicated(
  'cart',
  {
    lines: orMap(pnCounter()),
    tags: orSet<string>(),
    open: flag(),
    note: text(),
    owner: lwwRegister<string | null>(null)
  },
  {
    addLine: command(z.object({ sku: z.string(), quantity: z.int().default(1) }), ({ state }, { sku, quantity }) => {
      same<typeof quantity, number>(true)
      state.lines.at(sku).add(quantity)
      // @ts-expect-error: a counter has no `insert`
      void state.lines.at(sku).insert
      // @ts-expect-error: there is no such field
      void state.prices
      return state.lines.at(sku).value
    }),
    later: command(async ({ state }) => {
      state.note.insert(0, 'x')
      // @ts-expect-error: elements are strings
      void (() => state.tags.add(1))
      return 'done' as const
    }),
    clear: command(({ state }) => {
      for (const key of state.lines.keys()) state.lines.remove(key)
    }),
    total: query(({ state }) => state.lines.values().reduce((sum, line) => sum + line, 0)),
    has: query(z.string(), ({ state }, tag) => state.tags.has(tag))
  }
)

interface Seat {
  readonly guest: string | null
  tags: string[]
}

const Seats = exclusive(
  'seats',
  value<Seat>({ guest: null, tags: [] }),
  {
    take: command(z.string(), ({ state, set }, guest) => {
      same<typeof state, Seat>(true)
      state.tags.push(guest)
      set({ ...state, guest })
      // @ts-expect-error: it is read-only in the user's own type
      void (() => (state.guest = guest))
      // @ts-expect-error: what is set has the state's type
      set({ guest: 1 })
      return state.guest
    }),
    // @ts-expect-error: this kind has no events
    who: query(({ state, emit }) => state.guest ?? emit)
  },
  { partition: 'lease' }
)

const schema = z.object({ n: z.int(), unit: z.enum(['kg', 'g']).default('kg') })
const Stock = exclusive('stock', value({ n: 0, unit: 'g' }, { schema }), {}, { partition: 'lease' })
const Bare = exclusive('bare', value(0), { add: command(({ state, set }) => set(state + 1)) }, { partition: 'lease' })

const Merged = exclusive(
  'merged',
  value(
    { n: 0, tags: [] as string[] },
    {
      merge(base, a, b) {
        same<typeof base, Readonly<{ n: number; tags: string[] }>>(true)
        // @ts-expect-error: what is merged is not changed
        void (() => (a.n = 1))
        return { n: a.n + b.n - base.n, tags: [...a.tags, ...b.tags] }
      }
    }
  ),
  { add: command(({ state, set }) => set({ ...state, n: state.n + 1 })) }
)
// @ts-expect-error: what is merged has the state's type
void (() => value({ n: 0 }, { merge: () => ({ n: '0' }) }))
void (() => value({ n: 0, unit: 'g' }, { schema, merge: (_base, a) => ({ ...a, unit: 'kg' as const }) }))

type Moved = { readonly type: 'in' | 'out'; readonly n: number }

const Store = exclusive(
  'store',
  eventSourced({
    initial: { n: 0 },
    apply(state, { type, n }: Moved) {
      same<typeof state, Readonly<{ n: number }>>(true)
      return { n: state.n + (type === 'in' ? n : -n) }
    }
  }),
  {
    move: command(z.int(), ({ state, emit, history }, n) => {
      same<typeof state.n, number>(true)
      // @ts-expect-error: it changes by events
      state.n = 1
      // @ts-expect-error: no such event
      void (() => emit({ type: 'gone', n }))
      same<ReturnType<typeof history>, RecordedEvent<Moved>[]>(true)
      return emit({ type: 'in', n })
    })
  },
  { partition: 'lease' }
)

const Sum = exclusive('sum', pnCounter(), {
  add: command(z.int(), ({ state }, n) => {
    state.add(n)
    return state.value
  })
})

// Only for the compiler: never called.
async function uses({ actor }: ShoalNode): Promise<void> {
  const cart = actor(Cart, 'x')
  same<Awaited<ReturnType<typeof cart.addLine>>, number>(true)
  same<Awaited<ReturnType<typeof cart.later>>, 'done'>(true)
  same<Awaited<ReturnType<typeof cart.has>>, boolean>(true)
  await cart.addLine({ sku: 'tea' })
  await cart.addLine({ sku: 'tea', quantity: 2 }, { deadlineMs: 10, acknowledge: 'majority' })
  await cart.total()
  await cart.clear(undefined, { deadlineMs: 5 })
  // @ts-expect-error: the argument is needed
  await cart.addLine()
  // @ts-expect-error: and has its type
  await cart.addLine({ sku: 1 })
  // @ts-expect-error: a method without an argument takes none
  await cart.total(1)
  // @ts-expect-error: there is no such level
  await cart.addLine({ sku: 'tea' }, { acknowledge: 'most' })
  // @ts-expect-error: there is no such method
  await cart.removeLine({ sku: 'tea' })
  for await (const state of cart.watch()) {
    same<typeof state.lines, Record<string, number>>(true)
    same<typeof state.tags, string[]>(true)
    same<typeof state.note, string>(true)
    same<typeof state.owner, string | null>(true)
  }
  const total: number = await actor(Sum, 'x').state()
  same<PlainOf<ReturnType<typeof pnCounter>>, number>(true)
  await actor(Sum, 'x').add(total)
  const seats = actor(Seats, 'x')
  same<Awaited<ReturnType<typeof seats.take>>, string | null>(true)
  same<Awaited<ReturnType<typeof seats.state>>, Seat>(true)
  same<Awaited<ReturnType<ReturnType<typeof actor<typeof Stock>>['state']>>, z.output<typeof schema>>(true)
  const bare: number = await actor(Bare, 'x').state()
  same<Awaited<ReturnType<ReturnType<typeof actor<typeof Merged>>['state']>>, { n: number; tags: string[] }>(true)
  const store = actor(Store, 'x')
  same<Awaited<ReturnType<typeof store.move>>, Readonly<{ n: number }>>(true)
  same<Awaited<ReturnType<typeof store.history>>, RecordedEvent<Moved>[]>(true)
  same<Awaited<ReturnType<typeof store.stateAt>>['state'], { n: number }>(true)
  await store.history({ from: bare, limit: 10 }, { deadlineMs: 5 })
  await store.stateAt({ timeMs: 5 })
  // @ts-expect-error: one or the other is needed
  await store.stateAt()
  // @ts-expect-error: a value has no history
  await seats.history()
  // @ts-expect-error: what cannot be merged is no replicated kind's
  void (() => replicated('x', value(0), {}))
  // @ts-expect-error: a definition is not a string
  actor('cart', 'x')
}

test('definitions infer their types, and keep what they were given', () => {
  assert.equal(typeof uses, 'function')
  assert.deepEqual([Cart.kind, Cart.mode, Sum.mode], ['cart', 'replicated', 'exclusive'])
  assert.deepEqual([Cart.options.acknowledge, Sum.options.acknowledge], ['local', 'majority'])
})

test('a definition that cannot be is refused where it is written', () => {
  const handler = () => {}
  const make = (kind: string, method = 'go', options = {}) =>
    replicated(kind, pnCounter(), { [method]: command(handler) }, options)
  for (const kind of ['', 'Cart', '1a', 'a/b', '__proto__', 'x'.repeat(64)]) assert.throws(() => make(kind), TypeError)
  for (const method of ['', 'watch', 'then', 'state', 'a b', '__proto__', '1'])
    assert.throws(() => make('cart', method), TypeError, method)
  for (const options of [
    { mailboxLimit: 0 },
    { passivateAfterMs: 1.5 },
    { acknowledge: 'most' },
    { read: 'nearest' },
    { replication: 0 }
  ])
    assert.throws(() => make('cart', 'go', options), TypeError)
  assert.throws(() => command({} as never, handler), TypeError)
  assert.throws(() => command(undefined as never), TypeError)
})

test('helpers of handlers name the types of views, from shoal as from shoal/crdt', () => {
  same<shoal.TextView, crdt.TextView>(true)
  same<shoal.ListView<number>, crdt.ListView<number>>(true)
  same<shoal.JsonView, crdt.JsonView>(true)
  same<shoal.JsonPath, crdt.JsonPath>(true)
  same<shoal.CounterView, crdt.CounterView>(true)
  same<shoal.GCounterView, crdt.GCounterView>(true)
  same<shoal.BoundedCounterView, crdt.BoundedCounterView>(true)
  same<shoal.SetView<string>, crdt.SetView<string>>(true)
  same<shoal.GSetView<string>, crdt.GSetView<string>>(true)
  same<shoal.FlagView, crdt.FlagView>(true)
  same<shoal.RegisterView<string>, crdt.RegisterView<string>>(true)
  same<shoal.StampedRegisterView<string>, crdt.StampedRegisterView<string>>(true)
  same<shoal.MvRegisterView<string>, crdt.MvRegisterView<string>>(true)
  same<shoal.MapView<shoal.CounterView, number>, crdt.MapView<crdt.CounterView, number>>(true)
  same<shoal.LwwMapView<string>, crdt.LwwMapView<string>>(true)
  same<shoal.VoteView, crdt.VoteView>(true)
  same<shoal.Votes, crdt.Votes>(true)
})

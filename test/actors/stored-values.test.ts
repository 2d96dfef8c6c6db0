/** Lease kinds whose state is a value: what handlers can do with it, what is refused, and what is there afterwards. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AnyDefinition,
  command,
  eventSourced,
  exclusive,
  isShoalError,
  pnCounter,
  query,
  refuse,
  replicated,
  value
} from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { textOf } from '../../src/actors/definitions/stored-value.ts'
import { formOf } from '../../src/actors/leased/lease-forms.ts'
import { entriesBetween, orderOf } from '../../src/simulation/sorted-store.ts'
import { served } from './support/served.ts'

interface Hall {
  readonly name: string
  seats: Record<string, string>
  note?: string
}

const hall: Hall = { name: 'small', seats: {} }

const Booking = exclusive(
  'booking',
  value(hall),
  {
    book: command(z.object({ seat: z.string(), guest: z.string() }), ({ state }, { seat, guest }) => {
      if (state.seats[seat] !== undefined) throw refuse('TAKEN', `${seat} is ${state.seats[seat]}'s`)
      state.seats[seat] = guest
      return Object.keys(state.seats).length
    }),
    clear: command(({ state, set }) => set({ ...state, seats: {} })),
    // What handlers should not do.
    spoil: command(z.string(), ({ state, set }, how) => {
      state.seats['z'] = 'nobody'
      if (how === 'throw') throw new Error('as asked')
      if (how === 'undefined') Object.assign(state, { note: undefined })
      if (how === 'bigint') set({ ...state, note: 1n as never })
      if (how === 'class') set(new Map() as never)
      if (how === 'nan') (state.seats as Record<string, unknown>)['y'] = [1, { x: Number.NaN }]
    }),
    late: command(async ({ state, actor, self }) => {
      await actor(Booking, `${self.id}-other`).clear()
      state.note = 'late'
    }),
    fill: command(z.int(), ({ state }, length) => {
      state.note = 'x'.repeat(length)
    }),
    nothing: command(({ state }) => {
      state.seats['q'] = 'gone'
      delete state.seats['q']
    }),
    of: query(z.string(), ({ state }, seat) => state.seats[seat] ?? null),
    change: query(z.string(), ({ state, set }, how) => {
      if (how === 'set') set(state)
      else state.seats['a'] = 'mine'
    })
  },
  { partition: 'lease' }
)

const Counter = exclusive(
  'bare-counter',
  value(0),
  {
    add: command(z.int(), ({ state, set }, n) => {
      set(state + n)
      return state + n
    })
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const start = (actors: readonly AnyDefinition[] = [Booking, Counter]) =>
  createTestCluster({ actors, seed: 1, leases: { leaseMs } })

test('a command changes its copy of the value, or sets another, and everybody sees what it left', async () => {
  await using cluster = await start()
  const booking = (node: number) => cluster.actor(node)(Booking, 'x')
  assert.deepEqual(await cluster.settle(booking(0).state()), hall)
  assert.equal(await cluster.settle(booking(1).book({ seat: 'a', guest: 'ann' })), 1)
  assert.equal(await cluster.settle(booking(2).book({ seat: 'b', guest: 'ben' })), 2)
  await assert.rejects(cluster.settle(booking(0).book({ seat: 'a', guest: 'cat' })), { code: 'TAKEN' })
  assert.equal(await cluster.settle(booking(0).of('a')), 'ann')
  assert.deepEqual(await cluster.settle(booking(2).state()), { name: 'small', seats: { a: 'ann', b: 'ben' } })
  await cluster.settle(booking(1).clear())
  assert.deepEqual((await cluster.settle(cluster.node(1).describe('booking', 'x'))).state, hall)
  await cluster.settle(booking(0).late())
  assert.deepEqual(await cluster.settle(booking(0).state()), { ...hall, note: 'late' })
  for (const n of [1, 2]) await cluster.settle(cluster.actor(n)(Counter, 'n').add(n))
  assert.equal(await cluster.settle(cluster.actor(0)(Counter, 'n').state()), 3)
})

test('a handler that throws, or leaves what cannot be kept, has changed nothing, and nothing has been stored', async () => {
  await using cluster = await start()
  const booking = cluster.actor(0)(Booking, 'x')
  await cluster.settle(booking.book({ seat: 'a', guest: 'ann' }))
  const before = recordsOf(cluster)
  for (const how of ['undefined', 'bigint', 'class', 'nan'])
    await assert.rejects(cluster.settle(booking.spoil(how)), { code: 'SHOAL_BAD_STATE', retryable: false }, how)
  await assert.rejects(cluster.settle(booking.spoil('throw')), { code: 'SHOAL_HANDLER_FAILED' })
  await assert.rejects(cluster.settle(booking.spoil('nan')), /at seats\.y\.1\.x/)
  await cluster.settle(booking.nothing())
  assert.deepEqual(await cluster.settle(booking.state()), { ...hall, seats: { a: 'ann' } })
  assert.equal(recordsOf(cluster), before)
})

test('a value for which there is no room is refused, and the one before it stays', async () => {
  await using cluster = await start()
  const booking = cluster.actor(0)(Booking, 'x')
  await cluster.settle(booking.book({ seat: 'a', guest: 'ann' }))
  for (const [length, code] of [
    [1024 * 1024, 'SHOAL_BAD_STATE'],
    [1024 * 1024 - 100, 'SHOAL_LIMIT']
  ] as const)
    await assert.rejects(cluster.settle(booking.fill(length)), { code })
  assert.deepEqual(await cluster.settle(booking.state()), { ...hall, seats: { a: 'ann' } })
})

test('a query can neither set a value nor change the one that it is given', async () => {
  await using cluster = await start()
  const booking = cluster.actor(0)(Booking, 'x')
  await cluster.settle(booking.book({ seat: 'a', guest: 'ann' }))
  await assert.rejects(cluster.settle(booking.change('set')), { code: 'SHOAL_READ_ONLY' })
  await assert.rejects(cluster.settle(booking.change('in place')), { code: 'SHOAL_HANDLER_FAILED' })
  assert.equal(await cluster.settle(booking.of('a')), 'ann')
})

test('a value survives the death of its owner and the restart of all nodes', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Booking, 'x').book({ seat: 'a', guest: 'ann' }))
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Booking, 'x'))
  cluster.kill(owner)
  await cluster.run(2 * leaseMs)
  const other = cluster.actor((owner + 1) % 3)(Booking, 'x')
  assert.equal(await served(cluster, () => other.book({ seat: 'b', guest: 'ben' })), 2)
  for (const node of [0, 1, 2]) cluster.kill(node)
  for (const node of [0, 1, 2]) cluster.boot(node)
  await cluster.until(() => cluster.isWhole(), 20_000)
  const state = await served(cluster, () => cluster.actor(0)(Booking, 'x').state())
  assert.deepEqual(state, { ...hall, seats: { a: 'ann', b: 'ben' } })
})

test('a schema decides what may be kept, and makes of what is stored what the program now expects', () => {
  const schema = z.object({ n: z.int().min(0), unit: z.string().default('kg') })
  const Stock = exclusive('stock', value({ n: 1, unit: 'g' }, { schema }), {}, { partition: 'lease' })
  const records = { name: 'stock/a', epoch: 1, peek: () => undefined }
  const form = formOf(Stock)
  const stored = (text: string) => form.load(new TextEncoder().encode(text), records)
  assert.deepEqual(form.plain(stored('{"n":3}')), { n: 3, unit: 'kg' })
  assert.throws(() => stored('{"n":-1}'), { code: 'SHOAL_BAD_STATE' })
  assert.throws(() => value({ n: -1, unit: '' }, { schema }), { code: 'SHOAL_BAD_STATE' })
  assert.throws(() => value(1 as never, { schema: {} as never }), TypeError)
  const later = z.int().refine(() => Promise.resolve(true))
  assert.throws(() => value(1, { schema: later }), /answers later|promise/i)
})

test('a state that its schema refuses is not kept, and one that it mends is kept as it mends it', async () => {
  const schema = z.object({ n: z.int().min(0).max(10) })
  const Stock = exclusive(
    'stock',
    value({ n: 1 }, { schema }),
    {
      add: command(z.int(), ({ state }, n) => {
        state.n += n
        Object.assign(state, { surplus: true })
      })
    },
    { partition: 'lease' }
  )
  await using cluster = await start([Stock])
  const stock = cluster.actor(0)(Stock, 'a')
  await cluster.settle(stock.add(4))
  await assert.rejects(cluster.settle(stock.add(6)), { code: 'SHOAL_BAD_STATE' })
  await assert.rejects(cluster.settle(stock.add(0.5)), { code: 'SHOAL_BAD_ARGUMENT' })
  assert.deepEqual(await cluster.settle(stock.state()), { n: 5 })
})

test('what cannot be merged is refused where a kind of it is defined that would have to be, and the word that lacks is named', () => {
  const merge = (base: number, a: number, b: number) => a + b - base
  for (const options of [undefined, { partition: 'merge' as const }]) {
    assert.throws(() => exclusive('x', value(0), {}, options), { name: 'TypeError', message: /'lease'.*merge: \(base/ })
    assert.throws(() => exclusive('x', eventSourced({ initial: 0, apply: n => n }), {}, options), {
      name: 'TypeError',
      message: /event-sourced.*partition: 'lease'$/
    })
    exclusive('x', value(0, { merge }), {}, options)
  }
  exclusive('x', value(0, { merge }), {}, { partition: 'lease' })
  for (const shape of [value(0), value(0, { merge })])
    assert.throws(() => replicated('x', shape as never, {}), TypeError)
  assert.throws(() => value(0, { merge: 'max' as never }), TypeError)
  assert.throws(() => value(undefined), { code: 'SHOAL_BAD_STATE' })
})

test('only JSON is kept: everything else is refused with its place, and never changed without a word', () => {
  const cycle: Record<string, unknown> = {}
  cycle['self'] = cycle
  let web: unknown = 1
  for (let i = 0; i < 60; i++) web = [web, web]
  const sparse: unknown[] = []
  sparse[2] = 1
  const bad = [undefined, () => {}, Symbol('x'), 1n, Number.NaN, Infinity, new Date(), new Map(), Uint8Array.of(1)]
  for (const item of [...bad, cycle, web, sparse, { a: undefined }, [undefined]])
    assert.throws(() => textOf('it', item), isBadState)
  assert.throws(() => textOf('it', 'x'.repeat(1024 * 1024)), isBadState)
  const proto: unknown = JSON.parse('{"__proto__":{"a":1},"b":[{},[],null,true,"\\ud800",1e300]}')
  assert.deepEqual(JSON.parse(textOf('it', proto)), proto)
})

test('a kind cannot turn from a CRDT into a value on a disk that has the other', async () => {
  const Old = exclusive('thing', pnCounter(), {}, { partition: 'lease' })
  const New = exclusive('thing', value(0), {}, { partition: 'lease' })
  await using cluster = await start([Old])
  cluster.kill(0)
  cluster.boot(0, { actors: [New] })
  await cluster.until(() => cluster.startError(0) !== undefined)
  assert.match(String(cluster.startError(0)), /stored as pnCounter and is now declared as value/)
})

function isBadState(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_BAD_STATE'
}

/** All that the nodes have of the one actor. */
function recordsOf(cluster: TestCluster): string {
  const records = { gte: Uint8Array.of(0x6c, 0x72), lt: Uint8Array.of(0x6c, 0x73) }
  const disks = cluster.world.machines().map(({ disk }) => disk.root)
  return JSON.stringify(disks.map(root => entriesBetween(root, orderOf(records.gte), orderOf(records.lt), 1000)))
}

/** Many readers of one actor on one node: one watch of the place that shows it, and each reader's own row of states. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { command, isShoalError, pnCounter, replicated } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import type { WatchSource } from '../../src/actors/watches/followed-watch.ts'
import { type ActorPlaces, SharedWatches } from '../../src/actors/watches/shared-watch.ts'
import type { Shown } from '../../src/actors/watches/watch.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { type Metrics, noMetrics } from '../../src/ports/metrics.ts'
import { outcome } from './outcome.ts'

const seenBy = (number: number) => (number === 0 ? CausalContext.empty : CausalContext.empty.with('a.1', 1, number))

/** A place that has an actor: its state is a number, and a state of 3 has seen 1, 2 and 3. It reads when it is asked to. */
class Place {
  value = 0
  isUp = true
  opened = 0
  readonly sources = new Set<PlaceSource>()

  /** Of a state, beside its number. */
  padding: string | undefined

  open(shown: CausalContext): WatchSource {
    this.opened++
    const source = new PlaceSource(this, shown)
    this.sources.add(source)
    return source
  }

  set(value: number): void {
    this.value = value
    for (const source of this.sources) source.look()
  }

  fall(): void {
    this.isUp = false
    for (const source of [...this.sources]) source.return()
  }
}

class PlaceSource implements WatchSource {
  readonly #place: Place
  readonly #shown: CausalContext
  #wanted: PromiseWithResolvers<Shown | undefined> | undefined
  #round = 0
  #last = ''
  #isOver = false

  constructor(place: Place, shown: CausalContext) {
    this.#place = place
    this.#shown = shown
  }

  next(): Promise<Shown | undefined> {
    if (this.#isOver) return Promise.resolve(undefined)
    this.#wanted = Promise.withResolvers()
    const { promise } = this.#wanted
    this.look()
    return promise
  }

  refresh(round: number): void {
    this.#round = round
    this.look()
  }

  look(): void {
    const { value, isUp } = this.#place
    if (!isUp || !seenBy(value).covers(this.#shown)) this.return()
    const last = `${value} ${this.#round}`
    if (last === this.#last || this.#wanted === undefined) return
    this.#last = last
    const state = { value, padding: this.#place.padding }
    const text = JSON.stringify(state)
    const shown = { value: state, text, mark: `${value}`, seen: seenBy(value), round: this.#round }
    this.#wanted.resolve(shown)
    this.#wanted = undefined
  }

  return(): void {
    this.#isOver = true
    this.#place.sources.delete(this)
    this.#wanted?.resolve(undefined)
    this.#wanted = undefined
  }
}

/** `first` is preferred. Pauses last until they are ended. */
function worldOf(...places: Place[]) {
  return smallTurns(undefined, ...places)
}

/** `soon` is after the next turn of the event loop. */
function smallTurns(charactersAtOnce: number | undefined, ...places: Place[]) {
  const names = places.map((_, i) => `p${i}`)
  const shared = new SharedWatches(task => void setImmediate().then(task), charactersAtOnce)
  const pauses: (() => void)[] = []
  const world = { nowMs: 0, failure: undefined as unknown }
  const watch = () => shared.watch(all)
  const watchText = () => shared.watchText(all)
  const all: ActorPlaces = {
    actor: 'thing/a',
    best: avoid => names.find(name => !avoid.has(name)),
    isBest: () => true,
    open(name, shown) {
      if (world.failure !== undefined) throw world.failure
      return places[names.indexOf(name)]?.open(shown) ?? new Place().open(shown)
    },
    pause(delayMs) {
      world.nowMs += delayMs
      const { promise, resolve } = Promise.withResolvers<void>()
      pauses.push(resolve)
      return promise
    },
    elapsedMs: () => world.nowMs
  }
  const tryAgain = async () => {
    for (const resolve of pauses.splice(0)) resolve()
    await setImmediate()
  }
  const opened = () => places.reduce((sum, { sources }) => sum + sources.size, 0)
  return { shared, watch, watchText, tryAgain, opened, world }
}

const shownTo = async (next: Promise<IteratorResult<unknown>>) => ((await next).value as { value: number }).value

test('readers of one actor share one watch, each is shown every state that it asks for, and the last one ends it', async () => {
  const place = new Place()
  const { shared, watch, opened } = worldOf(place)
  const readers = [1, 2, 3].map(watch)
  const asked = () => Promise.all(readers.map(reader => shownTo(reader.next())))
  assert.deepEqual(await asked(), [0, 0, 0])
  const next = asked()
  await setImmediate()
  place.set(1)
  assert.deepEqual(await next, [1, 1, 1])
  assert.deepEqual([place.opened, shared.size], [1, 3])
  for (const reader of readers) {
    assert.equal(opened(), 1)
    await reader.return()
  }
  assert.deepEqual([opened(), shared.size], [0, 0])
})

test('what a reader does with a state that it was given is its own business', async () => {
  const { watch } = worldOf(new Place())
  const readers = [1, 2, 3].map(watch)
  const states = await Promise.all(readers.map(reader => reader.next()))
  for (const { value } of states) Object.assign(value, { value: 'mine' }, { mine: (value as { value: unknown }).value })
  assert.deepEqual(
    states.map(({ value }) => (value as { mine: unknown }).mine),
    [0, 0, 0]
  )
})

test('readers of the text share it with those of the value, and nothing is parsed for them', async t => {
  const place = new Place()
  const { watch, watchText } = worldOf(place)
  const parse = t.mock.method(JSON, 'parse')
  const texts = [1, 2, 3].map(watchText)
  for (const value of [0, 1]) {
    const [first, ...rest] = await Promise.all(texts.map(reader => reader.next()))
    assert.deepEqual(first, { done: false, value: JSON.stringify({ value }) })
    for (const other of rest) assert.deepEqual(other, first)
    place.set(value + 1)
  }
  assert.equal(parse.mock.callCount(), 0)
  const values = [watch(), watch()]
  const shown = await Promise.all([...texts, ...values].map(async reader => (await reader.next()).value))
  assert.deepEqual(shown.slice(0, 3), ['{"value":2}', '{"value":2}', '{"value":2}'])
  assert.partialDeepStrictEqual(shown.slice(3), [{ value: 2 }, { value: 2 }])
  assert.equal(place.opened, 1)
})

test('a slow reader skips states, and one that is quick is not shown the same state twice for the sake of new ones', async () => {
  const place = new Place()
  const { watch } = worldOf(place)
  const [quick, slow] = [watch(), watch()]
  const seen: number[] = []
  const read = async () => {
    for await (const state of quick) seen.push((state as { value: number }).value)
  }
  const end = read()
  assert.equal(await shownTo(slow.next()), 0)
  for (let value = 1; value <= 5; value++) {
    place.set(value)
    await setImmediate()
    assert.equal(await shownTo(watch().next()), value)
  }
  assert.equal(await shownTo(slow.next()), 5)
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5])
  await quick.return()
  await end
})

test('a reader that comes later is shown what was read after it asked, not what the others were shown last', async () => {
  const place = new Place()
  const { watch } = worldOf(place)
  const [first, second] = [watch(), watch()]
  assert.equal(await shownTo(first.next()), 0)
  // Nobody asks, so nothing is read.
  place.set(7)
  assert.equal(await shownTo(second.next()), 7)
  assert.equal(place.opened, 1)
})

test('a thousand readers that come while a look is under way wait for one more', async () => {
  const place = new Place()
  const { watch } = worldOf(place)
  let looks = 0
  const look = PlaceSource.prototype.refresh
  PlaceSource.prototype.refresh = function (round) {
    looks++
    look.call(this, round)
  }
  try {
    await Promise.all(Array.from({ length: 1000 }, () => shownTo(watch().next())))
  } finally {
    PlaceSource.prototype.refresh = look
  }
  assert.equal(looks, 1)
})

test('of a long state, some readers are given theirs, and others have their turn before the rest', async () => {
  const place = new Place()
  place.padding = 'x'.repeat(1000)
  const { watch } = smallTurns(3000, place)
  const readers = Array.from({ length: 10 }, watch)
  let given = 0
  const reads = readers.map(reader => reader.next().then(() => given++))
  const byTurns: number[] = []
  while (given < readers.length) {
    await setImmediate()
    byTurns.push(given)
  }
  assert.deepEqual([...new Set(byTurns)], [3, 6, 9, 10])
  await Promise.all(reads)
  // Who leaves meanwhile is not waited for, and who has not been given a state is given the newest.
  const late = readers.map(reader => reader.next())
  place.set(1)
  await setImmediate()
  await readers[5]?.return()
  const states = await Promise.all(late)
  assert.deepEqual(
    states.map(({ done }) => done === true),
    readers.map((_, i) => i === 5)
  )
})

test('what all readers have been given is not kept', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const places = Array.from({ length: 20 }, () => new Place())
  const padding = 'x'.repeat(2_000_000)
  const readers = places.map(place => {
    place.padding = padding
    const { watch } = worldOf(place)
    return [watch(), watch()]
  })
  collect()
  const before = process.memoryUsage().heapUsed
  for (const reader of readers.flat()) await shownTo(reader.next())
  // One asks for more, the other does not.
  const waiting = readers.map(([reader]) => reader?.next())
  await setImmediate()
  collect()
  const kept = process.memoryUsage().heapUsed - before
  assert.ok(kept < 20_000_000, `${kept} bytes`)
  for (const reader of readers.flat()) await reader.return()
  await Promise.all(waiting)
})

test('who is new does not wait for what others were shown, and they go on when the new ones have seen as much', async () => {
  const [dying, staying] = [new Place(), new Place()]
  const { watch, tryAgain, opened, shared } = worldOf(dying, staying)
  const old = watch()
  assert.equal(await shownTo(old.next()), 0)
  dying.set(2)
  assert.equal(await shownTo(old.next()), 2)
  const next = shownTo(old.next())
  // One comes before it is known that no place has as much.
  await setImmediate()
  dying.isUp = false
  const between = watch()
  const first = shownTo(between.next())
  assert.equal(await first, 0)
  assert.equal(await shownTo(watch().next()), 0)
  await tryAgain()
  staying.set(1)
  assert.equal(await shownTo(between.next()), 1)
  staying.set(3)
  assert.equal(await shownTo(between.next()), 3)
  assert.equal(await next, 3)
  assert.deepEqual([opened(), shared.size], [1, 3])
})

test('a row that had no place for a while is company for new readers again when it has one', async () => {
  const place = new Place()
  const { watch, tryAgain } = worldOf(place)
  const reader = watch()
  assert.equal(await shownTo(reader.next()), 0)
  const next = shownTo(reader.next())
  await setImmediate()
  place.fall()
  await setImmediate()
  place.isUp = true
  place.set(1)
  await tryAgain()
  assert.equal(await next, 1)
  assert.equal(place.opened, 2)
  assert.equal(await shownTo(watch().next()), 1)
  assert.equal(place.opened, 2)
})

test('a failure is for those who ask: who has not asked may find a place when it does', async () => {
  const place = new Place()
  const { watch, world, shared, tryAgain } = worldOf(place)
  const [asking, resting] = [watch(), watch()]
  assert.deepEqual(await Promise.all([shownTo(asking.next()), shownTo(resting.next())]), [0, 0])
  const both = [outcome(asking.next()), asking.next()] as const
  await setImmediate()
  world.failure = new ShoalError('SHOAL_UNREADABLE', 'broken')
  place.fall()
  await setImmediate()
  await tryAgain()
  assert.equal(await both[0], 'SHOAL_UNREADABLE')
  assert.equal((await both[1]).done, true)
  assert.equal((await asking.next()).done, true)
  assert.equal(shared.size, 1)
  world.failure = undefined
  place.isUp = true
  place.set(1)
  assert.equal(await shownTo(resting.next()), 1)
})

test('who stops is at its end, and a stop ends all', async () => {
  const { watch, shared, opened } = worldOf(new Place())
  const readers = [watch(), watch(), watch()]
  await Promise.all(readers.map(reader => reader.next()))
  const waiting = readers.map(reader => reader.next())
  await readers[0]?.return()
  assert.equal((await waiting[0])?.done, true)
  shared.stop()
  assert.deepEqual(
    (await Promise.all(waiting)).map(({ done }) => done),
    [true, true, true]
  )
  assert.deepEqual([shared.size, opened()], [0, 0])
})

test('whatever places do, no reader goes back, and each begins with no less than one place had when it asked', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('come' as const), takes: fc.constantFrom('value' as const, 'text' as const) }),
    fc.record({ do: fc.constantFrom('read' as const, 'leave' as const), who: fc.nat(9) }),
    fc.record({ do: fc.constantFrom('rise' as const, 'fall' as const, 'tell' as const), place: fc.nat(1) }),
    fc.record({ do: fc.constant('try' as const) })
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 30, undefined), async (steps, atOnce) => {
      const places = [new Place(), new Place()]
      const { watch, watchText, tryAgain, shared, opened } = smallTurns(atOnce, ...places)
      const readers: { reader: AsyncIterableIterator<unknown>; last: number; isAsking: boolean }[] = []
      let top = 0
      const read = async (reader: (typeof readers)[number]) => {
        if (reader.isAsking) return
        reader.isAsking = true
        const least = Math.min(...places.map(({ value }) => value))
        const isFirst = reader.last < 0
        const result = await reader.reader.next().catch(() => undefined)
        reader.isAsking = false
        if (result === undefined || result.done === true) return
        const state = typeof result.value === 'string' ? JSON.parse(result.value) : result.value
        const { value } = state as { value: number }
        assert.ok(value > reader.last, `${value} after ${reader.last}`)
        if (isFirst) assert.ok(value >= least, `${value}, where there was ${least}`)
        reader.last = value
      }
      const reads: Promise<void>[] = []
      for (const step of steps) {
        const place = 'place' in step ? places[step.place] : undefined
        const reader = 'who' in step ? readers[step.who % Math.max(1, readers.length)] : undefined
        if (step.do === 'come')
          readers.push({ reader: step.takes === 'text' ? watchText() : watch(), last: -1, isAsking: false })
        else if (step.do === 'read' && reader !== undefined) reads.push(read(reader))
        else if (step.do === 'leave' && reader !== undefined) await reader.reader.return?.()
        else if (step.do === 'rise') place?.set(++top)
        else if (step.do === 'fall') place?.fall()
        else if (step.do === 'tell' && place !== undefined) {
          place.isUp = true
          place.set(Math.max(...places.map(({ value }) => value)))
        } else if (step.do === 'try') await tryAgain()
        await setImmediate()
      }
      // All that is waited for comes once the places are up and equal.
      for (const place of places) {
        place.isUp = true
        place.set(top + 1)
      }
      for (let i = 0; i < 5 + 2 * readers.length; i++) await tryAgain()
      const waiting = Promise.race([Promise.all(reads), setImmediate('waiting')])
      assert.notEqual(await waiting, 'waiting', 'somebody waits for ever')
      for (const reader of readers) await reader.reader.return?.()
      assert.deepEqual([shared.size, opened()], [0, 0])
    }),
    { numRuns: 300 }
  )
})

const Tally = replicated(
  'tally',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)) },
  { replication: 2 }
)

test('ten thousand readers of an actor that is elsewhere are one watch there, and one more is too many', async () => {
  let served = 0
  const metrics = (): Metrics => ({
    ...noMetrics,
    gauge: name => ({
      set(value) {
        if (name === 'shoal_watches_served') served = Math.max(served, value)
      }
    })
  })
  await using cluster = await createTestCluster({ actors: [Tally], nodes: 5, shards: 4, metrics })
  await cluster.run(3000)
  const { replicas } = await cluster.settle(cluster.node(0).describe('tally', 'a'))
  const number = [0, 1, 2, 3, 4].find(number => !replicas.includes(cluster.machine(number).id)) ?? 0
  const node = cluster.node(number)
  const watches = Array.from({ length: 10_000 }, () => node.watch('tally', 'a'))
  assert.throws(
    () => node.watch('tally', 'b'),
    error => isShoalError(error) && error.code === 'SHOAL_OVERLOADED'
  )
  const all = async () => {
    const states = await Promise.all(watches.map(watch => watch.next()))
    return new Set(states.map(({ value }) => (value as { sum: number }).sum))
  }
  assert.deepEqual(await cluster.settle(all()), new Set([0]))
  const next = all()
  await cluster.settle(cluster.actor(number)(Tally, 'a').add())
  assert.deepEqual(await cluster.settle(next), new Set([1]))
  assert.equal(served, 1)
})

test('a reader sees what was acknowledged before it began, however many read already', async () => {
  await using cluster = await createTestCluster({ actors: [Tally], nodes: 5, shards: 4 })
  await cluster.run(3000)
  const { replicas } = await cluster.settle(cluster.node(0).describe('tally', 'a'))
  const numbers = [0, 1, 2, 3, 4]
  for (const isThere of [true, false]) {
    const number = numbers.find(number => replicas.includes(cluster.machine(number).id) === isThere) ?? 0
    const reader = cluster.actor(number)(Tally, 'a')
    const before = reader.watch()
    await cluster.settle(before.next())
    const waiting = before.next()
    for (let i = 0; i < 10; i++) {
      await cluster.settle(reader.add(undefined, { acknowledge: 'all' }))
      const { sum } = await cluster.settle(reader.state())
      assert.deepEqual((await cluster.settle(reader.watch().next())).value, { sum })
    }
    await cluster.settle(waiting)
  }
})

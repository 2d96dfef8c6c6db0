/** A watch that goes from place to place: where it begins again, what it gives up for, and what its reader is told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { FollowedWatch, type WatchSource } from '../../src/actors/watches/followed-watch.ts'
import type { Shown } from '../../src/actors/watches/watch.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'

const seenBy = (number: number) => CausalContext.empty.with('a.1', 1, number)
const shownOf = (value: number, round = 0): Shown => ({
  value,
  text: `${value}`,
  mark: `${value}`,
  seen: seenBy(Math.max(1, value)),
  round
})

/** Gives these, then ends or fails. */
class Source implements WatchSource {
  readonly #answers: (Shown | Error | undefined)[]
  isReturned = false
  readonly refreshed: number[] = []

  constructor(answers: readonly (Shown | Error | undefined)[]) {
    this.#answers = [...answers]
  }

  async next(): Promise<Shown | undefined> {
    const answer = this.isReturned ? undefined : this.#answers.shift()
    if (answer instanceof Error) throw answer
    return answer
  }

  refresh(round: number): void {
    this.refreshed.push(round)
  }

  return(): void {
    this.isReturned = true
  }
}

function placesOf(candidates: readonly string[], open: (place: string, shown: CausalContext) => WatchSource) {
  const places = {
    actor: 'thing/a',
    nowMs: 0,
    opened: [] as string[],
    pauses: 0,
    stalls: 0,
    nearest: undefined as string | undefined,
    best: (avoid: ReadonlySet<string>) => candidates.find(place => !avoid.has(place)),
    isBest: (place: string, _avoid: ReadonlySet<string>) => places.nearest === undefined || places.nearest === place,
    open(place: string, shown: CausalContext) {
      places.opened.push(place)
      return open(place, shown)
    },
    async pause(delayMs: number) {
      places.pauses++
      places.nowMs += delayMs
    },
    elapsedMs: () => places.nowMs,
    stalled() {
      places.stalls++
    }
  }
  return places
}

test('where one place shows it no more the next does, and is told what was shown', async () => {
  const told: CausalContext[] = []
  const sources = [new Source([shownOf(1), undefined]), new Source([shownOf(2), undefined]), new Source([shownOf(3)])]
  const places = placesOf(['p', 'q', 'r'], (_place, shown) => {
    told.push(shown)
    return sources.shift() ?? new Source([])
  })
  const watch = new FollowedWatch(places)
  const values: unknown[] = []
  for (let i = 0; i < 3; i++) values.push((await watch.next())?.value)
  assert.deepEqual(values, [1, 2, 3])
  assert.deepEqual(places.opened, ['p', 'q', 'r'])
  assert.ok(told[0]?.isEmpty() && told[1]?.equals(seenBy(1)) && told[2]?.equals(seenBy(2)))
  assert.equal(places.pauses, 0)
  watch.return()
  assert.equal(await watch.next(), undefined)
})

test('what every place says for good is told at once, and what one says for a while is waited out', async () => {
  const broken = new ShoalError('SHOAL_UNREADABLE', 'broken')
  const busy = new ShoalError('SHOAL_OVERLOADED', 'busy', { retryable: true })
  const all = placesOf(['p', 'q'], () => new Source([broken]))
  await assert.rejects(new FollowedWatch(all).next(), error => error === broken)
  assert.deepEqual(all.opened, ['p', 'q'])
  assert.equal(all.pauses, 0)
  const one = placesOf(['p', 'q'], place => new Source([place === 'p' ? broken : busy]))
  await assert.rejects(
    new FollowedWatch(one).next(),
    error => isShoalError(error) && error.code === 'SHOAL_UNAVAILABLE' && error.message.includes('broken')
  )
  assert.ok(one.nowMs >= 10_000)
})

test('that all places have too many watches is said as such, and they are asked less and less often', async () => {
  const busy = new ShoalError('SHOAL_OVERLOADED', 'busy', { retryable: true })
  const all = placesOf(['p', 'q'], () => new Source([busy]))
  const watch = new FollowedWatch(all)
  const isBusy = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_OVERLOADED' && error.retryable
  await assert.rejects(watch.next(), isBusy)
  assert.ok(all.nowMs >= 10_000 && all.nowMs < 11_001)
  assert.ok(all.opened.length > 40 && all.opened.length < 100, `${all.opened.length} times`)
  // Whoever asks again begins again.
  await assert.rejects(watch.next(), isBusy)
  assert.ok(all.nowMs >= 20_000)
})

test('a look that is asked for is made where the watch is, or where it goes next', async () => {
  const sources = [new Source([shownOf(1), undefined]), new Source([shownOf(2)])]
  const opened = [...sources]
  const places = placesOf(['p', 'q'], () => opened.shift() ?? new Source([]))
  const watch = new FollowedWatch(places)
  assert.equal((await watch.next())?.round, 0)
  assert.deepEqual([watch.refresh(), watch.refresh()], [1, 2])
  assert.deepEqual(sources[0]?.refreshed, [1, 2])
  assert.deepEqual(await watch.next(), shownOf(2, 2))
  assert.deepEqual(sources[1]?.refreshed, [])
})

test('a node whose disk has failed says nothing for good: its next life may have it', async () => {
  const failed = new ShoalError('SHOAL_DISK', 'the disk has failed')
  const sources = [new Source([shownOf(1), failed]), new Source([failed]), new Source([shownOf(2)])]
  const places = placesOf(['self'], () => sources.shift() ?? new Source([]))
  const watch = new FollowedWatch(places)
  assert.equal((await watch.next())?.value, 1)
  assert.equal((await watch.next())?.value, 2)
  assert.equal(places.pauses, 2)
})

test('how long nobody asked for a state does not count', async () => {
  const places = placesOf(['p'], () => new Source([undefined]))
  const watch = new FollowedWatch(places)
  watch.begin()
  places.nowMs = 60_000
  await assert.rejects(watch.next())
  assert.ok(places.nowMs >= 70_000)
})

test('no place at all for ten seconds is an error', async () => {
  const places = placesOf([], () => new Source([]))
  const watch = new FollowedWatch(places)
  await assert.rejects(watch.next(), error => isShoalError(error) && error.code === 'SHOAL_UNAVAILABLE')
  assert.equal(places.stalls, places.pauses + 1)
  assert.ok(watch.isStalled)
})

test('a watch goes to a better place when there is one, and may come back', async () => {
  const sources: Source[] = []
  const places = placesOf(['p', 'q'], () => {
    const source = new Source([shownOf(sources.length + 1)])
    sources.push(source)
    return source
  })
  const watch = new FollowedWatch(places)
  assert.equal((await watch.next())?.value, 1)
  places.nearest = 'p'
  watch.reconsider()
  assert.equal(sources[0]?.isReturned, false)
  places.nearest = 'q'
  watch.reconsider()
  assert.equal(sources[0]?.isReturned, true)
  assert.equal((await watch.next())?.value, 2)
  assert.deepEqual(places.opened, ['p', 'p'], 'who was left for another is not avoided')
})

test('a better place that did not do is taken as soon as it is linked again, and not before', async () => {
  const gone = new Source([])
  const sources = [gone, new Source([shownOf(1), shownOf(2)]), new Source([shownOf(3)])]
  const places = placesOf(['p', 'q'], () => sources.shift() ?? new Source([]))
  places.isBest = (place, avoid) => place === places.best(avoid)
  const watch = new FollowedWatch(places)
  assert.equal((await watch.next())?.value, 1)
  for (const linked of [undefined, 'q', 'r']) watch.reconsider(linked)
  assert.equal((await watch.next())?.value, 2)
  watch.reconsider('p')
  assert.equal((await watch.next())?.value, 3)
  assert.deepEqual(places.opened, ['p', 'q', 'p'])
  assert.equal(places.nowMs, 0, 'and nothing was waited for')
})

/**
 * What documents promise, said by the edits that a replica has seen, without states and engines.
 *
 * Every item of a sequence is another one, so that each can be followed. A replica that has seen, with each edit, all that its
 * author had seen, shows every inserted item once, unless it has seen it removed. All replicas show any two items in the same
 * order, and an insertion that nobody has written into stays whole. (After: Attiya et al., "Specification and complexity of
 * collaborative text editing", 2016: the strong list specification.)
 */
import assert from 'node:assert/strict'

export interface Edit {
  /** What its author had seen. */
  readonly after: ReadonlySet<Edit>
  readonly inserted: readonly string[]
  readonly removed: readonly string[]
}

export class SequenceModel {
  readonly seen: readonly Set<Edit>[]
  /** Pairs of items in the order in which they were shown. */
  readonly #order = new Set<string>()
  /** Insertions into which somebody has written. */
  readonly #opened = new Set<Edit>()
  #items = 0

  constructor(replicas: number) {
    this.seen = Array.from({ length: replicas }, () => new Set())
  }

  /** Names for items that were not there before. */
  fresh(count: number, nameOf: (index: number) => string): string[] {
    return Array.from({ length: count }, () => nameOf(this.#items++))
  }

  insert(replica: number, shown: readonly string[], at: number, inserted: readonly string[]): Edit {
    for (const edit of this.#seenBy(replica)) {
      const isInside = edit.inserted.includes(shown[at - 1] ?? '') && edit.inserted.includes(shown[at] ?? '')
      if (isInside) this.#opened.add(edit)
    }
    return this.#make(replica, inserted, [])
  }

  remove(replica: number, removed: readonly string[]): Edit {
    return this.#make(replica, [], removed)
  }

  #make(replica: number, inserted: readonly string[], removed: readonly string[]): Edit {
    const seen = this.#seenBy(replica)
    const edit = { after: new Set(seen), inserted, removed }
    seen.add(edit)
    return edit
  }

  see(replica: number, edits: Iterable<Edit>): void {
    for (const edit of edits) this.#seenBy(replica).add(edit)
  }

  #seenBy(replica: number): Set<Edit> {
    const seen = this.seen[replica]
    assert.ok(seen)
    return seen
  }

  check(replica: number, shown: readonly string[]): void {
    const seen = this.#seenBy(replica)
    const inserted = new Set([...seen].flatMap(edit => edit.inserted))
    assert.equal(new Set(shown).size, shown.length, 'every item is there once')
    assert.ok(
      shown.every(item => inserted.has(item)),
      'nothing is there that nobody inserted'
    )
    this.#checkOrder(shown)
    const isClosed = [...seen].every(edit => edit.after.isSubsetOf(seen))
    if (!isClosed) return
    for (const edit of seen) for (const item of edit.removed) inserted.delete(item)
    assert.deepEqual(new Set(shown), inserted, 'what was inserted and not removed is there')
    for (const edit of seen) if (!this.#opened.has(edit)) checkWhole(edit, shown)
  }

  #checkOrder(shown: readonly string[]): void {
    for (const [i, item] of shown.entries()) {
      for (const later of shown.slice(i + 1)) {
        assert.ok(!this.#order.has(`${later} ${item}`), 'two items have one order everywhere')
        this.#order.add(`${item} ${later}`)
      }
    }
  }
}

function checkWhole(edit: Edit, shown: readonly string[]): void {
  const places = edit.inserted.map(item => shown.indexOf(item)).filter(place => place >= 0)
  const first = places[0] ?? 0
  assert.deepEqual(
    places,
    places.map((_, i) => first + i),
    'an insertion stays whole and in order'
  )
}

export interface Assignment {
  /** What its author had seen, and what of it surely was not waiting there for something else. */
  readonly after: ReadonlySet<Assignment>
  readonly onTopOf: ReadonlySet<Assignment>
  readonly place: string
  /** `undefined` for a removal. */
  readonly value: number | undefined
  readonly replaced: readonly Assignment[]
}

/** Places of a JSON document, to which values are assigned. Of concurrent values one is shown, the same everywhere. */
export class PlacesModel {
  readonly seen: readonly Set<Assignment>[]
  /** A value assigned while another replica removed the place is surely shown. */
  readonly #addWins: boolean
  #values = 0

  constructor(replicas: number, addWins: boolean) {
    this.seen = Array.from({ length: replicas }, () => new Set())
    this.#addWins = addWins
  }

  freshValue(): number {
    return ++this.#values
  }

  assign(replica: number, place: string, value: number | undefined): Assignment {
    const seen = this.#seenBy(replica)
    const onTopOf = this.#applied(replica)
    const made = { after: new Set(seen), onTopOf, place, value, replaced: liveAt(onTopOf, place) }
    seen.add(made)
    return made
  }

  see(replica: number, made: Iterable<Assignment>): void {
    for (const assignment of made) this.#seenBy(replica).add(assignment)
  }

  check(replica: number, place: string, shown: unknown): void {
    const seen = this.#seenBy(replica)
    const mine = [...seen].filter(assignment => assignment.place === place)
    if (![...seen].every(({ after }) => after.isSubsetOf(seen))) {
      assert.ok(
        shown === undefined || mine.some(({ value }) => value === shown),
        'nothing that nobody assigned is shown'
      )
      return
    }
    const live = liveAt(seen, place).map(({ value }) => value)
    const mayBeGone = live.length === 0 || (!this.#addWins && mine.some(({ value }) => value === undefined))
    if (shown === undefined) assert.ok(mayBeGone, `a value of ${place} is shown`)
    else assert.ok(live.includes(Number(shown)), `a value of ${place} that was not replaced is shown`)
  }

  /** What every engine shows. An engine may know of the rest that it need not wait. */
  #applied(replica: number): Set<Assignment> {
    const applied = new Set<Assignment>()
    for (let before = -1; before < applied.size; ) {
      before = applied.size
      for (const made of this.#seenBy(replica)) if (made.onTopOf.isSubsetOf(applied)) applied.add(made)
    }
    return applied
  }

  #seenBy(replica: number): Set<Assignment> {
    const seen = this.seen[replica]
    assert.ok(seen)
    return seen
  }
}

function liveAt(seen: ReadonlySet<Assignment>, place: string): Assignment[] {
  const mine = [...seen].filter(assignment => assignment.place === place)
  const replaced = new Set(mine.flatMap(assignment => assignment.replaced))
  return mine.filter(assignment => assignment.value !== undefined && !replaced.has(assignment))
}

/**
 * All watches of this node's readers: those of one actor share one watch of the place that shows it, here or elsewhere.
 *
 * Each reader is given a part of one row of states, of which none lacks what one before it had (followed-watch.ts). The first that it is
 * given was read after it had asked for it, as if it had a watch of its own: what it has written there is in it. A row that finds no
 * place for what it has shown holds up nobody who has seen less: whoever comes then begins a new row, and when that has seen as much,
 * it takes over the readers of the old one. A reader is given a value of its own, or the text, which all can share.
 */
import type { CausalContext } from '../../crdt/index.ts'
import type { PeerId } from '../../ports/network.ts'
import { FollowedWatch, type WatchPlaces } from './followed-watch.ts'
import type { Shown } from './watch.ts'

/** Of the texts of states that readers of an actor are given, before whatever else has to be done is. */
const maxCharactersAtOnce = 262_144

/** The places of an actor's watch, but for what the row of states is told. */
export type ActorPlaces = Omit<WatchPlaces, 'stalled'>

export class SharedWatches {
  /** The newest row of each actor is where readers begin. */
  readonly #newest = new Map<string, Row>()
  readonly #rows = new Set<Row>()
  readonly #readers = new Set<RowReader>()
  readonly #soon: (task: () => void) => void
  readonly #maxCharactersAtOnce: number

  /** `soon` runs its task when others have had their turn. */
  constructor(soon: (task: () => void) => void, charactersAtOnce = maxCharactersAtOnce) {
    this.#soon = soon
    this.#maxCharactersAtOnce = charactersAtOnce
  }

  /** How many read. */
  get size(): number {
    return this.#readers.size
  }

  /** Each state as a value that is the reader's own. */
  watch(places: ActorPlaces): WatchReader<unknown> {
    return this.#add(places, state => state.value())
  }

  /** Each state as JSON. */
  watchText(places: ActorPlaces): WatchReader<string> {
    return this.#add(places, state => state.text)
  }

  #add<T>(places: ActorPlaces, take: (state: UnseenState) => T): WatchReader<T> {
    const reader = new WatchReader(take, () => this.#readers.delete(reader))
    this.#readers.add(reader)
    this.#rowFor(places).add(reader)
    return reader
  }

  reconsider(linked?: PeerId): void {
    for (const row of [...this.#rows]) row.reconsider(linked)
  }

  stop(): void {
    for (const reader of [...this.#readers]) reader.end()
  }

  #rowFor(places: ActorPlaces): Row {
    const newest = this.#newest.get(places.actor)
    if (newest !== undefined && !newest.isStuck) return newest
    const row: Row = new Row(places, {
      shown: seen => this.#takeOver(row, seen),
      soon: this.#soon,
      maxCharactersAtOnce: this.#maxCharactersAtOnce,
      stalled: () => {
        if (!row.isStuck) return
        for (const reader of row.leaveNew()) this.#rowFor(places).add(reader)
      },
      over: () => {
        this.#rows.delete(row)
        if (this.#newest.get(places.actor) === row) this.#newest.delete(places.actor)
      }
    })
    this.#rows.add(row)
    this.#newest.set(places.actor, row)
    row.begin()
    return row
  }

  /** The readers of rows that have seen no more than `seen`. */
  #takeOver(row: Row, seen: CausalContext): void {
    if (this.#rows.size === this.#newest.size || this.#newest.get(row.actor) !== row) return
    for (const other of [...this.#rows])
      if (other !== row && other.actor === row.actor && seen.covers(other.seen))
        for (const reader of other.leaveAll()) row.add(reader)
  }
}

interface RowEvents {
  shown(seen: CausalContext): void
  stalled(): void
  /** Nobody reads it. */
  over(): void
  soon(task: () => void): void
  readonly maxCharactersAtOnce: number
}

/** A state that some readers have not seen yet. */
class UnseenState {
  readonly text: string
  /** One of them is given it as it is; the others get their own. So do all where it is frozen: then others use it, too. */
  #fresh: { readonly value: unknown } | undefined

  constructor({ value, text }: Shown) {
    this.text = text
    this.#fresh = Object.isFrozen(value) ? undefined : { value }
  }

  value(): unknown {
    const fresh = this.#fresh
    this.#fresh = undefined
    return fresh === undefined ? JSON.parse(this.text) : fresh.value
  }
}

/** A reader, as its row sees it. */
interface RowReader {
  /** Of what it was shown last. */
  readonly lastMark: string | undefined
  /** The look that its first state is to come from. */
  firstRound: number | undefined
  readonly isAsking: boolean
  placed(row: Row, firstRound: number | undefined): void
  /** Answers whether there was something new for it. */
  give(): boolean
  /** It is told once. */
  fail(error: unknown): void
  end(): void
}

/** One row of states, and who reads it. */
class Row {
  readonly actor: string
  readonly #events: RowEvents
  readonly #states: FollowedWatch
  readonly #readers = new Set<RowReader>()
  readonly #waiting = new Set<RowReader>()
  #latest: Pick<Shown, 'mark' | 'round'> | undefined
  #unseen: UnseenState | undefined
  readonly #due = new Set<RowReader>()
  #charactersLeft: number
  /** Until others have had their turn. */
  #rest: Promise<void> | undefined
  /** The last look that was asked for, and the one that somebody waits for. */
  #askedRound = 0
  #neededRound = 0
  #isNew = true
  #isPulling = false

  constructor(places: ActorPlaces, events: RowEvents) {
    this.actor = places.actor
    this.#events = events
    this.#charactersLeft = events.maxCharactersAtOnce
    this.#states = new FollowedWatch({ ...places, stalled: () => events.stalled() })
  }

  /** No place shows it, or none all that it has shown: nothing for who has seen less to wait for. */
  get isStuck(): boolean {
    return this.#latest !== undefined && this.#states.isStalled
  }

  get seen(): CausalContext {
    return this.#states.shown
  }

  begin(): void {
    this.#states.begin()
  }

  reconsider(linked?: PeerId): void {
    this.#states.reconsider(linked)
  }

  add(reader: RowReader): void {
    this.#readers.add(reader)
    // The first one's coming has opened it.
    reader.placed(this, this.#isNew ? 0 : undefined)
    this.#isNew = false
    if (reader.lastMark !== undefined && this.#latest !== undefined && reader.lastMark !== this.#latest.mark) {
      if (this.#unseen === undefined) this.#roundFrom()
      else this.#due.add(reader)
    }
    if (reader.isAsking) this.await(reader)
  }

  /** Readers that have been shown nothing. */
  leaveNew(): RowReader[] {
    const fresh = [...this.#readers].filter(reader => reader.lastMark === undefined)
    for (const reader of fresh) this.remove(reader)
    return fresh
  }

  leaveAll(): RowReader[] {
    const readers = [...this.#readers]
    for (const reader of readers) this.remove(reader)
    return readers
  }

  remove(reader: RowReader): void {
    this.#waiting.delete(reader)
    this.#seenBy(reader)
    if (!this.#readers.delete(reader) || this.#readers.size > 0) return
    this.#states.return()
    this.#events.over()
  }

  /** The newest state, if the reader has not been shown it. */
  stateFor(reader: RowReader): { readonly state: UnseenState; readonly mark: string } | undefined {
    const [latest, unseen] = [this.#latest, this.#unseen]
    if (latest === undefined || unseen === undefined || this.#rest !== undefined || !this.#due.has(reader))
      return undefined
    this.#spend(unseen.text.length)
    this.#seenBy(reader)
    return { state: unseen, mark: latest.mark }
  }

  /** A text that nobody is to see any more is not kept. */
  #seenBy(reader: RowReader): void {
    if (this.#due.delete(reader) && this.#due.size === 0) this.#unseen = undefined
  }

  #isDue({ lastMark, firstRound = Number.POSITIVE_INFINITY }: RowReader, { mark, round }: Shown): boolean {
    return lastMark === undefined ? firstRound <= round : lastMark !== mark
  }

  #spend(characters: number): void {
    this.#charactersLeft -= characters
    if (this.#charactersLeft > 0) return
    this.#rest = new Promise<void>(resolve => this.#events.soon(resolve)).then(() => {
      this.#rest = undefined
      this.#charactersLeft = this.#events.maxCharactersAtOnce
      this.#giveAll()
    })
  }

  #giveAll(): void {
    for (const reader of this.#waiting) {
      if (this.#rest !== undefined) return
      if (reader.give() && !reader.isAsking) this.#waiting.delete(reader)
    }
  }

  /** The reader has asked. */
  await(reader: RowReader): void {
    if (reader.lastMark === undefined) reader.firstRound ??= this.#roundFrom()
    reader.give()
    if (!reader.isAsking) return
    this.#waiting.add(reader)
    if (!this.#isPulling) void this.#pull()
  }

  /** Of a look that has not begun yet: one for all who come while another is under way. */
  #roundFrom(): number {
    this.#neededRound = this.#askedRound + 1
    this.#askAgain()
    return this.#neededRound
  }

  #askAgain(): void {
    if (this.#neededRound <= this.#askedRound || (this.#latest?.round ?? -1) < this.#askedRound) return
    this.#askedRound = this.#states.refresh()
  }

  async #pull(): Promise<void> {
    this.#isPulling = true
    while (this.#waiting.size > 0) {
      if (this.#rest !== undefined) {
        await this.#rest
        continue
      }
      try {
        const shown = await this.#states.next()
        if (shown === undefined) break
        this.#show(shown)
      } catch (error) {
        // Who has not asked has not waited in vain, and may find a place when it does.
        for (const reader of [...this.#waiting]) reader.fail(error)
      }
    }
    this.#isPulling = false
  }

  #show(shown: Shown): void {
    const { mark, round, seen } = shown
    this.#latest = { mark, round }
    this.#due.clear()
    for (const reader of this.#readers) if (this.#isDue(reader, shown)) this.#due.add(reader)
    this.#unseen = this.#due.size > 0 ? new UnseenState(shown) : undefined
    this.#askAgain()
    this.#giveAll()
    this.#events.shown(seen)
  }
}

/** One reader's watch. */
export class WatchReader<T> implements RowReader, AsyncIterableIterator<T> {
  readonly #take: (state: UnseenState) => T
  readonly #ended: () => void
  #row: Row | undefined
  #wanted: PromiseWithResolvers<IteratorResult<T>>[] = []
  #isOver = false
  lastMark: string | undefined
  firstRound: number | undefined

  constructor(take: (state: UnseenState) => T, ended: () => void) {
    this.#take = take
    this.#ended = ended
  }

  get isAsking(): boolean {
    return this.#wanted.length > 0
  }

  placed(row: Row, firstRound: number | undefined): void {
    this.#row = row
    this.firstRound = firstRound
  }

  next(): Promise<IteratorResult<T>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    const wanted = Promise.withResolvers<IteratorResult<T>>()
    this.#wanted.push(wanted)
    this.#row?.await(this)
    return wanted.promise
  }

  give(): boolean {
    const shown = this.#row?.stateFor(this)
    if (shown === undefined) return false
    this.lastMark = shown.mark
    this.#wanted.shift()?.resolve({ done: false, value: this.#take(shown.state) })
    return true
  }

  fail(error: unknown): void {
    this.#wanted.shift()?.reject(error)
    this.end()
  }

  return(): Promise<IteratorResult<T>> {
    this.end()
    return Promise.resolve({ done: true, value: undefined })
  }

  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    for (const wanted of this.#wanted.splice(0)) wanted.resolve({ done: true, value: undefined })
    this.#row?.remove(this)
    this.#row = undefined
    this.#ended()
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this
  }
}

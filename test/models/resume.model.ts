/**
 * Model of a catch-up stream that breaks off and goes on: one receiver, two senders that write and hear of each other's updates.
 *
 * The receiver keeps the context of the first stream's snapshot, the entry of the index, or the actor, that it had come to, and what
 * the sender that brought it there had seen. The next stream, of either sender, reads from there on under a new snapshot, unless it is
 * behind; at its end the receiver joins the first context. Replicas, joins and what must hold are those of catch-up.model.ts.
 */
import {
  actorCount,
  applied,
  dotOf,
  emptyReplica,
  firstSeq,
  inexact,
  joinPart,
  keyOfUpdates,
  type Replica,
  unequal,
  withContext,
  wrongAfterStreams
} from './catch-up.model.ts'
import { at, type Dots, type Update, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

export type ResumeMistake =
  | 'joins the context of the stream that went on'
  | 'goes on with a sender that lacks what was begun'
  | 'goes on with a sender that is behind the last one'
  | 'skips an actor because of an entry before the cursor'

export interface ResumeBounds {
  /** What a stream reads: the index, or the actors that it names, in their order. */
  readonly order: 'index' | 'names'
  readonly updates: number
  readonly streams: number
  /** Updates of one sender, an add for each actor from the last to the first, that both senders have from the start. @default 0 */
  readonly begun?: number
  /** Whether the receiver hears of nothing but by streams. @default false */
  readonly onlyStreams?: boolean
}

/** `origin * 8 + seq` of an entry of the index, or an actor, from 1 on; 0 before the first. */
type Cursor = number
interface Point {
  readonly context: Dots
  /** What a sender must have seen to go on. */
  readonly seen: Dots
  readonly cursor: Cursor
}

interface Stream {
  readonly order: ResumeBounds['order']
  readonly from: number
  readonly requested: Dots
  readonly snapshot: Replica
  readonly resumed: Point | undefined
  readonly cursor: Cursor
}

interface World {
  readonly updates: readonly Update[]
  readonly replicas: readonly Replica[]
  readonly stream: Stream | undefined
  readonly point: Point | undefined
  readonly opened: number
}

const senders = [0, 1]
const receiver = 2

export function resumeModel(bounds: ResumeBounds, mistake?: ResumeMistake): Model<World> {
  return {
    starts: [startOf(bounds)],
    next(world, emit) {
      write(world, bounds, emit)
      push(world, bounds, emit)
      if (world.stream === undefined) ask(world, bounds, mistake, emit)
      else advance(world, world.stream, mistake, emit)
    },
    key: keyOf,
    check: world =>
      (mistake === undefined ? inexact(world) : undefined) ?? unequal(world) ?? unrepaired(world, bounds, mistake)
  }
}

function startOf({ begun = 0 }: ResumeBounds): World {
  const updates: Update[] = []
  for (let seq = 1; seq <= begun; seq++)
    updates.push({ origin: 0, seq, after: 0, dot: dotOf(0, seq), actor: actorCount - seq, adds: true, removes: 0 })
  const empty = emptyReplica(3)
  const sender = updates.reduce((replica, update) => applied(replica, update, undefined), empty)
  return { updates, replicas: [sender, sender, empty], stream: undefined, point: undefined, opened: 0 }
}

type Emit = (event: string, after: World) => void

function write(world: World, bounds: ResumeBounds, emit: Emit): void {
  if (world.updates.length === bounds.updates) return
  for (const origin of senders) {
    const replica = at(world.replicas, origin)
    for (const { event, update } of writesOf(origin, replica.live, world.updates, dotOf)) {
      const replicas = world.replicas.with(origin, applied(replica, update, undefined))
      emit(event, { ...world, replicas, updates: [...world.updates, update] })
    }
  }
}

function push(world: World, bounds: ResumeBounds, emit: Emit): void {
  for (const update of world.updates) {
    for (const [to, replica] of world.replicas.entries()) {
      if (to === update.origin || (to === receiver && bounds.onlyStreams === true)) continue
      emit(`push ${update.origin}:${update.seq} to ${to}`, {
        ...world,
        replicas: world.replicas.with(to, applied(replica, update, undefined))
      })
    }
  }
}

function ask(world: World, bounds: ResumeBounds, mistake: ResumeMistake | undefined, emit: Emit): void {
  if (world.opened === bounds.streams) return
  for (const from of senders) {
    const stream = opened(world, from, bounds.order)
    if ((stream.snapshot.context & ~stream.requested) === 0) continue
    if (isBehind(stream, mistake)) emit(`refuse ${from}`, { ...world, point: undefined, opened: world.opened + 1 })
    else emit(`ask ${from}`, { ...world, stream, opened: world.opened + 1 })
  }
}

function opened(world: World, from: number, order: ResumeBounds['order']): Stream {
  const requested = at(world.replicas, receiver).context
  const resumed = world.point
  return { order, from, requested, snapshot: at(world.replicas, from), resumed, cursor: resumed?.cursor ?? 0 }
}

function isBehind({ resumed, snapshot }: Stream, mistake: ResumeMistake | undefined): boolean {
  if (mistake === 'goes on with a sender that lacks what was begun') return false
  if (resumed === undefined) return false
  const needed = mistake === 'goes on with a sender that is behind the last one' ? resumed.context : resumed.seen
  return (needed & ~snapshot.context) !== 0
}

function advance(world: World, stream: Stream, mistake: ResumeMistake | undefined, emit: Emit): void {
  const entry = nextEntry(stream)
  const progressed = stream.cursor > (stream.resumed?.cursor ?? 0)
  const point = progressed ? pointOf(stream, mistake) : stream.resumed
  emit('break', { ...world, stream: undefined, point })
  if (entry === undefined) {
    const replicas = world.replicas.with(receiver, completed(at(world.replicas, receiver), stream, mistake))
    emit('complete', { ...world, stream: undefined, point: undefined, replicas })
    return
  }
  const { after, isSent } = passed(at(world.replicas, receiver), stream, entry, mistake)
  emit(`${isSent ? 'part' : 'skip'} ${'AB'[entry.actor]}`, {
    ...world,
    replicas: world.replicas.with(receiver, after),
    stream: { ...stream, cursor: entry.cursor }
  })
}

/** One entry of the index, delivered. */
function passed(
  mine: Replica,
  stream: Stream,
  entry: { readonly cursor: Cursor; readonly actor: number },
  mistake: ResumeMistake | undefined
): { after: Replica; isSent: boolean } {
  const isSent = !wasMet(stream, entry, mistake)
  return { isSent, after: isSent ? joinPart(mine, stream.snapshot, stream.requested, entry.actor, undefined) : mine }
}

function pointOf(stream: Stream, mistake: ResumeMistake | undefined): Point {
  const context = contextOf(stream, mistake)
  return { context, seen: stream.order === 'index' ? stream.snapshot.context : context, cursor: stream.cursor }
}

function contextOf({ resumed, snapshot }: Stream, mistake: ResumeMistake | undefined): Dots {
  return mistake === 'joins the context of the stream that went on' || resumed === undefined
    ? snapshot.context
    : resumed.context
}

function completed(mine: Replica, stream: Stream, mistake: ResumeMistake | undefined): Replica {
  return withContext(mine, contextOf(stream, mistake))
}

/** What the scan reads, from `after` on: of each origin the entries from the first missing seq, or the actors that those name. */
function entriesAfter(stream: Stream, after: Cursor): { cursor: Cursor; actor: number }[] {
  const entries = entriesFrom(stream, stream.order === 'index' ? after : 0)
  if (stream.order === 'index') return entries
  const actors = new Set(entries.map(({ actor }) => actor))
  return [...actors].sort().flatMap(actor => (actor < after ? [] : [{ cursor: actor + 1, actor }]))
}

function entriesFrom({ snapshot, requested }: Stream, after: Cursor): { cursor: Cursor; actor: number }[] {
  const entries: { cursor: Cursor; actor: number }[] = []
  for (const [slot, seq] of snapshot.index.entries()) {
    const origin = Math.floor(slot / actorCount)
    const first = firstSeq(snapshot.context & ~requested, origin)
    const cursor = origin * 8 + seq
    if (seq > 0 && first !== 0 && seq >= first && cursor > after) entries.push({ cursor, actor: slot % actorCount })
  }
  return entries.sort((a, b) => a.cursor - b.cursor)
}

function nextEntry(stream: Stream): { cursor: Cursor; actor: number } | undefined {
  return entriesAfter(stream, stream.cursor)[0]
}

/** Whether this very scan has met the actor before this entry. */
function wasMet(
  stream: Stream,
  entry: { readonly cursor: Cursor; readonly actor: number },
  mistake: ResumeMistake | undefined
): boolean {
  const from = mistake === 'skips an actor because of an entry before the cursor' ? 0 : (stream.resumed?.cursor ?? 0)
  return entriesAfter(stream, from).some(({ cursor, actor }) => actor === entry.actor && cursor < entry.cursor)
}

/** From any state, to go on with whichever sender, and then to catch up all around, brings all replicas to what the updates say. */
function unrepaired(world: World, { order }: ResumeBounds, mistake: ResumeMistake | undefined): string | undefined {
  if (world.stream !== undefined) return undefined
  for (const from of senders) {
    const stream = opened(world, from, order)
    let mine = at(world.replicas, receiver)
    if (!isBehind(stream, mistake) && (stream.snapshot.context & ~stream.requested) !== 0) {
      for (const entry of entriesAfter(stream, stream.cursor)) mine = passed(mine, stream, entry, mistake).after
      mine = completed(mine, stream, mistake)
    }
    const replicas = world.replicas.with(receiver, mine)
    const wrong = unequal({ replicas }) ?? wrongAfterStreams(replicas, world.updates)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function keyOf({ updates, replicas, stream, point, opened: count }: World): string {
  let key = keyOfUpdates(updates) + String.fromCharCode(count) + pointKey(point)
  for (const replica of replicas) key += replica.key
  if (stream === undefined) return key
  return `${key}${String.fromCharCode(stream.from, stream.requested, stream.cursor)}${pointKey(stream.resumed)}${stream.snapshot.key}`
}

function pointKey(point: Point | undefined): string {
  return point === undefined ? '-' : String.fromCharCode(point.context, point.seen, point.cursor)
}

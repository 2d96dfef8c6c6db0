/**
 * Model of replication by pushes and catch-up streams over a compacted change index (one shard, add-wins sets).
 *
 * A push may be lost, doubled and late: here, every push ever sent may arrive anywhere at any time, or never. A stream asks with
 * the receiver's context, is answered from one snapshot of the sender, delivers one actor at a time, and may break after any.
 * Source: Almeida et al., "Delta state replicated data types", 2018, with the context shared by all actors of the shard.
 */
import { at, type Dots, dotSets, expected, type Update, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. Each was once a plausible design. */
export type Mistake =
  | 'forgets a removal that comes before what it removes'
  | 'stops the scan at its contiguous vector'
  | 'answers a gap by a range of the index'
  | 'takes the context over when the stream starts'
  | 'leaves out which dots are held'
  | 'sends nothing of an actor that is empty'
  | 'leaves out its extra dots'

export interface Bounds {
  readonly replicas: number
  /** Updates in all. */
  readonly updates: number
  /** Streams in all; any number of them may be open at once. */
  readonly streams: number
  /** Whether an update may both add and remove, as a set does that adds an element again. */
  readonly replaces: boolean
}

const maxSeq = 5
export const { seqsOf, dotOf, oneOrigin, upTo, firstSeq } = dotSets(maxSeq)
export const actorCount = 2
export const actors = [0, 1] as const

export interface Replica {
  readonly context: Dots
  /** Per actor, the adds that are visible. */
  readonly live: readonly Dots[]
  /** Per actor, dots seen for it of which its positions do not tell. */
  readonly extra: readonly Dots[]
  /** Per actor, dots up to its positions that may be its own and are not in it. */
  readonly gaps: readonly Dots[]
  /** `origin * actorCount + actor` → the newest seq of that origin that changed the actor, or 0. */
  readonly index: readonly number[]
  readonly key: string
}

interface Stream {
  readonly from: number
  readonly to: number
  readonly requested: Dots
  /** The sender as it was when the request arrived. */
  readonly snapshot: Replica | undefined
  /** Actors still to come, one bit each. */
  readonly remaining: number
  readonly isBegun: boolean
  readonly key: string
}

export interface World {
  readonly updates: readonly Update[]
  readonly updatesKey: string
  readonly replicas: readonly Replica[]
  readonly streams: readonly Stream[]
  readonly opened: number
}

export function catchUpModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  return {
    starts: [startOf(bounds)],
    next(world, emit) {
      write(world, bounds, mistake, emit)
      push(world, mistake, emit)
      ask(world, bounds, emit)
      world.streams.forEach((_, at) => {
        advance(world, at, mistake, emit)
      })
      if (mistake === 'answers a gap by a range of the index') pullGap(world, mistake, emit)
    },
    key: keyOf,
    check: world => (mistake === undefined ? inexact(world) : undefined) ?? unequal(world) ?? unrepaired(world, mistake)
  }
}

function startOf(bounds: Bounds): World {
  return {
    updates: [],
    updatesKey: '',
    replicas: Array<Replica>(bounds.replicas).fill(emptyReplica(bounds.replicas)),
    streams: [],
    opened: 0
  }
}

// ---- what happens --------------------------------------------------------------------------------------------------------

type Emit = (event: string, after: World) => void

function write(world: World, bounds: Bounds, mistake: Mistake | undefined, emit: Emit): void {
  if (world.updates.length === bounds.updates) return
  for (const [origin, replica] of world.replicas.entries()) {
    // Replicas are alike until the first update: it may as well be this one's.
    if (world.updates.length === 0 && origin !== 0) continue
    for (const { event, update } of writesOf(origin, replica.live, world.updates, dotOf, bounds.replaces)) {
      const after = withReplica(world, origin, applied(replica, update, mistake))
      const updates = [...world.updates, update]
      emit(event, { ...after, updates, updatesKey: keyOfUpdates(updates) })
    }
  }
}

function push(world: World, mistake: Mistake | undefined, emit: Emit): void {
  for (const update of world.updates) {
    world.replicas.forEach((replica, to) => {
      if (to === update.origin) return
      const after = withReplica(world, to, applied(replica, update, mistake))
      emit(`push ${update.origin}:${update.seq} to ${to}`, after)
    })
  }
}

function ask(world: World, bounds: Bounds, emit: Emit): void {
  if (world.opened === bounds.streams) return
  world.replicas.forEach((replica, to) => {
    const requested = replica.context
    for (let from = 0; from < world.replicas.length; from++) {
      if (from === to) continue
      const stream = streamOf(from, to, requested)
      emit(`ask ${from} by ${to}`, { ...world, streams: [...world.streams, stream], opened: world.opened + 1 })
    }
  })
}

function advance(world: World, at_: number, mistake: Mistake | undefined, emit: Emit): void {
  const stream = at(world.streams, at_)
  const { from, to, requested, snapshot, remaining } = stream
  const receiver = at(world.replicas, to)
  const become = (changed: Stream | undefined): readonly Stream[] =>
    world.streams.flatMap((other, i) => (i !== at_ ? [other] : changed === undefined ? [] : [changed]))

  if (snapshot === undefined) {
    const sender = at(world.replicas, from)
    if ((sender.context & ~requested) === 0) return
    const started = streamOf(from, to, requested, {
      snapshot: sender,
      remaining: scan(sender, requested, mistake),
      isBegun: false
    })
    const early = mistake === 'takes the context over when the stream starts'
    const after = early ? withReplica(world, to, completed(receiver, sender, mistake)) : world
    emit(`snapshot of ${from} for ${to}`, { ...after, streams: become(started) })
    return
  }
  for (const actor of actors) {
    if ((remaining & (1 << actor)) === 0) continue
    const after = withReplica(world, to, joinPart(receiver, snapshot, requested, actor, mistake))
    const left = streamOf(from, to, requested, { snapshot, remaining: remaining & ~(1 << actor), isBegun: true })
    emit(`part ${'AB'[actor]} of ${from} to ${to}`, { ...after, streams: become(left) })
  }
  if (stream.isBegun) emit(`break stream of ${from} to ${to}`, { ...world, streams: become(undefined) })
  if (remaining === 0) {
    const after = withReplica(world, to, completed(receiver, snapshot, mistake))
    emit(`complete stream of ${from} to ${to}`, { ...after, streams: become(undefined) })
  }
}

/** The mistake of asking for "what is between" instead of everything from there on. */
function pullGap(world: World, mistake: Mistake, emit: Emit): void {
  world.replicas.forEach((receiver, to) => {
    world.replicas.forEach((sender, from) => {
      world.replicas.forEach((_, origin) => {
        const gap = firstGap(receiver.context, origin)
        if (from === to || gap === 0 || (gap & ~sender.context) !== 0) return
        let changed = receiver
        for (const actor of actors) {
          const seq = at(sender.index, origin * actorCount + actor)
          if (seq > 0 && (dotOf(origin, seq) & gap) !== 0)
            changed = joinPart(changed, sender, receiver.context, actor, mistake)
        }
        emit(`gap pulled from ${from} by ${to}`, withReplica(world, to, withContext(changed, gap)))
      })
    })
  })
}

// ---- the rules under test ----------------------------------------------------------------------------------------------------

export function applied(replica: Replica, update: Update, mistake: Mistake | undefined): Replica {
  const { actor, dot, origin, seq, after, removes } = update
  const slot = origin * actorCount + actor
  const index = replica.index.with(slot, Math.max(at(replica.index, slot), seq))
  const isForgetful = mistake === 'forgets a removal that comes before what it removes'
  const told = { live: update.adds ? dot : 0, seen: dot | removes, extra: isForgetful ? 0 : removes }
  // Between the two the origin has not changed the actor.
  const between = upTo(origin, seq) & ~upTo(origin, after)
  return joined(replica, actor, told, index, between, replica.context | dot)
}

/** The dots of the actor that its record proves to be in it, and dots of others. */
export function seenOf(replica: Replica, actor: number): Dots {
  return (below(replica.index, actor) & ~at(replica.gaps, actor)) | at(replica.extra, actor)
}

function below(index: readonly number[], actor: number): Dots {
  return index.reduce(
    (dots, seq, slot) => (slot % actorCount === actor ? dots | upTo(Math.floor(slot / actorCount), seq) : dots),
    0
  )
}

/** Of an actor: what is alive, all that is seen with it, and the part of that of which its positions do not tell. */
interface Told {
  readonly live: Dots
  readonly seen: Dots
  readonly extra: Dots
}

/** Keeps a dot that both sides have, or that one has and the other has not seen. */
function joined(
  mine: Replica,
  actor: number,
  told: Told,
  index: readonly number[],
  empty = 0,
  context = mine.context
): Replica {
  const known = seenOf(mine, actor)
  const left = at(mine.live, actor)
  const live = (left & told.live) | (left & ~told.seen) | (told.live & ~known)
  const gaps = below(index, actor) & ~(known | told.seen | empty)
  const extra = at(mine.extra, actor) | told.extra
  return replicaOf(
    context,
    mine.live.with(actor, live),
    mine.extra.with(actor, extra),
    mine.gaps.with(actor, gaps),
    index
  )
}

/** Of two replicas' indexes, the positions of this actor. */
function risen(mine: Replica, theirs: Replica, actor: number): readonly number[] {
  return mine.index.map((seq, slot) => (slot % actorCount === actor ? Math.max(seq, at(theirs.index, slot)) : seq))
}

/** Which actors a stream must carry: one bit each. */
function scan(sender: Replica, requested: Dots, mistake: Mistake | undefined): number {
  let found = 0
  for (let slot = 0; slot < sender.index.length; slot++) {
    const origin = Math.floor(slot / actorCount)
    const seq = at(sender.index, slot)
    const first = firstSeq(sender.context & ~requested, origin)
    if (first === 0 || seq < first) continue
    if (mistake === 'stops the scan at its contiguous vector' && (dotOf(origin, seq) & prefixOf(sender.context)) === 0)
      continue
    const actor = slot % actorCount
    if (mistake === 'sends nothing of an actor that is empty' && at(sender.live, actor) === 0) continue
    found |= 1 << actor
  }
  return found
}

export function joinPart(
  receiver: Replica,
  sender: Replica,
  requested: Dots,
  actor: number,
  mistake: Mistake | undefined
): Replica {
  const live = at(sender.live, actor)
  const fragment = live & ~requested
  const held = mistake === 'leaves out which dots are held' ? 0 : live & requested
  const extra = mistake === 'leaves out its extra dots' ? 0 : at(sender.extra, actor)
  const seen = ((below(sender.index, actor) & ~at(sender.gaps, actor)) | extra) & ~held
  const told = { live: fragment, seen, extra: extra & ~held }
  return joined(receiver, actor, told, risen(receiver, sender, actor))
}

/** The actor as another replica has it, whole. */
export function fetched(mine: Replica, theirs: Replica, actor: number): Replica {
  const told = { live: at(theirs.live, actor), seen: seenOf(theirs, actor), extra: at(theirs.extra, actor) }
  return joined(mine, actor, told, risen(mine, theirs, actor))
}

export function completed(receiver: Replica, snapshot: Replica, mistake: Mistake | undefined): Replica {
  return withContext(
    receiver,
    mistake === 'stops the scan at its contiguous vector' ? prefixOf(snapshot.context) : snapshot.context
  )
}

export function withContext({ context, live, extra, gaps, index }: Replica, gained: Dots): Replica {
  return replicaOf(context | gained, live, extra, gaps, index)
}

// ---- what must hold ------------------------------------------------------------------------------------------------------------

/**
 * At every moment, also inside a stream, an actor is what its dots say; the index names every actor that changed. An extra dot
 * counts as seen, but what its update removed may still be visible: a removal that came early names dots, not their effects.
 */
export function inexact(world: Pick<World, 'replicas' | 'updates'>): string | undefined {
  for (const [id, replica] of world.replicas.entries()) {
    for (const actor of actors) {
      const live = at(replica.live, actor)
      const known = seenOf(replica, actor)
      if ((live & ~known) !== 0) return `${id} shows an add that it does not know`
      if ((expected(world.updates, known, known, actor) & ~live) !== 0)
        return `${id} does not show an add that it knows`
      if ((live & ~expected(world.updates, known, replica.context, actor)) !== 0)
        return `${id} shows what it knows to be removed`
    }
    for (const { dot, origin, seq, actor } of world.updates) {
      const entry = at(replica.index, origin * actorCount + actor)
      if ((replica.context & dot) !== 0 && entry < seq) return `the index of ${id} has lost ${origin}:${seq}`
    }
  }
  return undefined
}

export function unequal(world: Pick<World, 'replicas'>): string | undefined {
  // While a stream is under way, its receiver's states are ahead of its context.
  const settled = world.replicas.filter(replica =>
    actors.every(actor => (seenOf(replica, actor) & ~replica.context) === 0)
  )
  for (const a of settled)
    for (const b of settled)
      if (a.context === b.context && actors.some(actor => at(a.live, actor) !== at(b.live, actor)))
        return 'equal contexts over unequal states'
  return undefined
}

/** From any state without open streams, streams alone must bring every replica to what all updates together say. */
function unrepaired(world: World, mistake: Mistake | undefined): string | undefined {
  if (world.streams.length > 0) return undefined
  return wrongAfterStreams(world.replicas, world.updates, mistake)
}

/** What is wrong when every replica has caught up with every other. */
export function wrongAfterStreams(
  before: readonly Replica[],
  updates: readonly Update[],
  mistake?: Mistake
): string | undefined {
  let replicas = before
  for (let round = 0; round < replicas.length; round++)
    for (let to = 0; to < replicas.length; to++)
      for (let from = 0; from < replicas.length; from++)
        if (from !== to) replicas = replicas.with(to, caughtUp(at(replicas, to), at(replicas, from), mistake))
  for (const [id, replica] of replicas.entries()) {
    for (const actor of actors) {
      const wanted = expected(updates, ~0, ~0, actor)
      const live = at(replica.live, actor)
      if ((live & ~wanted) !== 0) return `a removed element is back at ${id} after all streams`
      if ((wanted & ~live) !== 0) return `an add is lost at ${id} after all streams`
      if (mistake === undefined && (at(replica.extra, actor) | at(replica.gaps, actor)) !== 0)
        return `extra dots or gaps stay at ${id} after all streams`
    }
  }
  return undefined
}

export function caughtUp(receiver: Replica, sender: Replica, mistake: Mistake | undefined): Replica {
  const requested = receiver.context
  if ((sender.context & ~requested) === 0) return receiver
  const found = scan(sender, requested, mistake)
  let changed = receiver
  for (const actor of actors)
    if ((found & (1 << actor)) !== 0) changed = joinPart(changed, sender, requested, actor, mistake)
  return completed(changed, sender, mistake)
}

// ---- dots ----------------------------------------------------------------------------------------------------------------------

/** Of each origin only the seqs that follow one another from 1. */
function prefixOf(dots: Dots): Dots {
  let prefix = 0
  for (let origin = 0; origin * maxSeq < 30; origin++) {
    const seqs = seqsOf(dots, origin)
    prefix |= ((seqs ^ (seqs + 1)) >> 1) << (origin * maxSeq)
  }
  return prefix
}

/** The dots between the origin's prefix and the first seq above it, if there is one. */
function firstGap(dots: Dots, origin: number): Dots {
  const above = dots & ~prefixOf(dots) & oneOrigin(origin)
  return above === 0 ? 0 : ((above & -above) - 1) & ~dots & oneOrigin(origin)
}

// ---- states --------------------------------------------------------------------------------------------------------------------

function withReplica(world: World, id: number, replica: Replica): World {
  return { ...world, replicas: world.replicas.with(id, replica) }
}

function keyOf(world: World): string {
  let key = world.updatesKey
  for (const replica of world.replicas) key += replica.key
  const { streams } = world
  if (streams.length === 0) return key + world.opened
  return (
    key +
    world.opened +
    (streams.length === 1
      ? at(streams, 0).key
      : streams
          .map(stream => stream.key)
          .sort()
          .join(''))
  )
}

// Every number here has 15 bits or fewer, so one character holds it.
export function keyOfUpdates(updates: readonly Update[]): string {
  const each = updates.map(({ dot, actor, adds, removes }) => String.fromCharCode(dot, actor, adds ? 1 : 0, removes))
  return String.fromCharCode(updates.length) + each.sort().join('')
}

export function replicaOf(
  context: Dots,
  live: readonly Dots[],
  extra: readonly Dots[],
  gaps: readonly Dots[],
  index: readonly number[]
): Replica {
  const open = gaps.map((dots, actor) => dots & ~at(extra, actor))
  const untold = extra.map((dots, actor) => dots & ~(below(index, actor) & ~at(open, actor)))
  const key = String.fromCharCode(context, ...live, ...untold, ...open, ...index)
  return { context, live, extra: untold, gaps: open, index, key }
}

/** Of so many origins. */
export function emptyReplica(origins: number): Replica {
  const none = actors.map(() => 0)
  return replicaOf(0, none, none, none, Array<number>(origins * actorCount).fill(0))
}

function streamOf(
  from: number,
  to: number,
  requested: Dots,
  sent?: { snapshot: Replica; remaining: number; isBegun: boolean }
): Stream {
  const { snapshot, remaining = 0, isBegun = false } = sent ?? {}
  const key =
    String.fromCharCode(from, to, requested, remaining, snapshot === undefined ? 2 : isBegun ? 1 : 0) +
    (snapshot?.key ?? '')
  return { from, to, requested, snapshot, remaining, isBegun, key }
}

/**
 * Model of what an actor's record proves by itself (src/cluster/seen-dots.ts), over streams that may pass over an actor.
 *
 * Replicas of one shard with two actors, each an add-wins set. Pushes may come at any time, doubled, late or never. Streams and compares
 * are one step each here; what happens inside one is the matter of catch-up.model.ts and full-compare.model.ts. Once, a stream leaves out
 * an actor that it should have brought, as when the disk has lost an entry of the sender's index; the receiver's context then says
 * more than its states. Nothing may be lost or come back by that: in the end compares make all replicas what all updates together say.
 */
import { at, type Dots, dotSets, expected, type Update, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. Each was once a plausible design. */
export type Mistake =
  | 'believes the context of a shard'
  | 'takes all below a position for seen'
  | 'takes for seen what its context covers below a position'
  | 'takes for seen what is held back'

export interface Bounds {
  readonly replicas: number
  /** Updates in all. */
  readonly updates: number
  /** Streams and compares in all. */
  readonly meetings: number
}

const maxSeq = 5
const { dotOf, upTo, firstSeq } = dotSets(maxSeq)
const actors = [0, 1] as const

interface ActorRecord {
  readonly live: Dots
  readonly extra: Dots
  readonly gaps: Dots
  /** Per origin the newest seq that changed it, or 0. */
  readonly index: readonly number[]
}

interface Replica {
  readonly context: Dots
  readonly actors: readonly ActorRecord[]
}

interface World {
  readonly updates: readonly Update[]
  readonly replicas: readonly Replica[]
  readonly meetings: number
  readonly hasPassed: boolean
}

export function actorProofsModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const none: ActorRecord = { live: 0, extra: 0, gaps: 0, index: Array<number>(bounds.replicas).fill(0) }
  const replica: Replica = { context: 0, actors: actors.map(() => none) }
  return {
    starts: [{ updates: [], replicas: Array<Replica>(bounds.replicas).fill(replica), meetings: 0, hasPassed: false }],
    next(world, emit) {
      write(world, bounds, emit, mistake)
      push(world, emit, mistake)
      if (world.meetings < bounds.meetings) meet(world, emit, mistake)
    },
    key: keyOf,
    check: world => wrong(world, mistake)
  }
}

type Emit = (event: string, after: World) => void

function write(world: World, bounds: Bounds, emit: Emit, mistake: Mistake | undefined): void {
  if (world.updates.length === bounds.updates) return
  for (const [origin, replica] of world.replicas.entries()) {
    if (world.updates.length === 0 && origin !== 0) continue
    const live = replica.actors.map(actor => actor.live)
    for (const { event, update } of writesOf(origin, live, world.updates, dotOf, true)) {
      emit(event, {
        ...world,
        replicas: world.replicas.with(origin, applied(replica, update, mistake)),
        updates: [...world.updates, update]
      })
    }
  }
}

function push(world: World, emit: Emit, mistake: Mistake | undefined): void {
  for (const update of world.updates) {
    for (const [to, replica] of world.replicas.entries()) {
      if (to === update.origin) continue
      emit(`push ${update.origin}:${update.seq} to ${to}`, {
        ...world,
        replicas: world.replicas.with(to, applied(replica, update, mistake))
      })
    }
  }
}

function meet(world: World, emit: Emit, mistake: Mistake | undefined): void {
  for (const [to, mine] of world.replicas.entries()) {
    for (const [from, theirs] of world.replicas.entries()) {
      if (from === to) continue
      const become = (replica: Replica, hasPassed = world.hasPassed): World => ({
        ...world,
        hasPassed,
        meetings: world.meetings + 1,
        replicas: world.replicas.with(to, replica)
      })
      const found = scan(theirs, mine.context)
      if ((theirs.context & ~mine.context) !== 0) {
        emit(`stream of ${from} to ${to}`, become(streamed(mine, theirs, found, mistake)))
        if (!world.hasPassed)
          for (const actor of found)
            emit(
              `stream of ${from} to ${to} passing over ${'AB'[actor]}`,
              become(
                streamed(
                  mine,
                  theirs,
                  found.filter(other => other !== actor),
                  mistake
                ),
                true
              )
            )
      }
      emit(`compare of ${to} with ${from}`, become(compared(mine, theirs, mistake)))
    }
  }
}

// ---- the rules under test --------------------------------------------------------------------------------------------------

function seen(replica: Replica, actor: ActorRecord, mistake: Mistake | undefined): Dots {
  if (mistake === 'believes the context of a shard') return replica.context | actor.extra
  const gaps = mistake === 'takes all below a position for seen' ? 0 : actor.gaps
  return (below(actor.index) & ~gaps) | actor.extra
}

function below(index: readonly number[]): Dots {
  return index.reduce((dots, seq, origin) => dots | upTo(origin, seq), 0)
}

function applied(replica: Replica, update: Update, mistake: Mistake | undefined): Replica {
  const mine = at(replica.actors, update.actor)
  const { dot, origin, seq, after, removes } = update
  const before = at(mine.index, origin)
  const known = seen(replica, mine, mistake)
  const between = upTo(origin, seq) & ~upTo(origin, after)
  const live = (mine.live & ~(removes | dot)) | (update.adds ? dot & (~known | mine.live) : 0)
  const index = mine.index.with(origin, Math.max(before, seq))
  let evidence = known | between | removes | dot
  if (mistake === 'takes for seen what its context covers below a position') evidence |= replica.context
  return withActor(
    replica,
    update.actor,
    { live, index, extra: mine.extra | dot | removes, gaps: below(index) & ~evidence },
    replica.context | dot
  )
}

/** Which actors a stream must carry. */
function scan(sender: Replica, requested: Dots): number[] {
  const missing = sender.context & ~requested
  return actors.filter(actor =>
    at(sender.actors, actor).index.some((seq, origin) => {
      const first = firstSeq(missing, origin)
      return first > 0 && seq >= first
    })
  )
}

function streamed(mine: Replica, theirs: Replica, found: readonly number[], mistake: Mistake | undefined): Replica {
  let after = mine
  const requested = mine.context
  for (const actor of found) {
    const { live } = at(theirs.actors, actor)
    after = joined(after, theirs, actor, live & ~requested, live & requested, mistake)
  }
  return { ...after, context: after.context | theirs.context }
}

function compared(mine: Replica, theirs: Replica, mistake: Mistake | undefined): Replica {
  let after = mine
  for (const actor of actors) after = joined(after, theirs, actor, at(theirs.actors, actor).live, 0, mistake)
  return { ...after, context: after.context | theirs.context }
}

function joined(
  mine: Replica,
  theirs: Replica,
  actor: number,
  fragment: Dots,
  held: Dots,
  mistake: Mistake | undefined
): Replica {
  const [left, right] = [at(mine.actors, actor), at(theirs.actors, actor)]
  const known = seen(mine, left, mistake)
  const told = seen(theirs, right, mistake) & ~held
  const live = (left.live & fragment) | (left.live & ~told) | (fragment & ~known)
  const index = left.index.map((seq, origin) => Math.max(seq, at(right.index, origin)))
  let evidence = known | told
  if (mistake === 'takes for seen what its context covers below a position') evidence |= mine.context
  if (mistake === 'takes for seen what is held back') evidence |= held
  return withActor(mine, actor, {
    live,
    index,
    extra: left.extra | (right.extra & ~held),
    gaps: below(index) & ~evidence
  })
}

function withActor(replica: Replica, actor: number, record: ActorRecord, context = replica.context): Replica {
  return { context, actors: replica.actors.with(actor, trimmed(record)) }
}

/** What its positions tell need not be kept with an actor. */
function trimmed(record: ActorRecord): ActorRecord {
  const gaps = record.gaps & ~record.extra
  return { ...record, gaps, extra: record.extra & ~(below(record.index) & ~gaps) }
}

// ---- what must hold ----------------------------------------------------------------------------------------------------------

function wrong(world: World, mistake: Mistake | undefined): string | undefined {
  let { replicas } = world
  const each = (meeting: (mine: Replica, theirs: Replica) => Replica) => {
    for (let to = 0; to < replicas.length; to++)
      for (let from = 0; from < replicas.length; from++)
        if (from !== to) replicas = replicas.with(to, meeting(at(replicas, to), at(replicas, from)))
  }
  for (let round = 0; round < replicas.length; round++)
    each((mine, theirs) => streamed(mine, theirs, scan(theirs, mine.context), mistake))
  if (world.hasPassed)
    for (let round = 0; round < replicas.length; round++) each((mine, theirs) => compared(mine, theirs, mistake))
  for (const [id, replica] of replicas.entries()) {
    for (const actor of actors) {
      const wanted = expected(world.updates, ~0, ~0, actor)
      const { live, extra, gaps } = at(replica.actors, actor)
      if ((live & ~wanted) !== 0) return `a removed element is back at ${id}`
      if ((wanted & ~live) !== 0) return `an add is lost at ${id}`
      if (mistake === undefined && (extra | gaps) !== 0) return `what is seen stays open at ${id}`
    }
  }
  return undefined
}

function keyOf({ updates, replicas, meetings, hasPassed }: World): string {
  const each = updates.map(({ dot, actor, adds, removes, after }) =>
    String.fromCharCode(dot & 0x7fff, dot >> 15, actor, adds ? 1 : 0, removes & 0x7fff, removes >> 15, after)
  )
  let key = String.fromCharCode(updates.length, meetings, Number(hasPassed)) + each.sort().join('')
  for (const { context, actors } of replicas) {
    key += String.fromCharCode(context & 0x7fff, context >> 15)
    for (const { live, extra, gaps, index } of actors)
      for (const dots of [live, extra, gaps, ...index]) key += String.fromCharCode(dots & 0x7fff, dots >> 15)
  }
  return key
}

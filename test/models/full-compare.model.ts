/**
 * Model of a full compare: a receiver looks at one actor after the other of a snapshot of the sender, takes what differs whole, as
 * it is at the sender by then, skips what is equal, and joins the snapshot's context. Pushes arrive at any time; a third replica catches up from all
 * by their indexes. Replicas, joins and what must hold are those of catch-up.model.ts.
 *
 * Once, a replica may lose an element that another still has, and no check sees it: two records then prove the same over unequal states.
 * Nothing is dropped here. (Because of that, all sums of a compare are of one moment, and what arrives meanwhile is looked at again: what is
 * gone without a trace only a floor tells of. test/cluster/troubled-compare.test.ts has it.)
 */
import {
  actorCount,
  actors,
  applied,
  caughtUp,
  dotOf,
  emptyReplica,
  fetched as fetchedWhole,
  keyOfUpdates,
  type Replica,
  replicaOf,
  unequal,
  withContext,
  wrongAfterStreams
} from './catch-up.model.ts'
import { at, type Dots, type Update, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

export type CompareMistake =
  | 'compares states alone, not what the index tells of them'
  | 'does not compare what an actor lacks'
  | 'joins the last context that it was told'
  | 'takes for removed what one of two equal records lacks'
  | 'keeps what one of two unequal records lacks'

export interface CompareBounds {
  readonly updates: number
  readonly compares: number
  /** A replica may lose an element, once. */
  readonly loses: boolean
}

interface Compare {
  /** The sender when it began: what is compared with. What differs comes from the sender as it is then. */
  readonly snapshot: Replica
  readonly last: Dots
  /** Actors not looked at yet, and those that changed by dots of the context since the beginning: one bit each. */
  readonly remaining: number
  readonly arrived: number
}

interface World {
  readonly updates: readonly Update[]
  readonly replicas: readonly Replica[]
  readonly compare: Compare | undefined
  readonly compares: number
  readonly hasLost: boolean
}

const sender = 0
const receiver = 1
const everyActor = (1 << actorCount) - 1

export function fullCompareModel(bounds: CompareBounds, mistake?: CompareMistake): Model<World> {
  return {
    starts: [startOf()],
    next(world, emit) {
      write(world, bounds, emit)
      push(world, emit)
      if (bounds.loses && !world.hasLost) lose(world, emit)
      if (world.compare !== undefined) advance(world, world.compare, mistake, emit)
      else if (world.compares < bounds.compares) {
        const snapshot = at(world.replicas, sender)
        const compare = { snapshot, last: snapshot.context, remaining: everyActor, arrived: 0 }
        emit('compare', { ...world, compare, compares: world.compares + 1 })
      }
    },
    key: keyOf,
    check: world => (world.hasLost ? unmended(world, mistake) : wrong(world))
  }
}

function startOf(): World {
  const replica = emptyReplica(3)
  return { updates: [], replicas: [replica, replica, replica], compare: undefined, compares: 0, hasLost: false }
}

type Emit = (event: string, after: World) => void

function write(world: World, bounds: CompareBounds, emit: Emit): void {
  if (world.updates.length === bounds.updates) return
  for (const origin of [sender, 2]) {
    const replica = at(world.replicas, origin)
    for (const { event, update } of writesOf(origin, replica.live, world.updates, dotOf)) {
      const replicas = world.replicas.with(origin, applied(replica, update, undefined))
      emit(event, { ...world, replicas, updates: [...world.updates, update] })
    }
  }
}

function push(world: World, emit: Emit): void {
  for (const update of world.updates) {
    for (const [to, replica] of world.replicas.entries()) {
      if (to === update.origin) continue
      const after = applied(replica, update, undefined)
      if (after.key === replica.key) continue
      const isMet = to === receiver && ((update.dot | update.removes) & (world.compare?.snapshot.context ?? 0)) !== 0
      const compare =
        world.compare === undefined || !isMet
          ? world.compare
          : { ...world.compare, arrived: world.compare.arrived | (1 << update.actor) }
      emit(`push ${update.origin}:${update.seq} to ${to}`, {
        ...world,
        compare,
        replicas: world.replicas.with(to, after)
      })
    }
  }
}

/** Of an element that another replica has, too. */
function lose(world: World, emit: Emit): void {
  for (const [id, replica] of world.replicas.entries()) {
    for (const actor of actors) {
      const live = at(replica.live, actor)
      const dot = live & -live
      const others = world.replicas.filter((other, at_) => at_ !== id && (at(other.live, actor) & dot) !== 0)
      if (dot === 0 || others.length === 0) continue
      const { context, extra, gaps, index } = replica
      const poorer = replicaOf(context, replica.live.with(actor, live & ~dot), extra, gaps, index)
      emit(`lose at ${id}`, { ...world, hasLost: true, replicas: world.replicas.with(id, poorer) })
    }
  }
}

function advance(world: World, compare: Compare, mistake: CompareMistake | undefined, emit: Emit): void {
  const theirs = at(world.replicas, sender)
  const mine = at(world.replicas, receiver)
  const last = theirs.context
  for (const actor of actors) {
    const bit = 1 << actor
    const isAgain = compare.remaining === 0 && (compare.arrived & bit) !== 0
    if ((compare.remaining & bit) === 0 && !isAgain) continue
    const isEqual = !isAgain && isSame(mine, compare.snapshot, actor, compare.snapshot.context, mistake)
    const after = isEqual ? mine : fetched(mine, theirs, actor, mistake)
    emit(`${isEqual ? 'skip' : 'fetch'} ${'AB'[actor]}`, {
      ...world,
      replicas: world.replicas.with(receiver, after),
      compare: {
        ...compare,
        last,
        remaining: compare.remaining & ~bit,
        // What comes now is after what was just read of the sender; what had come before a first look was looked at.
        arrived: compare.arrived & ~bit
      }
    })
  }
  emit('give up', { ...world, compare: undefined })
  if (compare.remaining !== 0 || compare.arrived !== 0) return
  const context = mistake === 'joins the last context that it was told' ? compare.last : compare.snapshot.context
  emit('finish', { ...world, compare: undefined, replicas: world.replicas.with(receiver, withContext(mine, context)) })
}

function isSame(
  mine: Replica,
  theirs: Replica,
  actor: number,
  context: Dots,
  mistake: CompareMistake | undefined
): boolean {
  if (at(mine.live, actor) !== at(theirs.live, actor)) return false
  if (at(mine.gaps, actor) !== at(theirs.gaps, actor) && mistake !== 'does not compare what an actor lacks')
    return false
  const known = mine.context | context
  const beyond = (replica: Replica, seen: Dots) => at(replica.extra, actor) & ~seen
  if (beyond(theirs, theirs.context) !== beyond(mine, known)) return false
  if (mistake === 'compares states alone, not what the index tells of them') return true
  return mine.index.every((seq, slot) => slot % actorCount !== actor || seq === at(theirs.index, slot))
}

/** The actor whole, with all that its sender has seen. */
function fetched(mine: Replica, theirs: Replica, actor: number, mistake: CompareMistake | undefined): Replica {
  const [left, right] = [at(mine.live, actor), at(theirs.live, actor)]
  const areEqual = provesTheSame(mine, theirs, actor)
  const keepsBoth =
    mistake === 'keeps what one of two unequal records lacks' ||
    (areEqual && mistake !== 'takes for removed what one of two equal records lacks')
  const joined = fetchedWhole(mine, theirs, actor)
  if (!keepsBoth) return joined
  return replicaOf(mine.context, mine.live.with(actor, left | right), joined.extra, joined.gaps, joined.index)
}

function provesTheSame(mine: Replica, theirs: Replica, actor: number): boolean {
  if (at(mine.gaps, actor) !== at(theirs.gaps, actor) || at(mine.extra, actor) !== at(theirs.extra, actor)) return false
  return mine.index.every((seq, slot) => slot % actorCount !== actor || seq === at(theirs.index, slot))
}

function wrong(world: World): string | undefined {
  if (world.compare !== undefined) return undefined
  const { replicas, updates } = world
  // Who learns from the receiver alone must be told all that it claims.
  const third = caughtUp(at(replicas, 2), at(replicas, receiver), undefined)
  return unequal(world) ?? unequal({ replicas: replicas.with(2, third) }) ?? wrongAfterStreams(replicas, updates)
}

/** After streams, and then full compares all around: what is not removed is everywhere, and nothing that is removed. */
function unmended(world: World, mistake: CompareMistake | undefined): string | undefined {
  if (world.compare !== undefined) return undefined
  let replicas = world.replicas
  const each = (meet: (mine: Replica, theirs: Replica) => Replica) => {
    for (let to = 0; to < replicas.length; to++)
      for (let from = 0; from < replicas.length; from++)
        if (from !== to) replicas = replicas.with(to, meet(at(replicas, to), at(replicas, from)))
  }
  for (let round = 0; round < replicas.length; round++) each((mine, theirs) => caughtUp(mine, theirs, undefined))
  for (let round = 0; round < replicas.length; round++) {
    each((mine, theirs) => {
      let after = mine
      for (const actor of actors) after = fetched(after, theirs, actor, mistake)
      return withContext(after, theirs.context)
    })
  }
  if (new Set(replicas.map(({ live }) => live.join())).size > 1) return 'unequal states after all compares'
  return mistake === 'takes for removed what one of two equal records lacks' ? lostBetween(world, replicas) : undefined
}

/** An element that some replica had, and that nobody removed. */
function lostBetween(world: World, replicas: readonly Replica[]): string | undefined {
  for (const actor of actors) {
    let had = 0
    let removed = 0
    for (const replica of world.replicas) had |= at(replica.live, actor)
    for (const update of world.updates) if (update.actor === actor) removed |= update.removes
    if ((had & ~removed & ~at(at(replicas, 0).live, actor)) !== 0) return 'an add is lost after all compares'
  }
  return undefined
}

function keyOf({ updates, replicas, compare, compares, hasLost }: World): string {
  let key = keyOfUpdates(updates) + String.fromCharCode(compares, Number(hasLost))
  for (const replica of replicas) key += replica.key
  if (compare === undefined) return key
  return key + compare.snapshot.key + String.fromCharCode(compare.last, compare.remaining, compare.arrived)
}

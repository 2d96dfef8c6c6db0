/**
 * Model of a disk that loses something, and of the shard that is rebuilt from what is intact (src/cluster/distrust.ts, seen-dots.ts).
 *
 * Two replicas of one shard with two actors, each an add-wins set. One of them, `the disk`, writes a batch per change: the records of
 * the actors that changed, and the shard's context. Once, a batch or one key of a batch is lost, and its process starts anew, under a
 * new origin; for a while it does not know. Or a record is lost, or an older one is there again, while the process runs on, which
 * knows what its disk must say (src/cluster/known-records.ts), and finds out when it reads. Pushes may come at any time, doubled, late
 * or never. A pull is one step here; what happens inside one is the matter of catch-up.model.ts.
 */
import { at, type Dots, dotSets, expected, type Update as OneUpdate, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. Each was once a plausible design. */
export type Mistake =
  | 'keeps the old context'
  | 'claims live dots and positions, and forgets what else its records have seen'
  | 'tells nobody of removals that no position names'
  | 'takes all below a position for seen'
  | 'takes a record for the newest one'
  | 'claims what the index names, though the record is gone'
  | 'believes its old context before it is checked'
  | 'is served before it is checked'
  | 'believes what it reads while it runs'
  | 'sends what it reads while it runs'

export interface Bounds {
  /** Updates in all. */
  readonly updates: number
  /** Pulls before the checks, in all. */
  readonly pulls: number
}

const { dotOf, upTo, firstSeq } = dotSets(6)
const actors = [0, 1] as const
/** The disk's first life, the peer, the disk's second life. */
const origins = [0, 1, 2] as const

interface Update extends OneUpdate {
  /** It says again which dots of the actor are gone, for those who cannot have heard. */
  readonly isRepeat?: boolean
}

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

/** What one commit writes: the records that changed, and the context. `undefined`: not written, or lost. */
interface Batch {
  readonly records: readonly (ActorRecord | undefined)[]
  readonly context: Dots | undefined
}

export interface World {
  readonly phase: 'sound' | 'rotten' | 'unchecked' | 'checked'
  readonly updates: readonly Update[]
  readonly disk: Replica
  /** While it is rotten and runs: what its records must be. */
  readonly known?: readonly ActorRecord[]
  readonly log: readonly Batch[]
  /** What the index names, of which records may be gone. */
  readonly indexed: Dots
  readonly peer: Replica
  readonly pulls: number
}

const noRecord: ActorRecord = { live: 0, extra: 0, gaps: 0, index: origins.map(() => 0) }
const nothing: Replica = { context: 0, actors: actors.map(() => noRecord) }

export function distrustModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const start: World = {
    phase: 'sound',
    updates: [],
    disk: nothing,
    log: [],
    indexed: 0,
    peer: nothing,
    pulls: 0
  }
  return {
    starts: [start],
    next(world, emit) {
      write(world, bounds, mistake, emit)
      push(world, mistake, emit)
      pull(world, bounds, mistake, emit)
      if (world.phase === 'sound') lose(world, emit)
      if (world.phase === 'sound') rot(world, emit)
      if (world.phase === 'rotten') emit('restart', suspected(world))
      if (world.phase === 'unchecked') emit('check the disk', rebuilt(world, mistake))
    },
    key: world => JSON.stringify(world),
    check: world => wrong(world, mistake)
  }
}

// ---- what happens --------------------------------------------------------------------------------------------------------------

type Emit = (event: string, after: World) => void

function write(world: World, bounds: Bounds, mistake: Mistake | undefined, emit: Emit): void {
  if (world.updates.filter(update => update.isRepeat !== true).length === bounds.updates) return
  for (const origin of origins) {
    // A life that has ended writes no more, and one that has not begun not yet.
    if (origin !== 1 && (origin === 0) !== isFirstLife(world)) continue
    const isPeer = origin === 1
    const live = (isPeer ? world.peer : world.disk).actors.map(record => record.live)
    for (const { event, update } of writesOf(origin, live, world.updates, dotOf)) {
      const updates = [...world.updates, update]
      if (isPeer) emit(event, { ...world, updates, peer: applied(world.peer, update, true, mistake) })
      else
        takeUpdate(world, update, mistake, event, (what, after, isTaken) => {
          // What was refused was never made.
          emit(what, isTaken ? { ...after, updates } : after)
        })
    }
  }
}

function push(world: World, mistake: Mistake | undefined, emit: Emit): void {
  for (const update of world.updates) {
    if (update.isRepeat === true) continue
    const name = `${update.origin}:${update.seq}`
    if ((world.peer.context & update.dot) === 0)
      emit(`push ${name} to the peer`, { ...world, peer: applied(world.peer, update, true, mistake) })
    // What its context covers it takes for there.
    if (update.origin === 1 && (world.disk.context & update.dot) === 0)
      takeUpdate(world, update, mistake, `push ${name} to the disk`, emit)
  }
}

function pull(world: World, bounds: Bounds, mistake: Mistake | undefined, emit: Emit): void {
  if (world.pulls === bounds.pulls) return
  const pulls = world.pulls + 1
  const isChecked = world.phase !== 'unchecked'
  const isTaken = (actor: number) => isNamed(at(world.peer.actors, actor), world.peer.context & ~world.disk.context)
  if (
    actors.some(actor => isLost(world, actor) && isTaken(actor)) &&
    mistake !== 'believes what it reads while it runs'
  )
    emit('notice in a stream', { ...suspected(world), pulls })
  else
    emit('pull by the disk', { ...onDisk(world, caughtUp(world.disk, world.peer, isChecked, mistake), isTaken), pulls })
  if (!isChecked && mistake !== 'is served before it is checked') return
  const { known = world.disk.actors } = world
  const missing = world.disk.context & ~world.peer.context
  // The index names a record that is not there, or does not say so.
  if (
    mistake !== 'sends what it reads while it runs' &&
    actors.some(actor => isLost(world, actor) && isNamed(at(known, actor), missing))
  )
    emit('notice while it is sent', { ...suspected(world), pulls })
  else emit('pull by the peer', { ...world, peer: caughtUp(world.peer, world.disk, true, mistake, known), pulls })
}

/**
 * An update to an actor of the disk: of one that is in memory, or is read for it. What is read and is not what it must be is not written
 * over; the process that goes on after that is another one.
 */
function takeUpdate(
  world: World,
  update: Update,
  mistake: Mistake | undefined,
  name: string,
  emit: (event: string, after: World, isTaken: boolean) => void
): void {
  const { disk, known } = world
  const isChecked = world.phase !== 'unchecked'
  const take = (before: Replica) =>
    onDisk(world, applied(before, update, isChecked, mistake), actor => actor === update.actor)
  if (known === undefined || !isLost(world, update.actor)) {
    emit(name, take(disk), true)
    return
  }
  const inMemory = { ...disk, actors: disk.actors.with(update.actor, at(known, update.actor)) }
  emit(`${name} in memory`, take(inMemory), true)
  if (mistake === 'believes what it reads while it runs') emit(name, take(disk), true)
  else emit('notice before a write', suspected(world), false)
}

/** An earlier record of an actor is there again, or none, and the process does not know. */
function rot(world: World, emit: Emit): void {
  for (const actor of actors) {
    const now = at(world.disk.actors, actor)
    if (now === noRecord) continue
    const earlier = [noRecord, ...world.log.flatMap(({ records }) => records[actor] ?? [])]
    for (const [i, record] of earlier.entries()) {
      if (JSON.stringify(record) === JSON.stringify(now)) continue
      const disk = { ...world.disk, actors: world.disk.actors.with(actor, record) }
      emit(`rot of ${'AB'[actor]}: its record ${i} is back`, {
        ...world,
        phase: 'rotten',
        known: world.disk.actors,
        disk,
        log: []
      })
    }
  }
}

function isLost({ known, disk }: World, actor: number): boolean {
  return known !== undefined && at(known, actor) !== at(disk.actors, actor)
}

/** The process looks through its disk, and writes under another origin from then on. */
function suspected({ known: _, ...world }: World): World {
  return { ...world, phase: 'unchecked' }
}

function isFirstLife({ phase }: World): boolean {
  return phase === 'sound' || phase === 'rotten'
}

/** Each batch, or one key of one batch; and the process starts anew. */
function lose(world: World, emit: Emit): void {
  world.log.forEach((batch, i) => {
    const without = (left: Batch | undefined): World => {
      const log = world.log.flatMap((other, j) => (j !== i ? [other] : left === undefined ? [] : [left]))
      return { ...world, phase: 'unchecked', disk: replayed(log), log: [] }
    }
    emit(`lose batch ${i}`, without(undefined))
    emit(`lose the context in batch ${i}`, without({ ...batch, context: undefined }))
    for (const actor of actors)
      if (batch.records[actor] !== undefined)
        emit(`lose ${'AB'[actor]} in batch ${i}`, without({ ...batch, records: batch.records.with(actor, undefined) }))
  })
  for (const actor of actors) {
    const log = world.log.map(batch => ({ ...batch, records: batch.records.with(actor, undefined) }))
    emit(`lose all of ${'AB'[actor]}`, { ...world, phase: 'unchecked', disk: replayed(log), log: [] })
  }
}

function replayed(log: readonly Batch[]): Replica {
  let { context, actors: records } = nothing
  for (const batch of log) {
    context = batch.context ?? context
    records = records.map((record, actor) => batch.records[actor] ?? record)
  }
  return { context, actors: records }
}

/** `isRead`: of the actors whose record is lost, those that were written over for all that. */
function onDisk(world: World, disk: Replica, isRead: (actor: number) => boolean = () => false): World {
  const records = disk.actors.map((record, actor) => (record === world.disk.actors[actor] ? undefined : record))
  // What comes after the loss is not lost.
  const log = world.phase === 'sound' ? [...world.log, { records, context: disk.context }] : []
  let indexed = world.indexed
  for (const record of disk.actors) indexed |= positionsOf(record)
  const after = { ...world, disk, log, indexed: isFirstLife(world) ? indexed : world.indexed }
  const { known } = world
  if (known === undefined) return after
  // The others are on the disk as they were, whatever this process knows by now.
  const isStill = (actor: number) => isLost(world, actor) && !isRead(actor)
  const kept = disk.actors.map((record, actor) => (isStill(actor) ? at(world.disk.actors, actor) : record))
  const must = stripped({ context: disk.context, actors: known }, true, undefined).actors
  return {
    ...after,
    disk: { ...disk, actors: kept },
    known: disk.actors.map((record, actor) => (isStill(actor) ? at(must, actor) : record))
  }
}

// ---- the rules under test --------------------------------------------------------------------------------------------------------

/** The dots that an actor's record proves to be in it: seen-dots.ts. */
function seenOf(record: ActorRecord, mistake?: Mistake): Dots {
  if (mistake === 'claims live dots and positions, and forgets what else its records have seen') return record.extra
  const below = belowOf(record)
  return (mistake === 'takes all below a position for seen' ? below : below & ~record.gaps) | record.extra
}

function belowOf(record: ActorRecord): Dots {
  return origins.reduce<Dots>((below, origin) => below | upTo(origin, at(record.index, origin)), 0)
}

function rebuilt(world: World, mistake: Mistake | undefined): World {
  const { disk } = world
  let context = 0
  for (const record of disk.actors) context |= record.live | (positionsOf(record) & ~record.gaps)
  if (mistake === 'keeps the old context') context = disk.context
  if (mistake === 'claims what the index names, though the record is gone') context |= world.indexed
  const records = disk.actors.map(record => {
    let extra = seenOf(record, mistake) & ~context
    if (mistake === 'takes a record for the newest one')
      for (const origin of origins) extra |= upTo(origin, at(record.index, origin)) & disk.context & ~context
    return { ...record, extra }
  })
  let after: World = { ...world, phase: 'checked', disk: { context, actors: records } }
  if (mistake === 'tells nobody of removals that no position names') return after
  for (const actor of actors) {
    const { extra } = at(records, actor)
    if (extra === 0) continue
    // What has been seen and is gone, under a fresh dot: else the dots of such removals would be in nobody's context.
    const seq = 1 + after.updates.filter(update => update.origin === 2).length
    // Of its origin's updates it lacks none.
    const [dot, last] = [dotOf(2, seq), at(at(records, actor).index, 2)]
    const repeat: Update = { dot, origin: 2, seq, after: last, actor, adds: false, removes: extra, isRepeat: true }
    after = { ...after, disk: applied(after.disk, repeat, true, mistake), updates: [...after.updates, repeat] }
  }
  return after
}

/** `isChecked`: that a dot is in the context says that it is in the states. */
function applied(replica: Replica, update: Update, isChecked: boolean, mistake: Mistake | undefined): Replica {
  const { actor, dot, origin, seq, after, removes } = update
  const context = replica.context | dot
  const news = dot | removes
  const joined = joinedActor(replica, actor, update.adds ? dot : 0, news, mistake)
  const index = at(replica.actors, actor).index
  const risen = index.with(origin, Math.max(at(index, origin), seq))
  // Between the two the origin has not changed the actor.
  const told = news | (upTo(origin, seq) & ~upTo(origin, after))
  return withActor({ ...replica, context }, actor, { ...joined, index: risen }, index, told, isChecked, mistake)
}

/** Everything that the sender has: one stream, from its beginning to its end. */
function caughtUp(
  receiver: Replica,
  sender: Replica,
  isChecked: boolean,
  mistake: Mistake | undefined,
  indexed: readonly ActorRecord[] = sender.actors
): Replica {
  const requested = receiver.context
  if ((sender.context & ~requested) === 0) return receiver
  let changed = receiver
  for (const actor of actors) {
    const record = at(sender.actors, actor)
    if (!isNamed(at(indexed, actor), sender.context & ~requested)) continue
    const news = seenOf(record) & ~(record.live & requested)
    const joined = joinedActor(changed, actor, record.live & ~requested, news, mistake)
    const index = at(changed.actors, actor).index
    const risen = index.map((seq, origin) => Math.max(seq, at(record.index, origin)))
    changed = withActor(changed, actor, { ...joined, index: risen }, index, news, isChecked, mistake)
  }
  return stripped({ ...changed, context: changed.context | sender.context }, isChecked, mistake)
}

/** The index from the first seq that is missing, to its end, names it. */
function isNamed(record: ActorRecord, missing: Dots): boolean {
  return origins.some(origin => {
    const first = firstSeq(missing, origin)
    return first > 0 && at(record.index, origin) >= first
  })
}

/** Keeps a dot that both sides have, or that one has and the other has not seen. */
function joinedActor(mine: Replica, actor: number, fragment: Dots, news: Dots, mistake?: Mistake): ActorRecord {
  const record = at(mine.actors, actor)
  const seen =
    seenOf(record, mistake) | (mistake === 'believes its old context before it is checked' ? mine.context : 0)
  const live = (record.live & fragment) | (record.live & ~news) | (fragment & ~seen)
  return { ...record, live, extra: record.extra | news, gaps: record.gaps & ~news }
}

/** Gaps below positions that rose: what neither the news nor, where it is checked, the context has. */
function withActor(
  replica: Replica,
  actor: number,
  record: ActorRecord,
  before: readonly number[],
  news: Dots,
  isChecked: boolean,
  mistake: Mistake | undefined
): Replica {
  let { gaps } = record
  for (const origin of origins)
    gaps |= upTo(origin, at(record.index, origin)) & ~upTo(origin, at(before, origin)) & ~(news | record.extra)
  return stripped(
    { ...replica, actors: replica.actors.with(actor, { ...record, gaps: gaps & ~news }) },
    isChecked,
    mistake
  )
}

/** What its positions tell need not be kept with an actor. */
function stripped(replica: Replica, isChecked: boolean, mistake: Mistake | undefined): Replica {
  const believed = isChecked || mistake !== 'believes its old context before it is checked' ? 0 : replica.context
  const records = replica.actors.map(record => {
    const gaps = record.gaps & ~record.extra & ~believed
    const extra = record.extra & ~(belowOf(record) & ~gaps)
    return gaps === record.gaps && extra === record.extra ? record : { ...record, extra, gaps }
  })
  return { context: replica.context, actors: records }
}

// ---- what must hold ------------------------------------------------------------------------------------------------------------

function wrong(world: World, mistake: Mistake | undefined): string | undefined {
  const { updates, peer, disk, phase } = world
  const atPeer = inexact(updates, peer, 'the peer')
  if (atPeer !== undefined || phase === 'unchecked' || phase === 'rotten') return atPeer
  return inexact(updates, disk, 'the disk') ?? unrepaired(world, mistake)
}

/**
 * An actor is what its dots say. An extra dot counts as seen, but what its update removed may still be visible: a removal that came
 * early names dots, not their effects.
 */
function inexact(updates: readonly Update[], replica: Replica, who: string): string | undefined {
  for (const actor of actors) {
    const record = at(replica.actors, actor)
    const { live } = record
    const known = seenOf(record)
    if ((live & ~known) !== 0) return `${who} shows an add that it does not know`
    if ((expected(updates, known, known, actor) & ~live) !== 0) return `${who} does not show an add that it knows`
    if ((live & ~expected(updates, known, replica.context, actor)) !== 0)
      return `${who} shows what it knows to be removed`
  }
  return undefined
}

/** Streams alone make the two equal, and neither loses by it what it had. */
function unrepaired(world: World, mistake: Mistake | undefined): string | undefined {
  let { disk, peer } = world
  for (let round = 0; round < 2; round++) {
    disk = caughtUp(disk, peer, true, mistake)
    peer = caughtUp(peer, disk, true, mistake)
  }
  const inexactly =
    inexact(world.updates, disk, 'after all streams the disk') ??
    inexact(world.updates, peer, 'after all streams the peer')
  if (inexactly !== undefined) return inexactly
  if (disk.context !== peer.context) return 'contexts differ after all streams'
  for (const actor of actors) {
    const live = at(peer.actors, actor).live
    if (at(disk.actors, actor).live !== live) return 'equal contexts over unequal states'
    let removed = 0
    for (const update of world.updates)
      if (update.actor === actor && update.isRepeat !== true) removed |= update.removes
    const had = at(world.disk.actors, actor).live | at(world.peer.actors, actor).live
    if ((had & ~removed & ~live) !== 0) return 'an add is lost that one of them had'
  }
  return undefined
}

function positionsOf(record: ActorRecord): Dots {
  let dots = 0
  for (const origin of origins) {
    const seq = at(record.index, origin)
    if (seq > 0) dots |= dotOf(origin, seq)
  }
  return dots
}

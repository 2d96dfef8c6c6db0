/**
 * Model of the data path of one `lease` shard: owners with epochs, replicas with promises, replica sets that change.
 *
 * The lease store is one register under compare-and-set. A replica keeps one record per actor, the newest, so its state is what its
 * position says and perhaps some whole records above it. Whatever was ever sent may arrive at any time, or never; an old owner goes
 * on until a replica tells it, a new one may die at any point. A replica may forget all but its records. What has been accepted by a majority counts as acknowledged at once,
 * because the answers may come late. Source: Lamport, Malkhi, Zhou, "Vertical Paxos and primary-backup replication", 2009.
 */
import { at } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. */
export type Mistake =
  | 'seals nothing'
  | 'accepts what does not follow'
  | 'asks its own replica set only'
  | 'asks the set that was claimed last'
  | 'loses its promise when it restarts'
  | 'opens before a majority has the cut'
  | 'opens without compare-and-set'
  | 'claims again under the same epoch'
  | 'asks less than a majority of a set'
  | 'compares positions by number only'
  | 'keeps entries above the cut'
  | 'keeps its position while it sets entries aside'
  | 'moves its position with every page'
  | 'keeps the stamps of what stands above the cut'
  | 'gives a vote to who has forgotten'
  | 'believes any epoch when it has forgotten'
  | 'names each try in its lineage'
  | 'names no opened epoch without entries'
  | 'drops what was claimed without it'
  | 'drops what a claim is to have'
  | 'drops what it has promised to a later owner'

export interface Bounds {
  readonly nodes: number
  /** The first is the set of epoch 1, which is open and owned by its first node. Any may be the set of a later epoch. */
  readonly sets: readonly (readonly number[])[]
  readonly epochs: number
  readonly actors: number
  readonly writes: number
  /** Entries that stand above a position may be torn out of a fetch that broke off: how many single records are fetched so. */
  readonly parts: number
  /** How often a replica loses its promise and its lineage, and keeps its records. @default 0 */
  readonly losses?: number
  /** How often a replica that others have taken the place of drops all it has, and keeps its promise. @default 0 */
  readonly drops?: number
  /** Owners give those, too, everything that are none of their replicas; they do not count. @default false */
  readonly learners?: boolean
  /** Epochs that a lineage can name. @default all */
  readonly named?: number
}

/** An actor's whole state: which writes are in it, and the entry that it is from. */
interface Rec {
  readonly epoch: number
  readonly n: number
  readonly writes: number
}

interface Replica {
  readonly promise: number
  /** Per epoch how many of its entries are below this state; -1: none was ever here. The last of them is the position. */
  readonly lineage: readonly number[]
  readonly records: readonly Rec[]
}

export interface Owner {
  readonly node: number
  readonly set: readonly number[]
  /** That it must seal a majority of: the set of the last epoch that was opened. In others nothing can have been acknowledged. */
  readonly sealing: readonly number[]
  /** That epoch. */
  readonly opened: number
  readonly phase: 'sealing' | 'adopted' | 'opened'
  /** Per node the lineage that it told with its promise. */
  readonly heard: readonly (readonly number[] | undefined)[]
  /** Per entry, from 1: the actor and its whole state. The first ones may be rewritten ones of before. */
  readonly log: readonly { readonly actor: number; readonly record: Rec }[]
  /** Writes in what it adopted. */
  readonly base: number
  /** Per node the longest prefix that it has ever answered to have accepted; -1: not even the cut. */
  readonly accepted: readonly number[]
  readonly atOpening: number
}

export interface World {
  /** The ownership record: the last epoch that was claimed, the last one that was opened, and the sets of both. */
  readonly epoch: number
  readonly set: readonly number[]
  readonly opened: number
  readonly openedSet: readonly number[]
  /** By epoch. */
  readonly owners: readonly (Owner | undefined)[]
  readonly replicas: readonly Replica[]
  readonly written: number
  readonly parts: number
  readonly losses: number
  readonly drops: number
}

export function epochsModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  return {
    starts: [startOf(bounds)],
    next(world, emit) {
      claim(world, bounds, mistake, emit)
      for (let epoch = 1; epoch <= bounds.epochs; epoch++) {
        const owner = world.owners[epoch]
        if (owner === undefined) continue
        if (owner.phase === 'sealing') seal(world, epoch, owner, mistake, emit)
        if (owner.phase === 'sealing') adopt(world, bounds, epoch, owner, mistake, emit)
        else spread(world, bounds, epoch, owner, mistake, emit)
        if (owner.phase === 'adopted') open(world, epoch, owner, mistake, emit)
        if (owner.phase === 'opened') append(world, bounds, epoch, owner, emit)
      }
      if (mistake === 'loses its promise when it restarts') restart(world, emit)
      if (world.losses < (bounds.losses ?? 0)) forget(world, emit)
      if (world.drops < (bounds.drops ?? 0)) drop(world, mistake, emit)
    },
    key: keyOf,
    check: world => wrong(world, bounds)
  }
}

type Emit = (event: string, after: World) => void

function startOf({ nodes, sets, epochs, actors }: Bounds): World {
  const set = at(sets, 0)
  const none: Rec = { epoch: 0, n: 0, writes: 0 }
  const lineage = (isMember: boolean) =>
    Array.from({ length: epochs + 1 }, (_, e) => (e === 0 || (e === 1 && isMember) ? 0 : -1))
  const replicas = Array.from({ length: nodes }, (_, id): Replica => {
    const isMember = set.includes(id)
    return { promise: isMember ? 1 : 0, lineage: lineage(isMember), records: Array<Rec>(actors).fill(none) }
  })
  const accepted = replicas.map((_, id) => (set.includes(id) ? 0 : -1))
  const heard = replicas.map(() => undefined)
  const first: Owner = {
    node: at(set, 0),
    set,
    sealing: [],
    opened: 0,
    phase: 'opened',
    heard,
    log: [],
    base: 0,
    accepted,
    atOpening: 0
  }
  return {
    epoch: 1,
    set,
    opened: 1,
    openedSet: set,
    owners: [undefined, first],
    replicas,
    written: 0,
    parts: 0,
    losses: 0,
    drops: 0
  }
}

// ---- opening an epoch ----------------------------------------------------------------------------------------------------

function claim(world: World, bounds: Bounds, mistake: Mistake | undefined, emit: Emit): void {
  const last = world.owners[world.epoch]
  if (mistake === 'claims again under the same epoch' && last !== undefined && last.phase !== 'sealing') {
    // The process is a new one, and knows nothing of what it had appended.
    const again = claimed(world, world.epoch, last.node, last.set, mistake)
    emit(`again claimed: ${world.epoch}`, again)
  }
  if (world.epoch === bounds.epochs) return
  for (const set of bounds.sets) {
    for (const node of set) {
      const after = claimed(world, world.epoch + 1, node, set, mistake)
      emit(`claim of ${world.epoch + 1} by ${node} with ${set}`, after)
    }
  }
}

function claimed(
  world: World,
  epoch: number,
  node: number,
  set: readonly number[],
  mistake: Mistake | undefined
): World {
  const asksOwn = mistake === 'asks its own replica set only'
  const asksLast = mistake === 'asks the set that was claimed last'
  const owner: Owner = {
    node,
    set,
    sealing: asksOwn ? set : asksLast ? world.set : world.openedSet,
    opened: world.opened,
    phase: 'sealing',
    heard: world.replicas.map(() => undefined),
    log: [],
    base: 0,
    accepted: world.replicas.map(() => -1),
    atOpening: 0
  }
  return { ...withOwner(world, epoch, owner), epoch, set }
}

/** A replica promises, and tells where it stands. It says so to an owner that has died, too. */
function seal(world: World, epoch: number, owner: Owner, mistake: Mistake | undefined, emit: Emit): void {
  world.replicas.forEach((replica, id) => {
    if (owner.heard[id] !== undefined || promiseOf(world, replica, mistake) > epoch) return
    if (id !== owner.node && !owner.sealing.includes(id)) return
    const promised = mistake === 'seals nothing' ? replica : { ...replica, promise: epoch }
    const heard = owner.heard.with(id, replica.lineage)
    emit(`seal of ${epoch} at ${id}`, withOwner(withReplica(world, id, promised), epoch, { ...owner, heard }))
  })
}

function isSealed({ sealing, heard }: Owner, mistake: Mistake | undefined): boolean {
  const needed = Math.floor(sealing.length / 2) + (mistake === 'asks less than a majority of a set' ? 0 : 1)
  const votes = (lineage: readonly number[] | undefined) =>
    lineage !== undefined && (mistake === 'gives a vote to who has forgotten' || knows(lineage))
  return sealing.filter(id => votes(heard[id])).length >= needed
}

/** The new owner fetches from the replica that has the longest prefix, record by record, and ends in its state. */
function adopt(
  world: World,
  bounds: Bounds,
  epoch: number,
  owner: Owner,
  mistake: Mistake | undefined,
  emit: Emit
): void {
  if (owner.heard[owner.node] === undefined || !isSealed(owner, mistake)) return
  const source = longest(owner, mistake)
  const from = at(world.replicas, source)
  const own = at(world.replicas, owner.node)
  const mayFetch = (promise: number) => promise === epoch || (mistake === 'seals nothing' && promise <= epoch)
  if (!mayFetch(from.promise) || !mayFetch(own.promise)) return
  if (source !== owner.node) parts(world, bounds, source, owner.node, epoch, mistake, emit)
  const { lineage, records } = source === owner.node ? own : completed(own, from, mistake)
  // A record above the position is no part of the prefix: it becomes an entry of this epoch, so that the cut is a number.
  const log: { actor: number; record: Rec }[] = []
  const adopted = records.map((record, actor): Rec => {
    if (isOn(lineage, record) || mistake === 'keeps the stamps of what stands above the cut') return record
    const rewritten = { epoch, n: log.length + 1, writes: record.writes }
    log.push({ actor, record: rewritten })
    return rewritten
  })
  let base = 0
  for (const { writes } of adopted) base |= writes
  const named = extended(lineage, { epoch, n: log.length }, owner.opened, bounds, mistake)
  const replica: Replica = { promise: epoch, lineage: named, records: adopted }
  const accepted = owner.accepted.with(owner.node, log.length)
  const after: Owner = { ...owner, phase: 'adopted', log, base, accepted, atOpening: log.length }
  emit(`adopt from ${source} by ${owner.node}`, withOwner(withReplica(world, owner.node, replica), epoch, after))
}

function longest({ heard, node }: Owner, mistake: Mistake | undefined): number {
  let best = node
  heard.forEach((lineage, id) => {
    const position = positionOf(heard[best] ?? [])
    if (lineage !== undefined && isAbove(positionOf(lineage), position, mistake)) best = id
  })
  return best
}

function open(world: World, epoch: number, owner: Owner, mistake: Mistake | undefined, emit: Emit): void {
  const isStored = isMajority(owner, owner.atOpening) || mistake === 'opens before a majority has the cut'
  const isCurrent = world.epoch === epoch || mistake === 'opens without compare-and-set'
  if (!isStored || !isCurrent) return
  const opened = withOwner(world, epoch, { ...owner, phase: 'opened' })
  emit(`open ${epoch}`, { ...opened, opened: epoch, openedSet: owner.set })
}

// ---- an owner and its replicas ---------------------------------------------------------------------------------------------

function append(world: World, bounds: Bounds, epoch: number, owner: Owner, emit: Emit): void {
  const own = at(world.replicas, owner.node)
  if (world.written === bounds.writes || own.promise !== epoch || positionOf(own.lineage).epoch !== epoch) return
  for (let actor = 0; actor < bounds.actors; actor++) {
    // Actors are alike until the first write.
    if (world.written === 0 && actor > 0) continue
    const n = owner.log.length + 1
    const record: Rec = { epoch, n, writes: at(own.records, actor).writes | (1 << world.written) }
    const replica = { ...own, lineage: own.lineage.with(epoch, n), records: own.records.with(actor, record) }
    const after: Owner = {
      ...owner,
      log: [...owner.log, { actor, record }],
      accepted: owner.accepted.with(owner.node, n)
    }
    const changed = withOwner(withReplica(world, owner.node, replica), epoch, after)
    emit(`append ${epoch}:${n} to ${'AB'[actor]}`, { ...changed, written: world.written + 1 })
  }
}

/** Entries that follow, and for who lacks more, a fetch of what the owner has now. */
function spread(
  world: World,
  bounds: Bounds,
  epoch: number,
  owner: Owner,
  mistake: Mistake | undefined,
  emit: Emit
): void {
  for (const [id, replica] of world.replicas.entries()) {
    // Who is to be a replica later may be given everything before, and does not count.
    if (!owner.set.includes(id) && bounds.learners !== true) continue
    if (id === owner.node || (promiseOf(world, replica, mistake) > epoch && mistake !== 'seals nothing')) continue
    const position = positionOf(replica.lineage)
    owner.log.forEach(({ actor, record }, i) => {
      const isNext = position.epoch === epoch && position.n === i
      const skips = mistake === 'accepts what does not follow' && position.epoch === epoch && position.n < i
      if (!isNext && !skips) return
      const stored = { ...replica, promise: Math.max(epoch, replica.promise) }
      const kept = newer(at(replica.records, actor), record)
      const after = { ...stored, lineage: stored.lineage.with(epoch, i + 1), records: stored.records.with(actor, kept) }
      emit(`accept ${epoch}:${i + 1} at ${id}`, accepted(withReplica(world, id, after), epoch, owner, id, i + 1))
    })
    const own = at(world.replicas, owner.node)
    if (own.promise !== epoch || positionOf(own.lineage).epoch !== epoch) continue
    const behind = positionOf(own.lineage)
    if (position.epoch === epoch && position.n >= behind.n) continue
    parts(world, bounds, owner.node, id, epoch, mistake, emit)
    const complete = { ...completed(replica, own, mistake), promise: epoch }
    emit(`fetched from ${owner.node} by ${id}`, accepted(withReplica(world, id, complete), epoch, owner, id, behind.n))
  }
}

/** The replica goes down to the common prefix, or one actor's record comes over with that, and the rest does not, or not yet. */
function parts(
  world: World,
  bounds: Bounds,
  source: number,
  id: number,
  epoch: number,
  mistake: Mistake | undefined,
  emit: Emit
): void {
  if (world.parts === bounds.parts) return
  const from = at(world.replicas, source)
  const replica = at(world.replicas, id)
  const common = commonOf(replica.lineage, from.lineage)
  const lowered = cutTo(replica.lineage, common)
  if (lowered.some((n, e) => n !== replica.lineage[e])) {
    const after = withReplica(world, id, { ...replica, promise: epoch, lineage: lowered })
    emit(`lower ${id} to ${source}`, { ...after, parts: world.parts + 1 })
  }
  replica.records.forEach((record, actor) => {
    const taken = takenOf(record, at(from.records, actor), from.lineage, common, mistake)
    if (taken === record) return
    const isEarly = mistake === 'moves its position with every page'
    const keeps = mistake === 'keeps its position while it sets entries aside'
    const lineage = isEarly ? from.lineage : keeps ? replica.lineage : lowered
    const after: Replica = { promise: epoch, lineage, records: replica.records.with(actor, taken) }
    emit(`part ${'AB'[actor]} of ${source} by ${id}`, { ...withReplica(world, id, after), parts: world.parts + 1 })
  })
}

function restart(world: World, emit: Emit): void {
  world.replicas.forEach((replica, id) => {
    const stored = positionOf(replica.lineage).epoch
    if (replica.promise > stored) emit(`restart of ${id}`, withReplica(world, id, { ...replica, promise: stored }))
  })
}

/** A disk that opened with holes. What has been said is said. */
function forget(world: World, emit: Emit): void {
  world.replicas.forEach((replica, id) => {
    if (!knows(replica.lineage)) return
    const blank = { ...replica, promise: 0, lineage: replica.lineage.map((_, epoch) => (epoch === 0 ? 0 : -1)) }
    emit(`loss at ${id}`, { ...withReplica(world, id, blank), losses: world.losses + 1 })
  })
}

/**
 * A node that has read the ownership record, perhaps long ago, and was in none of its sets: it promises what was claimed there, and drops what
 * it has. What it has of a later epoch is not what the record spoke of.
 */
function drop(world: World, mistake: Mistake | undefined, emit: Emit): void {
  world.replicas.forEach((replica, id) => {
    if (!knows(replica.lineage)) return
    const least = mistake === 'drops what it has promised to a later owner' ? 1 : replica.promise
    const isCareless = mistake === 'drops what a claim is to have'
    for (let claimed = least; claimed <= world.epoch; claimed++) {
      const owner = world.owners[claimed]
      if (owner === undefined || (owner.set.includes(id) && !isCareless)) continue
      // What the record said of the last opened epoch when this one was claimed, or what it says since this one is open.
      const opened =
        owner.phase === 'opened' || mistake === 'drops what was claimed without it' ? claimed : owner.opened
      if (opened !== claimed && owner.sealing.includes(id)) continue
      const isLater = opened > positionOf(replica.lineage).epoch
      if (!isLater && mistake === undefined) continue
      const none: Rec = { epoch: 0, n: 0, writes: 0 }
      const lineage = replica.lineage.map((_, epoch) => (epoch === 0 ? 0 : -1))
      // Its process may end before the records are gone.
      for (const records of [replica.records, replica.records.map(() => none)]) {
        const blank: Replica = { promise: Math.max(claimed, replica.promise), lineage, records }
        emit(`drop at ${id}`, { ...withReplica(world, id, blank), drops: world.drops + 1 })
      }
    }
  })
}

// ---- the rules under test ---------------------------------------------------------------------------------------------------

interface Position {
  readonly epoch: number
  readonly n: number
}

function positionOf(lineage: readonly number[]): Position {
  for (let epoch = lineage.length - 1; epoch > 0; epoch--) {
    const n = at(lineage, epoch)
    if (n >= 0) return { epoch, n }
  }
  return { epoch: 0, n: 0 }
}

/** Who remembers nothing asks the store first, and promises what was claimed last. */
function promiseOf(world: World, { promise, lineage }: Replica, mistake: Mistake | undefined): number {
  if (promise > 0 || knows(lineage) || mistake === 'believes any epoch when it has forgotten') return promise
  return world.epoch
}

/** Some owner has brought it up. */
function knows(lineage: readonly number[]): boolean {
  return lineage.some((n, epoch) => epoch > 0 && n >= 0)
}

/** With an epoch that begins. Of others without entries only the one that was opened last keeps its name. */
function extended(
  lineage: readonly number[],
  { epoch, n }: Position,
  opened: number,
  { named = lineage.length }: Bounds,
  mistake: Mistake | undefined
): readonly number[] {
  const keeps = (e: number, cut: number) => {
    if (cut > 0 || e === 0 || mistake === 'names each try in its lineage') return true
    return e === opened && mistake !== 'names no opened epoch without entries'
  }
  const longer = lineage.map((cut, e) => (keeps(e, cut) ? cut : -1)).with(epoch, n)
  const epochs = longer.flatMap((cut, e) => (e > 0 && cut >= 0 ? [e] : []))
  const least = epochs.at(-named) ?? 0
  return longer.map((cut, e) => (e > 0 && e < least ? -1 : cut))
}

function isAbove(a: Position, b: Position, mistake?: Mistake): boolean {
  if (mistake === 'compares positions by number only') return a.n > b.n
  return a.epoch > b.epoch || (a.epoch === b.epoch && a.n > b.n)
}

/** The entry is one of those that make up the prefix. */
function isOn(lineage: readonly number[], { epoch, n }: Position): boolean {
  return at(lineage, epoch) >= n
}

/** Where a lineage has no room for more epochs, what is older than all that it names was replaced by then, or is on it. */
function oldestNamed(lineage: readonly number[], { named = lineage.length }: Bounds): number {
  const epochs = lineage.flatMap((n, epoch) => (epoch > 0 && n >= 0 ? [epoch] : []))
  return epochs.at(-named) ?? 0
}

/** Up to where both have the same prefix. */
function commonOf(a: readonly number[], b: readonly number[]): Position {
  for (let epoch = a.length - 1; epoch > 0; epoch--)
    if (at(a, epoch) >= 0 && at(b, epoch) >= 0) return { epoch, n: Math.min(at(a, epoch), at(b, epoch)) }
  return { epoch: 0, n: 0 }
}

function cutTo(lineage: readonly number[], { epoch, n }: Position): readonly number[] {
  return lineage.map((cut, e) => (e < epoch ? cut : e === epoch ? n : -1))
}

/** What becomes of a record: what is not on the other's prefix is set aside; of two that are, the higher stays. */
function takenOf(
  mine: Rec,
  theirs: Rec,
  lineage: readonly number[],
  common: Position,
  mistake: Mistake | undefined
): Rec {
  if (mine.epoch === theirs.epoch && mine.n === theirs.n && mine.writes === theirs.writes) return mine
  if (!isOn(lineage, mine) && mistake !== 'keeps entries above the cut') return theirs
  // By the index: of what is at or below the common prefix the other says nothing.
  return isAbove(theirs, common) ? newer(mine, theirs) : mine
}

function completed(replica: Replica, from: Replica, mistake: Mistake | undefined): Replica {
  const common = commonOf(replica.lineage, from.lineage)
  const records = replica.records.map((record, actor) =>
    takenOf(record, at(from.records, actor), from.lineage, common, mistake)
  )
  return { promise: replica.promise, lineage: from.lineage, records }
}

function newer(a: Rec, b: Rec): Rec {
  return isAbove(b, a) ? b : a
}

function isMajority({ set, accepted }: Owner, n: number): boolean {
  return set.filter(id => at(accepted, id) >= n).length > set.length / 2
}

// ---- what must hold -----------------------------------------------------------------------------------------------------------

function wrong(world: World, bounds: Bounds): string | undefined {
  let acknowledged = 0
  for (const [epoch, owner] of world.owners.entries()) {
    if (owner === undefined) continue
    if (owner.phase === 'opened') {
      if ((acknowledged & ~owner.base) !== 0) return `epoch ${epoch} has opened without an acknowledged write`
      const own = at(world.replicas, owner.node)
      const serves = own.promise === epoch && positionOf(own.lineage).epoch === epoch
      let has = 0
      for (const { writes } of own.records) has |= writes
      if (serves && (acknowledged & ~has) !== 0)
        return `the owner of epoch ${epoch} serves without an acknowledged write`
      owner.log.forEach(({ record }, i) => {
        if (isMajority(owner, i + 1)) acknowledged |= record.writes
      })
    }
  }
  return returning(world) ?? unopenable(world) ?? differing(world, bounds)
}

/** What an epoch has opened without is in none that opens later, and its owner may say so. */
function returning({ owners }: World): string | undefined {
  let written = 0
  let excluded = 0
  for (const [epoch, owner] of owners.entries()) {
    if (owner?.phase !== 'opened') continue
    if ((owner.base & excluded) !== 0) return `epoch ${epoch} has a write that one before it has excluded`
    excluded |= written & ~owner.base
    for (const { record } of owner.log) written |= record.writes
  }
  return undefined
}

/** Where nobody has lost anything, a majority of the set that was opened last has a vote. */
function unopenable({ openedSet, replicas, losses }: World): string | undefined {
  const voters = openedSet.filter(id => knows(at(replicas, id).lineage)).length
  return losses === 0 && voters <= openedSet.length / 2 ? 'nobody can open the shard any more' : undefined
}

/** One entry, one state; one prefix, one state; what is not on the prefix stands above it. */
function differing({ replicas }: World, bounds: Bounds): string | undefined {
  for (const [id, a] of replicas.entries()) {
    const isSettled = ({ epoch }: Position) => epoch < oldestNamed(a.lineage, bounds)
    if (
      a.records.some(
        record => !isOn(a.lineage, record) && !isSettled(record) && !isAbove(record, positionOf(a.lineage))
      )
    )
      return `${id} keeps an entry above a cut as if it were below`
    for (const b of replicas.slice(id + 1)) {
      const common = commonOf(a.lineage, b.lineage)
      const position = positionOf(a.lineage)
      const isEqual =
        common.epoch === position.epoch && common.n === position.n && !isAbove(positionOf(b.lineage), common)
      for (const [actor, mine] of a.records.entries()) {
        const theirs = at(b.records, actor)
        const isSame = mine.epoch === theirs.epoch && mine.n === theirs.n
        if (isSame && mine.writes !== theirs.writes) return `two entries have the number ${mine.epoch}:${mine.n}`
        if (isEqual && !isSame && isOn(a.lineage, mine) && isOn(b.lineage, theirs))
          return `two replicas are at ${position.epoch}:${position.n} and differ`
      }
    }
  }
  return undefined
}

// ---- states -------------------------------------------------------------------------------------------------------------------

function withReplica(world: World, id: number, replica: Replica): World {
  return { ...world, replicas: world.replicas.with(id, replica) }
}

function withOwner(world: World, epoch: number, owner: Owner): World {
  const owners = [...world.owners]
  owners[epoch] = owner
  return { ...world, owners }
}

function accepted(world: World, epoch: number, owner: Owner, id: number, n: number): World {
  const most = Math.max(at(owner.accepted, id), n)
  return withOwner(world, epoch, { ...owner, accepted: owner.accepted.with(id, most) })
}

function keyOf({ epoch, set, opened, openedSet, owners, replicas, written, parts, losses, drops }: World): string {
  const numbers = [epoch, opened, written, parts, losses, drops, set.length, ...set, ...openedSet]
  for (const { promise, lineage, records } of replicas) {
    numbers.push(promise, ...lineage)
    for (const record of records) numbers.push(record.epoch, record.n, record.writes)
  }
  for (const owner of owners) {
    if (owner === undefined) continue
    const { node, set, sealing, phase, heard, log, base, accepted, atOpening } = owner
    numbers.push(node, set.length, ...set, phase.length, base, atOpening, ...accepted, log.length)
    for (const { actor, record } of log) numbers.push(actor, record.writes)
    // What was heard matters until something is adopted.
    if (phase === 'sealing') {
      numbers.push(owner.opened, ...sealing, 50)
      for (const lineage of heard) numbers.push(...(lineage ?? [60]))
    }
  }
  let key = ''
  for (const number of numbers) key += String.fromCharCode(number + 2)
  return key
}

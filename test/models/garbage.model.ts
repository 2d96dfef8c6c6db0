/**
 * Model of garbage that goes away: actors of which nothing is left lose their record and their index entries, and the floor says so.
 *
 * One shard of add-wins sets. Removing leaves no tombstone, so of a removed actor only its index entries tell a replica that
 * missed the removal. They are dropped after a round in which the members have confirmed that their disks cover a context; the floor,
 * the dots that the index names no more, rises in the same step. Whoever does not cover a sender's floor gets a full compare, in which
 * absence is information. Disks crash, are restored from old copies or lost, members join and are given up. Streams are one step
 * here: what happens inside one is in catch-up.model.ts.
 */
import { at, type Dots, dotSets, expected, type Update, writesOf } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. Each was once a plausible design. */
export type Mistake =
  | 'drops without raising its floor'
  | 'answers by the index whatever its floor is'
  | 'drops without asking anybody'
  | 'confirms what is only in its memory'
  | 'counts what an earlier life has confirmed'
  | 'drops what the round did not ask about'
  | 'drops an actor that has extra dots'
  | 'drops the record and leaves the index entries'
  | 'takes absence for ignorance'
  | 'takes over no floor after a full compare'
  | 'takes over the floor alone where equal actors were skipped'
  | 'skips an equal actor that has extra dots'

export interface Bounds {
  readonly replicas: number
  readonly actors: number
  /** Updates in all. */
  readonly updates: number
  /** Rounds in all. One is open at a time. */
  readonly rounds: number
  /** Whether a round may leave out a member, as if it had been silent for too long. */
  readonly givesUp: boolean
  /** Restored or lost disks in all. */
  readonly restores: number
  /** Disks in all that lose the record of an actor, with its index entries, and notice it. */
  readonly damages: number
  /** Crashes in all. Without any, everything is on disk at once. */
  readonly crashes: number
  /** The last replica joins later. */
  readonly joins: boolean
  /** Whether it begins with an actor that was added, removed (two of the updates) and dropped by all members. */
  readonly isAged: boolean
}

/** An origin is a life of a replica. */
const { dotOf, oneOrigin, upTo, firstSeq } = dotSets(5)
const maxOrigins = 6

/** What a replica has of the shard, in memory or on disk. */
interface Content {
  readonly context: Dots
  /** Dots whose updates the index need not name. */
  readonly floor: Dots
  /** Per actor, the adds that are visible. */
  readonly live: readonly Dots[]
  /** Per actor, dots seen for it beyond the context. */
  readonly extra: readonly Dots[]
  /** `origin * actors + actor` → the newest seq of that origin that changed the actor, or 0. */
  readonly index: readonly number[]
  /** Actors that have a record, one bit each. */
  readonly records: number
}

interface Replica {
  readonly origin: number
  readonly isMember: boolean
  readonly memory: Content
  readonly disk: Content
}

interface Round {
  readonly of: number
  /** What is asked about: the context on the disk of who asks. */
  readonly asked: Dots
  /** Members that need not confirm. */
  readonly givenUp: number
  readonly confirmed: number
}

export interface World {
  readonly updates: readonly Update[]
  /** Updates that were on their writer's disk, and so may have been pushed. */
  readonly pushed: Dots
  readonly replicas: readonly Replica[]
  readonly round: Round | undefined
  /** A copy of one disk. */
  readonly copy: { readonly of: number; readonly content: Content } | undefined
  readonly lives: number
  readonly rounds: number
  readonly restores: number
  readonly damages: number
  readonly crashes: number
  /** What was dropped though a member that had to be asked did not have it. */
  readonly fault: string | undefined
}

type Emit = (event: string, after: World) => void

export function garbageModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const rules = new Rules(bounds, mistake)
  return {
    starts: [rules.start()],
    next(world, emit) {
      rules.write(world, emit)
      rules.push(world, emit)
      rules.pull(world, emit)
      rules.round(world, emit)
      rules.trouble(world, emit)
    },
    key: keyOf,
    check: world => rules.check(world)
  }
}

class Rules {
  readonly #bounds: Bounds
  readonly #mistake: Mistake | undefined
  readonly #actors: readonly number[]

  constructor(bounds: Bounds, mistake: Mistake | undefined) {
    this.#bounds = bounds
    this.#mistake = mistake
    this.#actors = Array.from({ length: bounds.actors }, (_, actor) => actor)
  }

  #makes(mistake: Mistake): boolean {
    return this.#mistake === mistake
  }

  start(): World {
    const { replicas, joins, isAged } = this.#bounds
    const [added, removed] = [dotOf(0, 1), dotOf(0, 2)]
    const past: Update[] = [
      { dot: added, origin: 0, seq: 1, after: 0, actor: 0, adds: true, removes: 0 },
      { dot: removed, origin: 0, seq: 2, after: 1, actor: 0, adds: false, removes: added }
    ]
    const young = this.#empty()
    const aged = isAged ? { ...young, context: added | removed, floor: added | removed } : young
    const replica = (id: number): Replica => {
      const isMember = !joins || id < replicas - 1
      const content = isMember ? aged : young
      return { origin: id, isMember, memory: content, disk: content }
    }
    return {
      updates: isAged ? past : [],
      pushed: isAged ? added | removed : 0,
      replicas: Array.from({ length: replicas }, (_, id) => replica(id)),
      round: undefined,
      copy: undefined,
      lives: replicas,
      rounds: 0,
      restores: 0,
      damages: 0,
      crashes: 0,
      fault: undefined
    }
  }

  #empty(): Content {
    const none = this.#actors.map(() => 0)
    const index = Array<number>(maxOrigins * this.#bounds.actors).fill(0)
    return { context: 0, floor: 0, live: none, extra: none, index, records: 0 }
  }

  // ---- what happens ----------------------------------------------------------------------------------------------------------

  write(world: World, emit: Emit): void {
    if (world.updates.length === this.#bounds.updates) return
    world.replicas.forEach(({ origin, isMember, memory }, id) => {
      if (!isMember) return
      for (const { event, update } of writesOf(origin, memory.live, world.updates, dotOf)) {
        const after = this.#changed(world, id, this.#applied(memory, update))
        const updates = [...world.updates, update]
        const pushed = this.#bounds.crashes === 0 ? after.pushed | update.dot : after.pushed
        emit(event, { ...after, updates, pushed })
      }
    })
  }

  push(world: World, emit: Emit): void {
    for (const update of world.updates) {
      if ((update.dot & world.pushed) === 0) continue
      world.replicas.forEach(({ isMember, memory }, to) => {
        if (!isMember || (memory.context & update.dot) !== 0) return
        emit(`push ${update.origin}:${update.seq} to ${to}`, this.#changed(world, to, this.#applied(memory, update)))
      })
    }
  }

  pull(world: World, emit: Emit): void {
    world.replicas.forEach((receiver, to) => {
      world.replicas.forEach((sender, from) => {
        if (from === to || !receiver.isMember || !sender.isMember) return
        if ((sender.disk.context & ~receiver.memory.context) === 0) return
        const how = this.#isFull(sender.disk, receiver.memory) ? 'compare' : 'scan'
        emit(`${how} from ${from} by ${to}`, this.#changed(world, to, this.#caughtUp(receiver.memory, sender.disk)))
      })
    })
  }

  round(world: World, emit: Emit): void {
    const { round } = world
    if (round === undefined) {
      if (world.rounds === this.#bounds.rounds) return
      world.replicas.forEach(({ isMember, disk }, of) => {
        if (!isMember || !this.#actors.some(actor => this.#isEmptied(disk, actor))) return
        const rounds = world.rounds + 1
        const open = { of, asked: disk.context, givenUp: 0, confirmed: 0 }
        emit(`ask by ${of}`, { ...world, rounds, round: open })
        if (!this.#bounds.givesUp) return
        world.replicas.forEach((other, id) => {
          if (id === of || !other.isMember) return
          emit(`ask by ${of} without ${id}`, { ...world, rounds, round: { ...open, givenUp: 1 << id } })
        })
      })
      return
    }
    world.replicas.forEach(({ isMember, memory, disk }, id) => {
      if (id === round.of || !isMember || ((round.confirmed | round.givenUp) & (1 << id)) !== 0) return
      const has = this.#makes('confirms what is only in its memory') ? memory.context : disk.context
      if ((round.asked & ~has) !== 0) return
      emit(`confirm ${id} to ${round.of}`, { ...world, round: { ...round, confirmed: round.confirmed | (1 << id) } })
    })
    this.#drop(world, round, emit)
    emit(`end round of ${round.of}`, { ...world, round: undefined })
  }

  #drop(world: World, round: Round, emit: Emit): void {
    const { memory } = at(world.replicas, round.of)
    const waits = world.replicas.some(
      ({ isMember }, id) => id !== round.of && isMember && ((round.confirmed | round.givenUp) & (1 << id)) === 0
    )
    if (waits && !this.#makes('drops without asking anybody')) return
    for (const actor of this.#actors) {
      if (!this.#isEmptied(memory, actor)) continue
      if (at(memory.extra, actor) !== 0 && !this.#makes('drops an actor that has extra dots')) continue
      const covered = this.#standsFor(memory, actor)
      if ((covered & ~round.asked) !== 0 && !this.#makes('drops what the round did not ask about')) continue
      const lacking = world.replicas.findIndex(
        ({ isMember, disk }, id) => isMember && (round.givenUp & (1 << id)) === 0 && (covered & ~disk.context) !== 0
      )
      const after = this.#changed(world, round.of, this.#without(memory, actor, covered))
      const fault =
        lacking < 0 || lacking === round.of ? undefined : `${round.of} drops what the disk of ${lacking} lacks`
      emit(`drop ${'AB'[actor]} at ${round.of}`, { ...after, fault })
    }
  }

  trouble(world: World, emit: Emit): void {
    const { crashes, restores } = this.#bounds
    world.replicas.forEach((replica, id) => {
      const { memory, disk, isMember } = replica
      if (!isMember) {
        emit(`join ${id}`, withReplica(world, id, { ...replica, isMember: true }))
        return
      }
      if (memory !== disk) {
        const saved = withReplica(world, id, { ...replica, disk: memory })
        emit(`commit ${id}`, { ...saved, pushed: world.pushed | (memory.context & oneOrigin(replica.origin)) })
      }
      if (world.crashes < crashes && world.lives < maxOrigins && memory !== disk)
        emit(`crash ${id}`, this.#reborn({ ...world, crashes: world.crashes + 1 }, id, disk))
      if (world.damages < this.#bounds.damages && world.lives < maxOrigins)
        for (const lost of this.#actors) {
          if ((disk.records & (1 << lost)) === 0) continue
          const damaged = { ...world, damages: world.damages + 1 }
          emit(`damage ${'AB'[lost]} at ${id}`, this.#reborn(damaged, id, this.#distrusted(disk, lost)))
        }
      if (restores === 0) return
      // A copy taken earlier or later is another copy; one is enough to go back to.
      if (world.copy === undefined && disk.context !== 0)
        emit(`copy ${id}`, { ...world, copy: { of: id, content: disk } })
      if (world.restores === restores || world.lives === maxOrigins) return
      const restored = { ...world, restores: world.restores + 1 }
      if (world.copy?.of === id) emit(`restore ${id}`, this.#reborn(restored, id, world.copy.content))
      if (disk.context !== 0) emit(`lose ${id}`, this.#reborn(restored, id, this.#empty()))
    })
  }

  /** What an earlier life confirmed counts no more, and who asked asks again. */
  #reborn(world: World, id: number, content: Content): World {
    const born = withReplica(world, id, {
      ...at(world.replicas, id),
      origin: world.lives,
      memory: content,
      disk: content
    })
    const { round } = world
    const isVoid = !this.#makes('counts what an earlier life has confirmed')
    const open =
      round === undefined || round.of === id
        ? undefined
        : { ...round, confirmed: isVoid ? round.confirmed & ~(1 << id) : round.confirmed }
    return { ...born, round: open, lives: world.lives + 1 }
  }

  // ---- the rules under test --------------------------------------------------------------------------------------------------

  #applied(content: Content, update: Update): Content {
    const { actor, dot, removes, origin, seq } = update
    const { live, extra } = this.#joined(content, actor, update.adds ? dot : 0, dot | removes)
    const index = content.index.slice()
    const slot = this.#slot(origin, actor)
    index[slot] = Math.max(at(index, slot), seq)
    return normal({
      ...content,
      context: content.context | dot,
      live,
      extra,
      index,
      records: content.records | (1 << actor)
    })
  }

  /** Keeps a dot that both sides have, or that one has and the other has not seen. */
  #joined(mine: Content, actor: number, fragment: Dots, context: Dots): Pick<Content, 'live' | 'extra'> {
    const extra = at(mine.extra, actor)
    const live = at(mine.live, actor)
    const seen = mine.context | extra
    const joined = (live & fragment) | (live & ~context) | (fragment & ~seen)
    return { live: mine.live.with(actor, joined), extra: mine.extra.with(actor, extra | context) }
  }

  #isFull(sender: Content, receiver: Content): boolean {
    if (this.#makes('answers by the index whatever its floor is')) return false
    return (sender.floor & ~receiver.context) !== 0
  }

  #caughtUp(receiver: Content, sender: Content): Content {
    return this.#isFull(sender, receiver) ? this.#compared(receiver, sender) : this.#scanned(receiver, sender)
  }

  /** All that the index names from the first seq of an origin that the receiver lacks. */
  #scanned(receiver: Content, sender: Content): Content {
    let after = receiver
    for (const actor of this.#actors) {
      const isNamed = Array.from({ length: maxOrigins }, (_, origin) => origin).some(origin => {
        const first = firstSeq(sender.context & ~receiver.context, origin)
        return first > 0 && at(sender.index, this.#slot(origin, actor)) >= first
      })
      if (isNamed) after = this.#taken(after, sender, actor)
    }
    return normal({ ...after, context: receiver.context | sender.context })
  }

  /** All actors that either has, except where both show the same. */
  #compared(receiver: Content, sender: Content): Content {
    let after = receiver
    for (const actor of this.#actors) {
      const isAbsent = (sender.records & (1 << actor)) === 0
      if (isAbsent && this.#makes('takes absence for ignorance')) continue
      const isEqual = at(receiver.live, actor) === at(sender.live, actor)
      const hasExtra = at(sender.extra, actor) !== 0 && !this.#makes('skips an equal actor that has extra dots')
      if (!isEqual || hasExtra) after = this.#taken(after, sender, actor)
    }
    let floor = receiver.floor | sender.context
    if (this.#makes('takes over no floor after a full compare')) floor = receiver.floor
    if (this.#makes('takes over the floor alone where equal actors were skipped')) floor = receiver.floor | sender.floor
    return normal({ ...after, context: receiver.context | sender.context, floor })
  }

  /** One actor as the sender has it; of one that it has not, that it has seen and removed all it knows of. */
  #taken(receiver: Content, sender: Content, actor: number): Content {
    const { live, extra } = this.#joined(
      receiver,
      actor,
      at(sender.live, actor),
      sender.context | at(sender.extra, actor)
    )
    const index = receiver.index.map((seq, slot) =>
      slot % this.#bounds.actors === actor ? Math.max(seq, at(sender.index, slot)) : seq
    )
    return { ...receiver, live, extra, index, records: receiver.records | (1 << actor) }
  }

  #isEmptied(content: Content, actor: number): boolean {
    return (content.records & (1 << actor)) !== 0 && at(content.live, actor) === 0
  }

  /** The dots that the index entries of an actor may stand for: of each origin all that were seen up to the entry. */
  #standsFor(content: Content, actor: number): Dots {
    let dots = 0
    for (let origin = 0; origin < maxOrigins; origin++)
      dots |= content.context & upTo(origin, at(content.index, this.#slot(origin, actor)))
    return dots
  }

  #without(content: Content, actor: number, covered: Dots): Content {
    const leavesEntries = this.#makes('drops the record and leaves the index entries')
    const index = content.index.map((seq, slot) => (slot % this.#bounds.actors === actor && !leavesEntries ? 0 : seq))
    const floor = this.#makes('drops without raising its floor') ? content.floor : content.floor | covered
    return {
      ...content,
      floor,
      index,
      extra: content.extra.with(actor, 0),
      records: content.records & ~(1 << actor)
    }
  }

  /**
   * A shard that has lost a record claims only what the others prove: the dots that the index names, and those alive. All of them
   * are named, so nothing is under its floor. An intact record goes on knowing what it has seen.
   */
  #distrusted(content: Content, lost: number): Content {
    let context = 0
    for (const actor of this.#actors) {
      if (actor === lost) continue
      context |= at(content.live, actor)
      for (let origin = 0; origin < maxOrigins; origin++) {
        const seq = at(content.index, this.#slot(origin, actor))
        if (seq > 0) context |= dotOf(origin, seq)
      }
    }
    const isIntact = (actor: number) => actor !== lost && (content.records & (1 << actor)) !== 0
    return normal({
      context,
      floor: 0,
      live: content.live.with(lost, 0),
      extra: content.extra.map((dots, actor) => (isIntact(actor) ? dots | content.context : 0)),
      index: content.index.map((seq, slot) => (slot % this.#bounds.actors === lost ? 0 : seq)),
      records: content.records & ~(1 << lost)
    })
  }

  #slot(origin: number, actor: number): number {
    return origin * this.#bounds.actors + actor
  }

  #changed(world: World, id: number, memory: Content): World {
    const replica = at(world.replicas, id)
    const disk = this.#bounds.crashes === 0 ? memory : replica.disk
    return withReplica(world, id, { ...replica, memory, disk })
  }

  // ---- what must hold --------------------------------------------------------------------------------------------------------

  check(world: World): string | undefined {
    const always = this.#inconsistent(world) ?? world.fault
    if (this.#mistake === undefined) return always ?? this.#inexact(world) ?? this.#unrepaired(world)
    return always ?? this.#unequal(world.replicas.map(replica => replica.memory)) ?? this.#unrepaired(world)
  }

  #inconsistent(world: World): string | undefined {
    for (const [id, { memory }] of world.replicas.entries()) {
      if ((memory.floor & ~memory.context) !== 0) return `the floor of ${id} is above its context`
      for (const [slot, seq] of memory.index.entries())
        if (seq > 0 && (memory.records & (1 << (slot % this.#bounds.actors))) === 0)
          return `the index of ${id} names an actor that is not there`
    }
    return undefined
  }

  /** At every moment an actor shows what its dots say, and the index names every change that is not under the floor. */
  #inexact(world: World): string | undefined {
    for (const [id, { memory }] of world.replicas.entries()) {
      for (const actor of this.#actors) {
        const live = at(memory.live, actor)
        const known = memory.context | at(memory.extra, actor)
        if ((live & ~known) !== 0) return `${id} shows an add that it does not know`
        if ((expected(world.updates, known, known, actor) & ~live) !== 0)
          return `${id} does not show an add that it knows`
        if ((live & ~expected(world.updates, known, memory.context, actor)) !== 0)
          return `${id} shows what it knows to be removed`
      }
    }
    return this.#unequal(world.replicas.map(replica => replica.memory))
  }

  #unequal(contents: readonly Content[]): string | undefined {
    const settled = contents.filter(content => content.extra.every(dots => dots === 0))
    for (const a of settled)
      for (const b of settled)
        if (a.context === b.context && this.#actors.some(actor => at(a.live, actor) !== at(b.live, actor)))
          return 'equal contexts over unequal states'
    return undefined
  }

  /** From any state, streams alone bring all members to what the surviving updates say, and rounds then leave no garbage. */
  #unrepaired(world: World): string | undefined {
    const members = world.replicas.filter(({ isMember }) => isMember)
    const known = members.reduce((dots, { memory }) => dots | memory.context, 0)
    let contents = members.map(replica => replica.memory)
    for (let round = 0; round < contents.length; round++)
      for (let to = 0; to < contents.length; to++)
        for (let from = 0; from < contents.length; from++) {
          const [mine, theirs] = [at(contents, to), at(contents, from)]
          if ((theirs.context & ~mine.context) !== 0) contents = contents.with(to, this.#caughtUp(mine, theirs))
        }
    for (const [id, content] of contents.entries()) {
      for (const actor of this.#actors) {
        const wanted = expected(world.updates, known, known, actor)
        const live = at(content.live, actor)
        if ((live & ~wanted) !== 0) return `a removed element is back at ${id} after all streams`
        if ((wanted & ~live) !== 0) return `an add is lost at ${id} after all streams`
      }
    }
    return undefined
  }
}

// ---- states --------------------------------------------------------------------------------------------------------------------

function withReplica(world: World, id: number, replica: Replica): World {
  return { ...world, replicas: world.replicas.with(id, replica) }
}

/** Extra dots that the context now covers are stripped. */
function normal(content: Content): Content {
  return { ...content, extra: content.extra.map(dots => dots & ~content.context) }
}

const keys = new WeakMap<Content, string>()

function keyOfContent(content: Content): string {
  let key = keys.get(content)
  if (key === undefined) {
    const { context, floor, live, extra, index, records } = content
    key = [context, floor, ...live, ...extra, ...index, records].map(number => number.toString(36)).join()
    keys.set(content, key)
  }
  return key
}

function keyOf(world: World): string {
  const { updates, replicas, round, copy } = world
  return [
    updates.map(({ dot, actor, adds, removes }) => `${dot.toString(36)}.${actor}${adds ? '+' : '-'}${removes}`).sort(),
    world.pushed,
    ...replicas.map(
      ({ origin, isMember, memory, disk }) =>
        `${origin}${isMember ? '' : '?'}:${keyOfContent(memory)}${disk === memory ? '' : `/${keyOfContent(disk)}`}`
    ),
    round === undefined ? '' : `${round.of}.${round.asked}.${round.givenUp}.${round.confirmed}`,
    copy === undefined ? '' : `${copy.of}:${keyOfContent(copy.content)}`,
    `${world.lives}.${world.rounds}.${world.restores}.${world.damages}.${world.crashes}${world.fault ?? ''}`
  ].join('|')
}

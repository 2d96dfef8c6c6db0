/**
 * Model of ended incarnations that leave the contexts: a replica may move what it has seen of an origin whose process has ended from
 * its context into a table of closed origins, when it likes, and then leaves it out of what it says to whoever has closed it alike.
 *
 * One shard, one add-wins set; streams are one step. The claim: closing is a matter of representation. Exact intervals stay, so it
 * needs nobody's agreement; a member that was forgotten and returns, a disk that was put back, or a late push may bring more of a
 * closed origin, and the entry grows. (A table that only says "this origin is over" would be shorter, and loses what they bring.)
 */
import { at, type Dots, dotSets } from './dots.ts'
import type { Model } from './explore.ts'

/** A deliberate mistake. Each was once a plausible design. */
export type Mistake =
  | 'leaves closed origins out, to whomever'
  | 'leaves out what the other has closed, whatever it has of it'
  | 'takes every dot of a closed origin for seen'
  | 'keeps a closed entry as it is'

export interface Bounds {
  readonly replicas: number
  /** Updates in all. */
  readonly updates: number
  /** Restarts in all: each ends an origin. */
  readonly restarts: number
  /** Whether a member may be forgotten, and return. */
  readonly forgets: boolean
  /** Disks in all that are put back to an older copy. */
  readonly restores: number
}

/** A set of dots: bit `origin * maxSeq + seq - 1`. An origin is a life of a replica. */
const maxSeq = 4
const { dotOf, oneOrigin } = dotSets(maxSeq)
const maxOrigins = 7

interface Update {
  readonly dot: Dots
  readonly origin: number
  readonly seq: number
  readonly adds: boolean
  readonly removes: Dots
}

interface Content {
  /** The context, without the closed origins. */
  readonly open: Dots
  /** The table: dots of closed origins. */
  readonly closed: Dots
  /** Closed origins, one bit each. */
  readonly origins: number
  readonly live: Dots
  /** Dots seen of the set beyond the context. */
  readonly extra: Dots
}

interface Replica extends Content {
  readonly origin: number
  readonly isForgotten: boolean
}

export interface World {
  readonly updates: readonly Update[]
  readonly replicas: readonly Replica[]
  readonly copy: { readonly of: number; readonly content: Content } | undefined
  readonly lives: number
  readonly restarts: number
  readonly restores: number
}

type Emit = (event: string, after: World) => void

export function closedIncarnationsModel(bounds: Bounds, mistake?: Mistake): Model<World> {
  const rules = new Rules(bounds, mistake)
  return {
    starts: [start(bounds)],
    next(world, emit) {
      rules.write(world, emit)
      rules.push(world, emit)
      rules.pull(world, emit)
      rules.close(world, emit)
      rules.trouble(world, emit)
    },
    key: keyOf,
    check: world => rules.check(world)
  }
}

function start({ replicas }: Bounds): World {
  const empty = { open: 0, closed: 0, origins: 0, live: 0, extra: 0, isForgotten: false }
  return {
    updates: [],
    replicas: Array.from({ length: replicas }, (_, origin) => ({ ...empty, origin })),
    copy: undefined,
    lives: replicas,
    restarts: 0,
    restores: 0
  }
}

class Rules {
  readonly #bounds: Bounds
  readonly #mistake: Mistake | undefined

  constructor(bounds: Bounds, mistake: Mistake | undefined) {
    this.#bounds = bounds
    this.#mistake = mistake
  }

  // ---- what happens ----------------------------------------------------------------------------------------------------------

  write(world: World, emit: Emit): void {
    if (world.updates.length === this.#bounds.updates) return
    world.replicas.forEach((replica, id) => {
      const { origin, live } = replica
      const seq = 1 + world.updates.filter(update => update.origin === origin).length
      const base = { dot: dotOf(origin, seq), origin, seq }
      const choices: [string, Update][] = [['add', { ...base, adds: true, removes: 0 }]]
      if (live !== 0) choices.push(['remove', { ...base, adds: false, removes: live }])
      for (const [verb, update] of choices) {
        const after = withReplica(world, id, { ...replica, ...this.#applied(replica, update) })
        emit(`${verb} at ${id} as ${origin}:${seq}`, { ...after, updates: [...world.updates, update] })
      }
    })
  }

  push(world: World, emit: Emit): void {
    for (const update of world.updates)
      world.replicas.forEach((replica, to) => {
        if (replica.isForgotten || (this.#seen(replica) & update.dot) !== 0) return
        const after = { ...replica, ...this.#applied(replica, update) }
        emit(`push ${update.origin}:${update.seq} to ${to}`, withReplica(world, to, after))
      })
  }

  pull(world: World, emit: Emit): void {
    world.replicas.forEach((receiver, to) => {
      world.replicas.forEach((sender, from) => {
        if (from === to || receiver.isForgotten || sender.isForgotten) return
        if ((this.#told(sender, receiver) & ~known(receiver)) === 0) return
        const after = { ...receiver, ...this.#caughtUp(receiver, sender) }
        emit(`pull from ${from} by ${to}`, withReplica(world, to, after))
      })
    })
  }

  /** When it likes: of an origin under which no process writes any more. */
  close(world: World, emit: Emit): void {
    world.replicas.forEach((replica, id) => {
      for (let origin = 0; origin < world.lives; origin++) {
        const isOver = world.replicas.every(other => other.origin !== origin)
        if (!isOver || (replica.origins & (1 << origin)) !== 0 || (replica.open & oneOrigin(origin)) === 0) continue
        const after = {
          ...replica,
          origins: replica.origins | (1 << origin),
          open: replica.open & ~oneOrigin(origin),
          closed: replica.closed | (replica.open & oneOrigin(origin))
        }
        emit(`close ${origin} at ${id}`, withReplica(world, id, after))
      }
    })
  }

  trouble(world: World, emit: Emit): void {
    const { restarts, forgets, restores } = this.#bounds
    world.replicas.forEach((replica, id) => {
      if (world.restarts < restarts) {
        const born = withReplica(world, id, { ...replica, origin: world.lives })
        emit(`restart ${id}`, { ...born, lives: world.lives + 1, restarts: world.restarts + 1 })
      }
      if (replica.isForgotten) emit(`return ${id}`, withReplica(world, id, { ...replica, isForgotten: false }))
      else if (forgets && !world.replicas.some(other => other.isForgotten))
        emit(`forget ${id}`, withReplica(world, id, { ...replica, isForgotten: true }))
      if (restores === 0) return
      if (world.copy === undefined && known(replica) !== 0)
        emit(`copy ${id}`, { ...world, copy: { of: id, content: contentOf(replica) } })
      if (world.copy?.of === id && world.restores < restores) {
        const restored = { ...replica, ...world.copy.content, origin: world.lives }
        const after = withReplica(world, id, restored)
        emit(`restore ${id}`, { ...after, lives: world.lives + 1, restores: world.restores + 1 })
      }
    })
  }

  // ---- the rules under test --------------------------------------------------------------------------------------------------

  #seen(replica: Content): Dots {
    let seen = known(replica)
    if (this.#mistake === 'takes every dot of a closed origin for seen')
      for (let origin = 0; origin < maxOrigins; origin++)
        if ((replica.origins & (1 << origin)) !== 0) seen |= oneOrigin(origin)
    return seen
  }

  #applied(replica: Content, { dot, removes, adds }: Update): Content {
    const joined = this.#joined(replica, adds ? dot : 0, dot | removes)
    return this.#withDots({ ...replica, ...joined }, dot)
  }

  /** Keeps a dot that both sides have, or that one has and the other has not seen. */
  #joined(mine: Content, live: Dots, context: Dots): Pick<Content, 'live' | 'extra'> {
    const seen = this.#seen(mine) | mine.extra
    return { live: (mine.live & live) | (mine.live & ~context) | (live & ~seen), extra: mine.extra | context }
  }

  /** What the receiver understands of the sender's context: what is left out it takes from its own table. */
  #told(sender: Content, receiver: Content): Dots {
    let told = sender.open
    for (let origin = 0; origin < maxOrigins; origin++) {
      if ((sender.origins & (1 << origin)) === 0) continue
      const [theirs, mine] = [sender.closed & oneOrigin(origin), receiver.closed & oneOrigin(origin)]
      const isClosedThere = (receiver.origins & (1 << origin)) !== 0
      let isLeftOut = isClosedThere && theirs === mine
      if (this.#mistake === 'leaves closed origins out, to whomever') isLeftOut = true
      if (this.#mistake === 'leaves out what the other has closed, whatever it has of it') isLeftOut = isClosedThere
      told |= isLeftOut ? mine : theirs
    }
    return told
  }

  #caughtUp(receiver: Content, sender: Content): Content {
    const told = this.#told(sender, receiver)
    const joined = this.#joined(receiver, sender.live, told | sender.extra)
    return this.#withDots({ ...receiver, ...joined }, told)
  }

  /** Dots of closed origins go to the table, whose entry grows. */
  #withDots(content: Content, dots: Dots): Content {
    let { open, closed } = content
    for (let origin = 0; origin < maxOrigins; origin++) {
      const some = dots & oneOrigin(origin)
      if ((content.origins & (1 << origin)) === 0) open |= some
      else if (this.#mistake !== 'keeps a closed entry as it is') closed |= some
    }
    return { ...content, open, closed, extra: content.extra & ~(open | closed) }
  }

  // ---- what must hold --------------------------------------------------------------------------------------------------------

  check(world: World): string | undefined {
    const members = world.replicas.filter(replica => !replica.isForgotten)
    return this.#unequal(members) ?? this.#unrepaired(world, members)
  }

  #unequal(members: readonly Replica[]): string | undefined {
    const settled = members.filter(replica => replica.extra === 0)
    for (const a of settled)
      for (const b of settled)
        if (known(a) === known(b) && a.live !== b.live) return 'equal contexts over unequal states'
    return undefined
  }

  /** From any state, streams alone bring all members to what the surviving updates say. */
  #unrepaired(world: World, members: readonly Content[]): string | undefined {
    const all = members.reduce((dots, member) => dots | known(member), 0)
    let contents = members
    for (let round = 0; round < contents.length; round++)
      for (let to = 0; to < contents.length; to++)
        for (let from = 0; from < contents.length; from++)
          if (from !== to) contents = contents.with(to, this.#caughtUp(at(contents, to), at(contents, from)))
    const wanted = expected(world.updates, all)
    for (const content of contents) {
      if ((content.live & ~wanted) !== 0) return 'a removed element is back after all streams'
      if ((wanted & ~content.live) !== 0) return 'an add is lost after all streams'
      if (known(content) !== all) return 'contexts never become equal'
    }
    return undefined
  }
}

/** Add-wins: of the adds that are known, those that no known removal has seen. */
function expected(updates: readonly Update[], all: Dots): Dots {
  let live = 0
  let removed = 0
  for (const { dot, adds, removes } of updates) {
    if ((dot & all) === 0) continue
    if (adds) live |= dot
    removed |= removes
  }
  return live & ~removed
}

function known({ open, closed }: Content): Dots {
  return open | closed
}

function contentOf({ open, closed, origins, live, extra }: Content): Content {
  return { open, closed, origins, live, extra }
}

function withReplica(world: World, id: number, replica: Replica): World {
  return { ...world, replicas: world.replicas.with(id, replica) }
}

function keyOf({ updates, replicas, copy, lives, restarts, restores }: World): string {
  const keyOfContent = (content: Content) =>
    [content.open, content.closed, content.origins, content.live, content.extra].join()
  return [
    updates.map(({ dot, adds, removes }) => `${dot}${adds ? '+' : '-'}${removes}`).sort(),
    ...replicas.map(replica => `${replica.origin}${replica.isForgotten ? '?' : ''}:${keyOfContent(replica)}`),
    copy === undefined ? '' : `${copy.of}:${keyOfContent(copy.content)}`,
    `${lives}.${restarts}.${restores}`
  ].join('|')
}

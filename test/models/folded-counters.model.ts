/**
 * Model of a design that is not built: a counter's entries of ended lives are folded into one base, once all admitted members have
 * equal intervals of them.
 *
 * One shard, one counter; streams and pushes are one step each, and a table of what was folded is learnt before any folded state. The
 * base is kept here as how often each update is in it, but no rule looks into it: a node would have a number. So of two bases one can
 * be taken only where it goes further in all lives; and an entry is the sum of all that its life has added, so who has folded a part
 * of it cannot take the rest from an entry that goes further.
 *
 * The claim: it holds as long as nobody is forgotten, and where two members return, each with more of some life, there is no rule.
 */
import { at } from './dots.ts'
import type { Model } from './explore.ts'

/** What is done where each of two sides has more of some folded life than the other. */
export type Rule = 'adds the entry' | 'leaves the entry out' | 'refuses who was forgotten'

export interface Bounds {
  readonly replicas: number
  readonly updates: number
  readonly restarts: number
  /** Whether a member may be forgotten, and return. */
  readonly forgets: boolean
  /** Disks in all that are put back to an older copy. */
  readonly restores: number
}

const maxLives = 4
const maxSeq = 2

/** By life: how many of its updates. */
type Counts = readonly number[]

interface Content {
  /** Seen of each life that is not folded. */
  readonly entries: Counts
  /** Seen of each life that is folded; 0 where it is not. */
  readonly folded: Counts
  /** Of each update, by life and seq: how often it is in the base. */
  readonly base: Counts
}

interface Replica extends Content {
  readonly life: number
  readonly isForgotten: boolean
}

export interface World {
  readonly replicas: readonly Replica[]
  /** Updates that each life has made and saved. */
  readonly made: Counts
  readonly lives: number
  readonly restarts: number
  readonly restores: number
  readonly copy: { readonly of: number; readonly content: Content } | undefined
}

type Emit = (event: string, after: World) => void

export function foldedCountersModel(bounds: Bounds, rule: Rule): Model<World> {
  return {
    starts: [start(bounds)],
    next(world, emit) {
      writes(world, bounds, emit)
      pulls(world, rule, emit)
      folds(world, emit)
      troubles(world, bounds, rule, emit)
    },
    key: keyOf,
    check: world => unequalOrWrong(world, rule)
  }
}

const none: Counts = new Array<number>(maxLives).fill(0)
const emptyBase: Counts = new Array<number>(maxLives * maxSeq).fill(0)

const nothing: Content = { entries: none, folded: none, base: emptyBase }

function start({ replicas }: Bounds): World {
  const empty = { ...nothing, isForgotten: false }
  return {
    replicas: Array.from({ length: replicas }, (_, life) => ({ ...empty, life })),
    made: none,
    lives: replicas,
    restarts: 0,
    restores: 0,
    copy: undefined
  }
}

// ---- what happens --------------------------------------------------------------------------------------------------------------

function writes(world: World, { updates }: Bounds, emit: Emit): void {
  if (sum(world.made) === updates) return
  world.replicas.forEach((replica, id) => {
    const { life } = replica
    const seq = at(world.made, life) + 1
    if (seq > maxSeq) return
    const after = withReplica(world, id, { ...replica, entries: replica.entries.with(life, seq) })
    emit(`add at ${id} as ${life}:${seq}`, { ...after, made: world.made.with(life, seq) })
  })
}

function pulls(world: World, rule: Rule, emit: Emit): void {
  world.replicas.forEach((receiver, to) => {
    world.replicas.forEach((sender, from) => {
      if (from === to || receiver.isForgotten || sender.isForgotten) return
      const joined = join(receiver, sender, rule)
      emit(`pull from ${from} by ${to}`, withReplica(world, to, { ...receiver, ...joined }))
    })
  })
}

/** Of a life that has ended, and of which all admitted members have seen the same. */
function folds(world: World, emit: Emit): void {
  const members = world.replicas.filter(({ isForgotten }) => !isForgotten)
  for (let life = 0; life < world.lives; life++) {
    const isOver = world.replicas.every(replica => replica.life !== life)
    const [first, ...others] = members.map(member => seen(member, life))
    if (!isOver || first === undefined || first === 0 || others.some(count => count !== first)) continue
    world.replicas.forEach((replica, id) => {
      if (replica.isForgotten || at(replica.entries, life) === 0) return
      emit(`fold ${life} at ${id}`, withReplica(world, id, { ...replica, ...foldedUpTo(replica, life) }))
    })
  }
}

function troubles(world: World, { restarts, forgets, restores }: Bounds, rule: Rule, emit: Emit): void {
  world.replicas.forEach((replica, id) => {
    if (world.restarts < restarts && world.lives < maxLives) {
      const born = withReplica(world, id, { ...replica, life: world.lives })
      emit(`restart ${id}`, { ...born, lives: world.lives + 1, restarts: world.restarts + 1 })
    }
    if (replica.isForgotten) {
      // Who is refused begins again with nothing.
      const content = rule === 'refuses who was forgotten' ? nothing : {}
      emit(`return ${id}`, withReplica(world, id, { ...replica, ...content, isForgotten: false }))
    } else if (forgets && !world.replicas.some(other => other.isForgotten))
      emit(`forget ${id}`, withReplica(world, id, { ...replica, isForgotten: true }))
    if (restores === 0) return
    if (world.copy === undefined && sum(replica.entries) > 0)
      emit(`copy ${id}`, { ...world, copy: { of: id, content: contentOf(replica) } })
    if (world.copy?.of === id && world.restores < restores && world.lives < maxLives) {
      const restored = withReplica(world, id, { ...replica, ...world.copy.content, life: world.lives })
      emit(`restore ${id}`, { ...restored, lives: world.lives + 1, restores: world.restores + 1 })
    }
  })
}

// ---- the rules under test ------------------------------------------------------------------------------------------------------

function join(mine: Content, theirs: Content, rule: Rule): Content {
  const isFolded = (life: number) => at(mine.folded, life) > 0 || at(theirs.folded, life) > 0
  const lives = [...none.keys()]
  const goesFurthest = (one: Content, other: Content) =>
    lives.every(life => !isFolded(life) || seen(one, life) >= seen(other, life))
  // The table was learnt first: what one side has folded the other folds, too.
  const fold = (content: Content) => lives.filter(isFolded).reduce((folded, life) => foldedUpTo(folded, life), content)
  let joined = fold(goesFurthest(mine, theirs) || !goesFurthest(theirs, mine) ? mine : theirs)
  if (!goesFurthest(mine, theirs) && !goesFurthest(theirs, mine)) joined = withRest(joined, theirs, rule)
  for (const life of lives.filter(one => !isFolded(one))) {
    const count = Math.max(at(mine.entries, life), at(theirs.entries, life))
    joined = { ...joined, entries: joined.entries.with(life, count) }
  }
  return joined
}

/** Each side has more of some life than the other: neither base is the whole, and what they have in common is in both. */
function withRest(joined: Content, theirs: Content, rule: Rule): Content {
  if (rule !== 'adds the entry') return joined
  let all = joined
  for (const life of none.keys()) {
    const count = at(theirs.entries, life)
    if (count <= at(joined.folded, life) || at(joined.folded, life) === 0) continue
    all = { ...all, folded: all.folded.with(life, count), base: withUpTo(all.base, life, count) }
  }
  return all
}

/** The whole entry goes into the base. */
function foldedUpTo(content: Content, life: number): Content {
  const count = at(content.entries, life)
  if (at(content.folded, life) > 0 || count === 0) return content
  const { entries, folded, base } = content
  return { entries: entries.with(life, 0), folded: folded.with(life, count), base: withUpTo(base, life, count) }
}

function withUpTo(base: Counts, life: number, count: number): Counts {
  return base.map((times, i) => times + (Math.floor(i / maxSeq) === life && i % maxSeq < count ? 1 : 0))
}

// ---- what must hold ------------------------------------------------------------------------------------------------------------

/** Streams bring all members to the same value, in which each update that some disk of a member has is once, and no other. */
function unequalOrWrong(world: World, rule: Rule): string | undefined {
  // Who is away will be back.
  const isRefused = ({ isForgotten }: Replica) => isForgotten && rule === 'refuses who was forgotten'
  const returned = world.replicas.map(replica => (isRefused(replica) ? { ...replica, ...nothing } : replica))
  let contents: readonly Content[] = returned
  for (let round = 0; round < 2 * contents.length; round++)
    for (let to = 0; to < contents.length; to++)
      for (let from = 0; from < contents.length; from++)
        if (from !== to) contents = contents.with(to, join(at(contents, to), at(contents, from), rule))
  const kept = Array.from({ length: maxLives }, (_, life) =>
    Math.max(...world.replicas.map(replica => seen(replica, life)))
  )
  for (const content of contents) {
    for (let life = 0; life < maxLives; life++) {
      for (let seq = 1; seq <= maxSeq; seq++) {
        const times = at(content.base, life * maxSeq + seq - 1) + (seq <= at(content.entries, life) ? 1 : 0)
        if (times > 1) return 'an update is counted twice'
        if (times === 0 && seq <= at(kept, life)) return 'an update that a disk has is lost'
      }
    }
  }
  return undefined
}

function seen(content: Content, life: number): number {
  return Math.max(at(content.entries, life), at(content.folded, life))
}

function contentOf({ entries, folded, base }: Content): Content {
  return { entries, folded, base }
}

function sum(counts: Counts): number {
  return counts.reduce((total, count) => total + count, 0)
}

function withReplica(world: World, id: number, replica: Replica): World {
  return { ...world, replicas: world.replicas.with(id, replica) }
}

function keyOf({ replicas, made, lives, restarts, restores, copy }: World): string {
  const keyOfContent = ({ entries, folded, base }: Content) => `${entries.join('')}/${folded.join('')}/${base.join('')}`
  return [
    ...replicas.map(replica => `${replica.life}${replica.isForgotten ? '?' : ''}:${keyOfContent(replica)}`),
    made.join(''),
    `${lives}.${restarts}.${restores}`,
    copy === undefined ? '' : `${copy.of}:${keyOfContent(copy.content)}`
  ].join('|')
}

/**
 * The versions of a value that several owners write, and what they are together: a multi-value register whose every write says what it was
 * written on.
 *
 * A write is `[value, tags, seqs, forks]`. `tags` and `seqs` are its past: of each owner's life the last write of the actor that it had seen.
 * `forks`, each `[value, seqs]` or `[value, seqs, heads]`, are versions in that past from which another life may have gone on: the one that its life began with, or
 * those that it has merged, and some before; the seqs at the end that are those of the write are left out. `heads` are the places
 * in `tags` of who wrote it, or what is merged in it, where that is not just the first of whom it has seen anything. So the latest version
 * that two writes had both seen is found in one of them. All is a pure function of the register: replicas that have the same writes see the same value.
 *
 * Source: versions with a recursive common ancestor are those of Git's merges; the register: Preguiça et al., "Dotted version vectors", 2010.
 */
import { eachEntry } from '../../crdt/dot-store.ts'
import type { Origin } from '../../crdt/index.ts'
import { canonicalJson, maxJsonLength, parseJson } from '../../crdt/json-value.ts'
import type { ValuesState, Write } from '../../crdt/register.ts'
import { badState } from '../definitions/stored-value.ts'
import { tagOf } from '../requests/ran-commands.ts'

/** Lives that a past names; past it the ones whose writes are longest ago are left out. */
const maxLives = 32
const maxForks = 16
/** Forks from before the life of an owner, as characters of JSON, together with those of its own. */
const maxEarlierLength = 16 * 1024
/** Forks that an owner's life began with. */
const maxForksLength = 512 * 1024
/** As bytes, which leaves room for the requests in a record of 1 MiB. A value that takes more than this pushes its forks out. */
const maxWriteBytes = 768 * 1024
/** Writes beside each other: of as many nodes, or lives, that could not hear of each other. */
const maxWritten = 1024
/**
 * Forks that are looked at for one state, calls of the user's function for bases, and pairs of versions that are compared for these. States
 * of honest nodes come to none of them.
 */
const maxKnown = 256
const maxBaseMerges = 256
const maxCompared = 4_000_000

const utf8 = new TextEncoder()

/** By tag: the last write of each life. */
type Past = ReadonlyMap<string, number>

export interface Version {
  readonly value: unknown
  /** Its own write, or those that were merged, included. */
  readonly past: Past
  /** The lives that wrote it, or what is merged in it: who has seen their last write in its past has seen all of that. */
  readonly heads: readonly string[]
}

export type Merge = (base: unknown, a: unknown, b: unknown) => unknown

/** A write that is in the register. */
interface Written extends Version {
  readonly origin: Origin
  readonly forks: readonly Version[]
}

/** What the register shows. */
export interface Current {
  /** `undefined`: nothing was written yet. */
  readonly version: Version | undefined
  /** Writes that had not seen each other: more than one are merged in `version`. */
  readonly tips: readonly Written[]
  /** The common ancestors by which they were. */
  readonly bases: readonly Version[]
}

/** Throws `SHOAL_BAD_STATE`, and what `merge` throws. */
export function currentOf(state: ValuesState, initial: unknown, merge: Merge): Current {
  const written: Written[] = []
  eachEntry(state, write => written.push(readWrite(write)))
  if (written.length > maxWritten) throw badState(`the stored state is of more than ${maxWritten} writes`)
  const tips = latest(written)
  const forks = distinct(interleaved(written.map(line => line.forks))).slice(0, maxKnown)
  const merging = new Merging([...written, ...forks], initial, merge)
  const version = tips.length === 0 ? undefined : merging.together(tips)
  return { version, tips, bases: merging.topBases.filter(({ past }) => past.size > 0) }
}

/** The JSON of the write that comes after all that the register shows. Throws `SHOAL_BAD_STATE` where it is too large. */
export function nextWrite(current: Current, origin: Origin, json: string): string {
  const { tips } = current
  const lives = [...new Set(interleaved(tips.map(({ past }) => [...past.keys()])))].slice(0, maxLives)
  const seqsOf = (past: Past) => lives.map(life => past.get(life) ?? 0)
  const seqs = seqsOf(mergedPast(tips))
  const own = `${canonicalJson(lives)},${canonicalJson(seqs)}`
  const forks: string[] = []
  let left = maxWriteBytes - bytesOf(json) - own.length
  for (const { value, past, heads } of forksOf(current, origin)) {
    const its = seqsOf(past)
    const places = heads.map(life => lives.indexOf(life))
    // Who wrote it cannot be named: it would be taken for the base of some that have not seen it, and what they lack for taken back.
    if (places.includes(-1)) continue
    const isPlain = places.length === 1 && places[0] === firstSeen(its)
    const text = `[${canonicalJson(value)},${canonicalJson(differing(its, seqs))}${isPlain ? '' : `,${canonicalJson(places)}`}]`
    left -= bytesOf(text) + 1
    if (left < 0) break
    forks.push(text)
  }
  const write = `[${json},${own},[${forks.join(',')}]]`
  if (write.length > maxJsonLength) throw badState(`the new state has more than ${maxJsonLength} characters as JSON`)
  return write
}

/** Lives that wrote lately come first: of older ones a fork has seen what the write has. */
function differing(seqs: readonly number[], all: readonly number[]): readonly number[] {
  return seqs.slice(0, seqs.findLastIndex((seq, i) => seq !== all[i]) + 1)
}

function firstSeen(seqs: readonly number[]): number {
  return seqs.findIndex(seq => seq > 0)
}

function bytesOf(text: string): number {
  return utf8.encode(text).length
}

/** The latest first. */
function forksOf({ tips, bases }: Current, origin: Origin): readonly Version[] {
  const [first] = tips
  if (first === undefined) return []
  if (tips.length === 1 && first.origin === origin) return first.forks
  const began = distinct([...tips, ...bases])
  const kept: Version[] = []
  let length = 0
  for (const [place, fork] of distinct([...began, ...interleaved(tips.map(({ forks }) => forks))]).entries()) {
    length += canonicalJson(fork.value).length
    if (length > (place < began.length ? maxForksLength : maxEarlierLength) || kept.length === maxForks) break
    kept.push(fork)
  }
  return kept
}

function distinct<V extends Version>(versions: readonly V[]): V[] {
  const byKey = new Map<string, V>()
  for (const version of versions) {
    const key = keyOf(version)
    if (!byKey.has(key)) byKey.set(key, version)
  }
  return [...byKey.values()]
}

/** Of each list the first, then of each the second, and so on. */
function interleaved<T>(lists: readonly (readonly T[])[]): T[] {
  const all: T[] = []
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  for (let i = 0; i < longest; i++) for (const list of lists) all.push(...list.slice(i, i + 1))
  return all
}

class Merging {
  readonly #known: readonly Version[]
  readonly #initial: Version
  readonly #merge: Merge
  readonly topBases: Version[] = []
  #baseMergesLeft = maxBaseMerges
  #comparedLeft = maxCompared

  constructor(known: readonly Version[], initial: unknown, merge: Merge) {
    this.#known = known
    this.#initial = { value: initial, past: new Map(), heads: [] }
    this.#merge = merge
  }

  together(tips: readonly Version[]): Version {
    return this.#together(tips, this.topBases)
  }

  /** One after the other, in an order that is the same everywhere. */
  #together(versions: readonly Version[], bases: Version[]): Version {
    const [first = this.#initial, ...others] = versions.toSorted(byKey)
    let all = first
    for (const other of others) {
      const base = this.#base(all, other)
      bases.push(base)
      const heads = [...new Set([...all.heads, ...other.heads])]
      all = { value: this.#merge(base.value, all.value, other.value), past: mergedPast([all, other]), heads }
    }
    return all
  }

  /** The latest version that both have in their past. Where there are several none of which is in another's, they together. */
  #base(a: Version, b: Version): Version {
    this.#comparedLeft -= 2 * this.#known.length
    if (this.#comparedLeft < 0) return this.#initial
    const seenByBoth = this.#known.filter(version => isIn(version, a) && isIn(version, b))
    this.#comparedLeft -= seenByBoth.length ** 2
    if (this.#comparedLeft < 0) return this.#initial
    const common = latest(seenByBoth)
    this.#baseMergesLeft -= Math.max(0, common.length - 1)
    // Each of several is older than `b`: it ends.
    return this.#baseMergesLeft < 0 ? this.#initial : this.#together(common, [])
  }
}

function readWrite({ origin, seq, json }: Write): Written {
  const write = parseJson(json)
  const [value, lives, seqs, forks] = Array.isArray(write) ? (write as unknown[]) : []
  if (!isListOf(lives, isText) || !isListOf(seqs, isCount) || !isListOf(forks, isFork))
    throw badState('the stored state is no value that can be merged')
  const pastOf = (counts: readonly number[]): Map<string, number> => {
    const past = lives.map((life, i) => [life, counts[i] ?? seqs[i] ?? 0] as const)
    return new Map(past.filter(([, count]) => count > 0))
  }
  const past = new Map([[tagOf(origin), seq], ...[...pastOf(seqs)].filter(([life]) => life !== tagOf(origin))])
  const forkOf = ([its, counts, places]: Fork): Version => {
    const pastOfIt = pastOf(counts)
    const heads =
      places === undefined
        ? lives.filter(life => pastOfIt.has(life)).slice(0, 1)
        : lives.filter((_, i) => places.includes(i))
    return { value: its, past: pastOfIt, heads }
  }
  return { origin, value, past, heads: [tagOf(origin)], forks: forks.map(forkOf) }
}

function isListOf<T>(list: unknown, is: (item: unknown) => item is T): list is T[] {
  return Array.isArray(list) && list.length <= maxLives && list.every(is)
}

const isText = (item: unknown): item is string => typeof item === 'string'
const isCount = (item: unknown): item is number => Number.isSafeInteger(item) && (item as number) >= 0
type Fork = [value: unknown, counts: number[], places?: number[]]
const isFork = (item: unknown): item is Fork =>
  Array.isArray(item) &&
  isListOf(item[1], isCount) &&
  (item.length === 2 || (item.length === 3 && isListOf(item[2], isCount)))

/** Those that are in no other's past, each once. A replica may have an older write beside a later one, when what is between is still to come. */
function latest<V extends Version>(versions: readonly V[]): V[] {
  return versions.filter(
    (version, i) => !versions.some((other, j) => i !== j && isIn(version, other) && (j < i || !isIn(other, version)))
  )
}

function isIn({ past }: Version, of: Version): boolean {
  for (const [life, seq] of past) if (seq > (of.past.get(life) ?? 0)) return false
  return true
}

function mergedPast(versions: readonly Version[]): Past {
  const all = new Map<string, number>()
  for (const { past } of versions) for (const [life, seq] of past) if (seq > (all.get(life) ?? 0)) all.set(life, seq)
  return all
}

function byKey(a: Version, b: Version): number {
  const [left, right] = [keyOf(a), keyOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

function keyOf({ past }: Version): string {
  return [...past]
    .map(([life, seq]) => `${life}:${seq}`)
    .sort()
    .join()
}

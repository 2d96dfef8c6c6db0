/**
 * What an actor's state says of commands that owners have run: which request, which method, under which dot, and what of other owners'
 * commands each had seen.
 *
 * An entry of the request log is `[expiry, reply, method]`, and where there were entries of other owners in the state that the command found,
 * `{ tag: seq }` of the last of each; then, of those that were there before, likewise.
 */
import type { ActorState, Dot, Json } from '../../crdt/index.ts'
import { eachRegisterWrite, type StampedWrite } from '../../crdt/register-access.ts'

/** A field of the runtime's own. */
export const requestsField = '\0requests'

/** In the place of a tag: some entries were dropped. */
export const droppedFlag = ''
/** Other owners that one entry names at most; past it a command may be taken for concurrent with one that it had seen. */
export const maxSeenOwners = 32
/** Numbers in a list of spans; past it the last span is too long, and so some overlap may not be told. */
export const maxApart = 16
/** Enough of an incarnation's random digits that no two owners of an actor have them in common. */
const tagLength = 8

export interface RanCommand extends Dot {
  /** The request: its caller's life, and a count. */
  readonly request: string
  readonly method: string
  /** By tag: the last command of that owner that it had seen. */
  readonly seen: ReadonlyMap<string, number>
  /** By tag: those after it that it had seen, though not all between, as `[from, to, from, to, …]`. */
  readonly apart: SeenByCommand['apart']
  /** When it ran, entries were dropped that others may never have seen. */
  readonly hasDropped: boolean
}

/** The short name of an owner's life. */
export function tagOf(origin: string): string {
  return origin.slice(-tagLength)
}

/** Quick, and never wrong of what this version writes: nothing else ends so. */
export function hasSeen(json: string): boolean {
  return json.endsWith('}]')
}

/** By tag, the last command of each other owner that a command had seen: */
export interface SeenByCommand {
  /** of those whose entries it found, */
  readonly found: ReadonlyMap<string, number>
  /** and of those whose entries were found before. */
  readonly before: ReadonlyMap<string, number>
  /** Those that it had seen though some before them were missing: as `[from, to, from, to, …]`. */
  readonly apart: ReadonlyMap<string, readonly number[]>
  readonly hasDropped: boolean
}

/** What stands behind the method. */
export function writeSeen({ found, before, apart, hasDropped }: SeenByCommand): Json[] {
  if (found.size === 0 && before.size === 0 && apart.size === 0 && !hasDropped) return []
  const first = Object.fromEntries([...found].slice(0, maxSeenOwners))
  if (hasDropped) first[droppedFlag] = 1
  const second = Object.fromEntries([...before].slice(0, maxSeenOwners))
  if (apart.size > 0)
    return [
      first,
      second,
      Object.fromEntries([...apart].slice(0, maxSeenOwners).map(([tag, seqs]) => [tag, [...seqs]]))
    ]
  return before.size === 0 ? [first] : [first, second]
}

/** Of the JSON of an entry, which a peer has written. */
export function seenIn(json: string): SeenByCommand {
  const entry = JSON.parse(json) as Json
  const [, , , found, before, apart] = Array.isArray(entry) ? entry : []
  const seqs = seqsIn(found)
  const hasDropped = seqs.delete(droppedFlag)
  return { found: seqs, before: seqsIn(before), apart: listsIn(apart), hasDropped }
}

function seqsIn(value: Json | undefined): Map<string, number> {
  const pairs = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  return new Map(pairs.filter((pair): pair is [string, number] => Number.isSafeInteger(pair[1])))
}

const nothing: SeenByCommand = { found: new Map(), before: new Map(), apart: new Map(), hasDropped: false }

function listsIn(value: Json | undefined): Map<string, number[]> {
  const pairs = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  return new Map(
    pairs
      .slice(0, maxSeenOwners)
      .map(([tag, seqs]) => [
        tag,
        Array.isArray(seqs) ? seqs.slice(0, maxApart).filter(seq => typeof seq === 'number') : []
      ])
  )
}

/** Commands that are compared of one actor, the latest of all its owners: bounds what a state costs that a peer has sent. */
const maxCommands = 512

export interface RanCommands {
  /** Of each owner's life, its commands in order; the owner of the last one first. */
  readonly byOwner: ReadonlyMap<string, readonly RanCommand[]>
  /** There were more than are looked at. */
  readonly hasMore: boolean
}

/** An entry without a method is of a form before entries said what they had seen: no more can be said of it. */
export function ranFrom(state: ActorState): RanCommands {
  const entries: [request: string, write: StampedWrite][] = []
  eachRegisterWrite(state, requestsField, (request, write) => entries.push([request, write]))
  entries.sort(([, a], [, b]) => b.stamp - a.stamp)
  const byOwner = new Map<string, RanCommand[]>()
  for (const [request, { origin, seq, json }] of entries.slice(0, maxCommands)) {
    const entry = JSON.parse(json) as Json
    const method = Array.isArray(entry) ? entry[2] : undefined
    if (typeof method !== 'string') continue
    const { found, before, apart, hasDropped } = hasSeen(json) ? seenIn(json) : nothing
    const seen = new Map(before)
    for (const [tag, its] of found) seen.set(tag, Math.max(its, seen.get(tag) ?? 0))
    const ran = { origin, seq, request, method, seen, apart, hasDropped }
    const known = byOwner.get(origin)
    if (known === undefined) byOwner.set(origin, [ran])
    else known.push(ran)
  }
  for (const commands of byOwner.values()) commands.sort((a, b) => a.seq - b.seq)
  return { byOwner, hasMore: entries.length > maxCommands }
}

/**
 * Requests that took effect, kept in the actor's own state: so they are committed with the effect, replicated with it, and a
 * retry of one finds its reply, on this owner or the next. They are also the history by which overlaps are found (overlaps.ts).
 *
 * For retries an entry is done when its caller says that it has the answer (the low-water mark of its session), or some time after the
 * call's deadline. It goes when all members have seen it, too: nobody can act beside it any more. While they have not, the latest stay.
 */
import {
  type ActorState,
  type CausalContext,
  type Covers,
  type Json,
  lwwRegister,
  openView,
  orMap,
  type Transaction
} from '../../crdt/index.ts'
import { eachRegisterWrite, type StampedWrite } from '../../crdt/register-access.ts'
import { dropIdleMarks, heldByOverlaps } from './overlaps.ts'
import { hasSeen, maxApart, requestsField, type SeenByCommand, seenIn, tagOf, writeSeen } from './ran-commands.ts'

export interface RequestId {
  /** Names the caller's process: its origin. */
  readonly session: string
  /** Counts the session's requests, from 1. */
  readonly number: number
  /** Requests of this session below it are answered for good. */
  readonly lowWater: number
  /** A stamp by the caller's wall clock, the same in all copies of the request: what a `lease` actor has forgotten has earlier ones. */
  readonly issued?: number
}

/** A field of the runtime's own: no user's field can have this name. */
const schema = { [requestsField]: orMap(lwwRegister<Json>(null)) }

/** Time after its deadline for which a request is remembered, in milliseconds: covers clocks that differ. */
const graceMs = 60_000
/** Entries of one actor; beyond it the ones that expire first go. */
const maxEntries = 4096
/** Of entries that are done, and not seen by all, so many stay, of so many characters together; a quarter more before some are dropped. */
const maxUnseen = 24
const maxUnseenLength = 3072

/** How a request is named in logs of requests, in reports of overlaps, and to its handler. */
export function requestKey({ session, number }: Pick<RequestId, 'session' | 'number'>): string {
  return `${session}/${number}`
}

/** The reply that this request got, if it took effect before. */
export function storedReply(transaction: Transaction, request: RequestId): { reply: Json | undefined } | undefined {
  const stored = openView(schema, transaction)[requestsField]
  const key = requestKey(request)
  if (!stored.has(key)) return undefined
  const entry = stored.at(key).value
  const reply = Array.isArray(entry) ? entry[1] : undefined
  return { reply: reply === null ? undefined : reply }
}

/** By the wall clock, in milliseconds; of the entry's JSON, which begins with it. */
function expiryOf(json: string): number {
  const expiry = Number.parseInt(json.slice(1), 10)
  return json.startsWith('[') && Number.isFinite(expiry) ? expiry : 0
}

/** Drops what nobody will ask for any more. */
export function dropExpiredRequests(transaction: Transaction, nowMs: number, seenByAll: Covers): void {
  const stored = openView(schema, transaction)[requestsField]
  const held = heldByOverlaps(transaction.state)
  for (const [key, writes] of entriesOf(transaction.state)) {
    const isDone = writes.every(({ origin, seq, json }) => expiryOf(json) < nowMs && seenByAll.has(origin, seq))
    if (isDone && !held.has(key)) stored.remove(key)
  }
  dropIdleMarks(transaction)
}

/** A command that has taken effect. */
export interface Noted {
  readonly request: RequestId
  readonly method: string
  readonly reply: Json | undefined
  readonly nowMs: number
  /** From now on. */
  readonly deadlineMs: number
  /** What the handler found: what it had seen. */
  readonly base: ActorState
  /** What it may have lacked, before what it had of the same origin. */
  readonly gaps: CausalContext
  /** What all members have seen of the actor. */
  readonly seenByAll: Covers
}

/** Notes the request and its reply beside its effect, and drops entries that nobody needs. Answers how many wait to be seen by all. */
export function noteRequest(transaction: Transaction, noted: Noted): number {
  const { request, method, reply, nowMs, deadlineMs } = noted
  const stored = openView(schema, transaction)[requestsField]
  const { unneeded, dropped, unseen } = sorted(transaction.state, noted)
  for (const key of unneeded) stored.remove(key)
  for (const key of dropped) stored.remove(key)
  if (unneeded.length + dropped.size > 0) dropIdleMarks(transaction)
  const seen = seenBy(transaction, noted, dropped)
  const expiresMs = Math.ceil(nowMs + deadlineMs) + graceMs
  const entry: Json[] = [expiresMs, reply ?? null, method, ...writeSeen(seen)]
  stored.at(requestKey(request)).set(entry)
  return unseen
}

/** Which entries are to go; those that are `dropped` others may never have seen. */
function sorted(state: ActorState, { request, nowMs, seenByAll }: Noted) {
  const unneeded: string[] = []
  const live: { key: string; expiresMs: number }[] = []
  const waiting: { key: string; stamp: number; length: number }[] = []
  let length = 0
  for (const [key, writes] of entriesOf(state)) {
    const [{ stamp, json }] = writes
    if (!isAnswered(key, request) && expiryOf(json) >= nowMs) live.push({ key, expiresMs: expiryOf(json) })
    else if (writes.every(({ origin, seq }) => seenByAll.has(origin, seq))) unneeded.push(key)
    else {
      waiting.push({ key, stamp, length: json.length })
      length += json.length
    }
  }
  const isTooMuch = waiting.length >= maxUnseen * 1.25 || length >= maxUnseenLength * 1.25
  const held = unneeded.length > 0 || isTooMuch ? heldByOverlaps(state) : undefined
  const dropped = new Set<string>()
  if (isTooMuch)
    for (const { key, length: its } of waiting.toSorted((a, b) => a.stamp - b.stamp)) {
      if (waiting.length - dropped.size <= maxUnseen && length <= maxUnseenLength) break
      if (held?.has(key) === true) continue
      dropped.add(key)
      length -= its
    }
  if (live.length >= maxEntries) {
    live.sort((a, b) => a.expiresMs - b.expiresMs)
    for (const { key } of live.slice(0, live.length - maxEntries + 1)) dropped.add(key)
  }
  return { unneeded: unneeded.filter(key => held?.has(key) !== true), dropped, unseen: waiting.length }
}

function isAnswered(key: string, { session, lowWater }: RequestId): boolean {
  return key.length > session.length && key.startsWith(session) && key[session.length] === '/'
    ? Number(key.slice(session.length + 1)) < lowWater
    : false
}

/**
 * What the command had seen of other owners' commands: the last of each whose entry is in the state that it found. And where such an entry
 * is there no more, what those say that found it: until all members have seen the command that took it away, a replica that has not
 * would take it for unseen. `dropped` entries say no more what they found.
 */
function seenBy(
  transaction: Transaction,
  { base, gaps, seenByAll }: Noted,
  dropped: ReadonlySet<string>
): SeenByCommand {
  const { origin: self } = transaction.root
  const found = new Map<string, number>()
  const before = new Map<string, number>()
  const last = new Map<string, number>()
  eachRegisterWrite(base, requestsField, (key, { origin, seq, json }) => {
    if (origin !== self) {
      const missing = gaps.intervals(origin)[0] ?? Number.POSITIVE_INFINITY
      raise(found, tagOf(origin), Math.min(seq, missing - 1))
      if (seq >= missing) raise(last, origin, seq)
    }
    if (!hasSeen(json) || seenByAll.has(origin, seq)) return
    const to = dropped.has(key) ? found : before
    for (const [tag, its] of seenIn(json).found) if (tag !== tagOf(self)) raise(to, tag, its)
  })
  for (const [tag, seq] of before) if (seq <= (found.get(tag) ?? 0)) before.delete(tag)
  const apart = new Map([...last].map(([origin, seq]) => [tagOf(origin), spansBetween(gaps.intervals(origin), seq)]))
  return { found, before, apart, hasDropped: dropped.size > 0 || [...apart.values()].some(isCut) }
}

/** What is there after the first of these gaps, up to `last`; past some gaps the rest counts as seen. */
function spansBetween(gaps: readonly number[], last: number): number[] {
  const spans: number[] = []
  for (let i = 1; i < gaps.length && spans.length < maxApart; i += 2) {
    const from = (gaps[i] ?? last) + 1
    const to = spans.length + 2 < maxApart ? (gaps[i + 1] ?? last + 1) - 1 : last
    if (from <= last) spans.push(from, Math.min(to, last))
  }
  return spans
}

function isCut(spans: readonly number[]): boolean {
  return spans.length >= maxApart
}

function raise(seqs: Map<string, number>, tag: string, seq: number): void {
  if (seq > (seqs.get(tag) ?? 0)) seqs.set(tag, seq)
}

type Writes = [StampedWrite, ...StampedWrite[]]

function entriesOf(state: ActorState): (readonly [key: string, writes: Writes])[] {
  const entries: (readonly [string, Writes])[] = []
  eachRegisterWrite(state, requestsField, (key, write) => {
    const last = entries.at(-1)
    if (last?.[0] === key) last[1].push(write)
    else entries.push([key, [write]])
  })
  return entries
}

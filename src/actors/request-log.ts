/**
 * Requests that took effect, kept in the actor's own state: so they are committed with the effect, replicated with it, and a
 * retry of one finds its reply, on this owner or the next.
 *
 * An entry goes when its caller says that it has the answer (the low-water mark of its session), or some time after the call's
 * deadline, when no retry can come any more.
 */
import { type Json, lwwRegister, openView, orMap, type Transaction } from '../crdt/index.ts'

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
const schema = { '\0requests': orMap(lwwRegister<Json>(null)) }

/** Time after its deadline for which a request is remembered, in milliseconds: covers clocks that differ. */
const graceMs = 60_000
/** Entries of one actor; beyond it the ones that expire first go. */
const maxEntries = 4096

export function requestKey(request: RequestId): string {
  return `${request.session}/${request.number}`
}

/** The reply that this request got, if it took effect before. */
export function storedReply(transaction: Transaction, request: RequestId): { reply: Json | undefined } | undefined {
  const stored = openView(schema, transaction)['\0requests']
  const key = requestKey(request)
  if (!stored.has(key)) return undefined
  const entry = stored.at(key).value
  if (!Array.isArray(entry)) return { reply: undefined }
  return { reply: entry.length > 1 ? entry[1] : undefined }
}

/** By the wall clock, in milliseconds. */
function expiryOf(entry: Json): number {
  return Array.isArray(entry) && typeof entry[0] === 'number' ? entry[0] : 0
}

/** Drops what nobody will ask for any more. */
export function dropExpiredRequests(transaction: Transaction, nowMs: number): void {
  const stored = openView(schema, transaction)['\0requests']
  for (const [name, entry] of stored.entries()) if (expiryOf(entry) < nowMs) stored.remove(String(name))
}

/** Notes the request and its reply beside its effect, and drops entries that nobody will ask for. */
export function noteRequest(
  transaction: Transaction,
  request: RequestId,
  reply: Json | undefined,
  nowMs: number,
  deadlineMs: number
): void {
  const stored = openView(schema, transaction)['\0requests']
  const live: { key: string; expiresMs: number }[] = []
  for (const [name, entry] of stored.entries()) {
    const key = String(name)
    const slash = key.lastIndexOf('/')
    const isAnswered = key.slice(0, slash) === request.session && Number(key.slice(slash + 1)) < request.lowWater
    const expiresMs = expiryOf(entry)
    if (isAnswered || expiresMs < nowMs) stored.remove(key)
    else live.push({ key, expiresMs })
  }
  if (live.length >= maxEntries) {
    live.sort((a, b) => a.expiresMs - b.expiresMs)
    for (const { key } of live.slice(0, live.length - maxEntries + 1)) stored.remove(key)
  }
  const expiresMs = Math.ceil(nowMs + deadlineMs) + graceMs
  stored.at(requestKey(request)).set(reply === undefined ? [expiresMs] : [expiresMs, reply])
}

/**
 * Requests that a leased actor has carried out, kept in its record: committed with the effect, they go where it goes.
 *
 * An outcome goes when its caller says that it has it, and the mark below which a session is over stays. A session is forgotten some
 * time after its last deadline, or to make room; then the log keeps a horizon: the stamps of all requests that are forgotten are below it.
 * So a request that comes late, through a queue of a node that stood still, finds its outcome, or that it is stale, and has no second
 * effect: however much was forgotten, by whatever clock. Plain data, because a lease shard has one writer (compare request-log.ts).
 */
import { utf8Of } from '../../cluster/utf8.ts'
import type { Json } from '../../crdt/index.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { RequestId } from '../requests/request-log.ts'

/** What a request came to. An error, where others may yet run what was refused: then it must stay refused. */
export type KeptOutcome =
  | { readonly reply: Json | undefined }
  | { readonly error: { readonly code: string; readonly message: string; readonly isRefusal: boolean } }

export interface SessionLog {
  /** Requests below it are over. */
  readonly lowWater: number
  /** By the wall clock, in milliseconds. */
  readonly expiresMs: number
  /** The latest stamp of its requests. */
  readonly issued: number
  /** By the number of the request, those that came first at first. */
  readonly outcomes: ReadonlyMap<number, KeptOutcome>
  /** About what it takes in the record: JSON, as UTF-8. */
  readonly bytes: number
}

export interface RequestLog {
  /** No request with a stamp below it is new: it may be one of those that are forgotten. */
  readonly horizon: number
  readonly sessions: ReadonlyMap<string, SessionLog>
  readonly bytes: number
}

/** Time after its deadline for which a request is remembered, in milliseconds. */
const graceMs = 60_000
/** Of one session; beyond it its mark rises. */
const sessionLimits = { outcomes: 1024, bytes: 64 * 1024 }
/** Of one actor; beyond it the sessions that were longest silent are forgotten. */
const limits = { sessions: 1024, bytes: 128 * 1024 }
/** A stamp is at most so far ahead of the owner's clock and of the horizon: nobody moves it out of the reach of others. */
const maxLeapMs = 24 * 3600 * 1000

export const noRequests: RequestLog = { horizon: 0, sessions: new Map(), bytes: 0 }

/**
 * `stale`: what became of it, if it ran, is not remembered. As another request, with the stamp that is given, it is new.
 */
export function findRequest(
  log: RequestLog,
  request: RequestId,
  nowMs: number
): 'new' | { readonly stale: number } | KeptOutcome {
  const session = log.sessions.get(request.session)
  const kept = session?.outcomes.get(request.number)
  if (kept !== undefined) return kept
  const { issued = 0 } = request
  const latest = Math.max(Math.ceil(nowMs), log.horizon)
  const isOver = request.number < (session?.lowWater ?? 0)
  if (!isOver && issued >= log.horizon && issued <= latest + maxLeapMs) return 'new'
  return { stale: Math.max(log.horizon, Math.min(issued, latest)) }
}

/** The log with one request more, and without what nobody will ask for, or what there is no room for. */
export function withRequest(
  log: RequestLog,
  request: RequestId,
  outcome: KeptOutcome,
  { nowMs, leftMs }: { nowMs: number; leftMs: number }
): RequestLog {
  const sessions = new Map(log.sessions)
  const before = sessions.get(request.session)
  // The one that spoke last is the last.
  sessions.delete(request.session)
  const added = withOutcome(before, request, outcome, Math.ceil(nowMs + leftMs) + graceMs)
  let { horizon } = log
  let bytes = log.bytes - (before?.bytes ?? 0) + added.bytes
  for (const [name, session] of sessions) {
    const isFull = sessions.size >= limits.sessions || bytes > limits.bytes
    if (!isFull && session.expiresMs >= nowMs) continue
    sessions.delete(name)
    horizon = Math.max(horizon, session.issued + 1)
    bytes -= session.bytes
  }
  sessions.set(request.session, added)
  return { horizon, sessions, bytes }
}

function withOutcome(
  before: SessionLog | undefined,
  request: RequestId,
  outcome: KeptOutcome,
  expiresMs: number
): SessionLog {
  let lowWater = Math.max(before?.lowWater ?? 0, request.lowWater)
  const outcomes = new Map(before?.outcomes)
  outcomes.set(request.number, outcome)
  let bytes = (before?.bytes ?? bytesOfSession(request.session)) + bytesOf(outcome)
  for (const [number, kept] of outcomes) {
    const isFull = outcomes.size > sessionLimits.outcomes || bytes > sessionLimits.bytes
    if (number >= lowWater && !isFull) continue
    outcomes.delete(number)
    bytes -= bytesOf(kept)
    lowWater = Math.max(lowWater, number + 1)
  }
  return {
    lowWater,
    expiresMs: Math.max(before?.expiresMs ?? 0, expiresMs),
    issued: Math.max(before?.issued ?? 0, request.issued ?? 0),
    outcomes,
    bytes
  }
}

/** Of a session in JSON, beside its name and its outcomes; about. */
const sessionBytes = 64

function bytesOfSession(name: string): number {
  return utf8Of(JSON.stringify(name)).length + sessionBytes
}

function bytesOf(outcome: KeptOutcome): number {
  // The number of the request has up to 16 digits.
  return utf8Of(JSON.stringify(rowOf(0, outcome))).length + 16
}

// ---- in JSON ---------------------------------------------------------------------------------------------------------------------

export function requestsToJson({ horizon, sessions }: RequestLog): Json {
  const rows = [...sessions].map(([name, { lowWater, expiresMs, issued, outcomes }]): Json => {
    return [name, lowWater, expiresMs, issued, [...outcomes].map(([number, outcome]) => rowOf(number, outcome))]
  })
  return [horizon, rows]
}

function rowOf(number: number, outcome: KeptOutcome): Json[] {
  if ('error' in outcome) return [number, outcome.error.code, outcome.error.message, outcome.error.isRefusal]
  return outcome.reply === undefined ? [number] : [number, outcome.reply]
}

/** Throws `SHOAL_CORRUPT`. */
export function requestsFromJson(log: unknown): RequestLog {
  const [horizon, rows] = Array.isArray(log) ? log : []
  if (!Number.isSafeInteger(horizon) || !Array.isArray(rows)) throw corrupt()
  const sessions = rows.map((row: unknown): [string, SessionLog] => {
    const [name, lowWater, expiresMs, issued, outcomes] = Array.isArray(row) ? row : []
    if (typeof name !== 'string' || !Array.isArray(outcomes)) throw corrupt()
    for (const number of [lowWater, expiresMs, issued]) if (!Number.isSafeInteger(number)) throw corrupt()
    const kept = outcomes.map(outcomeFrom)
    const bytes = kept.reduce((sum, [, outcome]) => sum + bytesOf(outcome), bytesOfSession(name))
    return [name, { lowWater, expiresMs, issued, outcomes: new Map(kept), bytes }]
  })
  return { horizon, sessions: new Map(sessions), bytes: sessions.reduce((sum, [, { bytes }]) => sum + bytes, 0) }
}

function outcomeFrom(row: unknown): [number, KeptOutcome] {
  if (!Array.isArray(row) || !Number.isSafeInteger(row[0])) throw corrupt()
  const [number, code, message, isRefusal] = row
  if (row.length <= 2) return [number, { reply: row.length > 1 ? row[1] : undefined }]
  if (typeof code !== 'string' || typeof message !== 'string' || typeof isRefusal !== 'boolean') throw corrupt()
  return [number, { error: { code, message, isRefusal } }]
}

function corrupt(): ShoalError {
  return new ShoalError('SHOAL_CORRUPT', 'the record of a leased actor holds no requests that can be read')
}

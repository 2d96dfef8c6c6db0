/**
 * Requests that a leased actor has carried out, kept in its record: committed with the effect, they go where it goes.
 *
 * A reply goes when its caller says that it has the answer, and the mark below which a session is answered stays: a request that
 * comes late, through a queue of a node that stood still, finds itself over and has no second effect. All of a session goes
 * some time after its last deadline. Plain data, because a lease shard has one writer (compare request-log.ts).
 */
import type { Json } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import type { RequestId } from './request-log.ts'

export interface SessionLog {
  /** Requests below it are answered for good. */
  readonly lowWater: number
  /** By the wall clock, in milliseconds. */
  readonly expiresMs: number
  readonly replies: ReadonlyMap<number, Json | undefined>
}

/** By session. */
export type RequestLog = ReadonlyMap<string, SessionLog>

/** Time after its deadline for which a request is remembered, in milliseconds: covers clocks that differ. */
const graceMs = 60_000
/** Sessions of one actor, and replies of one session; beyond it the ones that expire first go, and the oldest. */
const maxSessions = 1024
const maxReplies = 1024

export const noRequests: RequestLog = new Map()

/** `over`: its caller has had the answer. */
export function findRequest(
  log: RequestLog,
  request: RequestId
): 'new' | 'over' | { readonly reply: Json | undefined } {
  const session = log.get(request.session)
  if (session === undefined) return 'new'
  if (request.number < session.lowWater) return 'over'
  return session.replies.has(request.number) ? { reply: session.replies.get(request.number) } : 'new'
}

/** The log with one request more, and without what nobody will ask for. */
export function withRequest(
  log: RequestLog,
  request: RequestId,
  reply: Json | undefined,
  { nowMs, leftMs }: { nowMs: number; leftMs: number }
): RequestLog {
  const noted = new Map([...log].filter(([, { expiresMs }]) => expiresMs >= nowMs))
  const before = noted.get(request.session)
  const lowWater = Math.max(before?.lowWater ?? 0, request.lowWater)
  const replies = new Map([...(before?.replies ?? [])].filter(([number]) => number >= lowWater))
  for (const number of replies.keys()) {
    if (replies.size < maxReplies) break
    replies.delete(number)
  }
  replies.set(request.number, reply)
  const expiresMs = Math.max(before?.expiresMs ?? 0, Math.ceil(nowMs + leftMs) + graceMs)
  noted.set(request.session, { lowWater, expiresMs, replies })
  if (noted.size > maxSessions) {
    const others = [...noted].filter(([session]) => session !== request.session)
    const [first] = others.sort(([, a], [, b]) => a.expiresMs - b.expiresMs)
    if (first !== undefined) noted.delete(first[0])
  }
  return noted
}

export function requestsToJson(log: RequestLog): Json {
  return [...log].map(([session, { lowWater, expiresMs, replies }]): Json => {
    const rows = [...replies].map(([number, reply]): Json => (reply === undefined ? [number] : [number, reply]))
    return [session, lowWater, expiresMs, rows]
  })
}

/** Throws `SHOAL_CORRUPT`. */
export function requestsFromJson(rows: unknown): RequestLog {
  if (!Array.isArray(rows)) throw corrupt()
  return new Map(
    rows.map((row: unknown): [string, SessionLog] => {
      const [session, lowWater, expiresMs, replies] = Array.isArray(row) ? row : []
      if (typeof session !== 'string' || !Number.isSafeInteger(lowWater) || !Number.isSafeInteger(expiresMs))
        throw corrupt()
      if (!Array.isArray(replies)) throw corrupt()
      return [session, { lowWater, expiresMs, replies: new Map(replies.map(replyFrom)) }]
    })
  )
}

function replyFrom(row: unknown): [number, Json | undefined] {
  if (!Array.isArray(row) || !Number.isSafeInteger(row[0])) throw corrupt()
  return [row[0], row.length > 1 ? row[1] : undefined]
}

function corrupt(): ShoalError {
  return new ShoalError('SHOAL_CORRUPT', 'the record of a leased actor holds no requests that can be read')
}

/**
 * A leased actor in memory and as the one record that a lease shard keeps of it: a format byte, the length of its requests (four bytes,
 * the highest first), those as JSON, then its state as crdt/state.ts writes it, or nothing where no command has changed it yet.
 */
import { type ActorState, decodeState, emptyState, encodeState } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import { noRequests, type RequestLog, requestsFromJson, requestsToJson } from './lease-requests.ts'

export interface LeaseRecord {
  readonly state: ActorState
  readonly requests: RequestLog
}

const format = 1
const headBytes = 5
const emptyRecord: LeaseRecord = { state: emptyState, requests: noRequests }

export function encodeLeaseRecord({ state, requests }: LeaseRecord): Uint8Array {
  return recordOf(format, requests, encodeState(state, false))
}

/** The record with other requests and the same state, which may be none. */
export function withRequests(bytes: Uint8Array | undefined, requests: RequestLog): Uint8Array {
  if (bytes === undefined || bytes.length === 0) return recordOf(format, requests, new Uint8Array(0))
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return recordOf(view.getUint8(0), requests, bytes.subarray(headBytes + view.getUint32(1)))
}

function recordOf(format: number, requests: RequestLog, body: Uint8Array): Uint8Array {
  const log = new TextEncoder().encode(JSON.stringify(requestsToJson(requests)))
  const bytes = new Uint8Array(headBytes + log.length + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, format)
  view.setUint32(1, log.length)
  bytes.set(log, headBytes)
  bytes.set(body, headBytes + log.length)
  return bytes
}

/** Throws `SHOAL_CORRUPT`. */
export function decodeLeaseRecord(actor: string, bytes: Uint8Array | undefined): LeaseRecord {
  if (bytes === undefined || bytes.length === 0) return emptyRecord
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const stateAt = headBytes + view.getUint32(1)
    if (view.getUint8(0) !== format || stateAt > bytes.length) throw new TypeError('not format 1')
    const log = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headBytes, stateAt))
    const state = stateAt === bytes.length ? emptyState : decodeState(bytes.subarray(stateAt))
    return { requests: requestsFromJson(JSON.parse(log)), state }
  } catch (error) {
    throw new ShoalError('SHOAL_CORRUPT', `${actor}: its record cannot be read`, { cause: error })
  }
}

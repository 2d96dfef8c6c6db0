/**
 * The record that a lease shard keeps of an actor: a byte that tells the form of its state, its revision (six bytes, the highest first), the
 * length of its requests (four bytes), those as JSON, with the actor's outbox where it has one, then the state as its form writes it
 * (lease-form.ts), or nothing where no command has changed it yet.
 */
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import { type Mail, mailFromJson, mailToJson, noMail } from '../outbox/outbox-log.ts'
import type { ActorRecords, LeaseForm } from './lease-form.ts'
import { noRequests, type RequestLog, requestsFromJson, requestsToJson } from './lease-requests.ts'

/** A leased actor in memory. */
export interface LeaseRecord {
  /**
   * How many records the actor has had. Of those that were ever accepted one with a lower number is older: one that never was can share its
   * number with one of a later owner.
   */
  readonly revision: number
  readonly held: unknown
  readonly requests: RequestLog
  readonly mail: Mail
}

const headBytes = 11
const lengthAt = 7

/** The record with other requests, or another outbox, and the same state, which may be none. */
export function withRequests(
  format: number,
  bytes: Uint8Array | undefined,
  requests: RequestLog,
  mail?: Mail,
  revision?: number
): Uint8Array {
  if (bytes === undefined || bytes.length === 0)
    return encodeLeaseRecord(format, requests, new Uint8Array(0), mail, revision)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return encodeLeaseRecord(format, requests, bytes.subarray(headBytes + view.getUint32(lengthAt)), mail, revision)
}

export function encodeLeaseRecord(
  format: number,
  requests: RequestLog,
  body: Uint8Array,
  mail: Mail = noMail,
  revision = 1
): Uint8Array {
  const [logText, mailText] = [JSON.stringify(requestsToJson(requests)), mailToJson(mail)]
  const log = new TextEncoder().encode(mailText === '' ? logText : `${logText.slice(0, -1)},${mailText}]`)
  const bytes = new Uint8Array(headBytes + log.length + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, format)
  view.setUint16(1, Math.floor(revision / 2 ** 32))
  view.setUint32(3, revision % 2 ** 32)
  view.setUint32(lengthAt, log.length)
  bytes.set(log, headBytes)
  bytes.set(body, headBytes + log.length)
  return bytes
}

/** Throws `SHOAL_CORRUPT`, and what the form throws of a state that it can read. */
export function decodeLeaseRecord(form: LeaseForm, records: ActorRecords): LeaseRecord {
  const bytes = records.peek(records.name)
  if (bytes === undefined || bytes.length === 0) {
    return { revision: 0, held: form.load(undefined, records), requests: noRequests, mail: noMail }
  }
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const revision = view.getUint16(1) * 2 ** 32 + view.getUint32(3)
    const stateAt = headBytes + view.getUint32(lengthAt)
    if (view.getUint8(0) !== form.format || stateAt > bytes.length) throw new TypeError(`not format ${form.format}`)
    const log = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(headBytes, stateAt))
    const json: unknown = JSON.parse(log)
    const requests = requestsFromJson(json)
    const mail = mailFromJson(Array.isArray(json) ? json[2] : undefined)
    const body = stateAt === bytes.length ? undefined : bytes.subarray(stateAt)
    return { revision, held: form.load(body, records), requests, mail }
  } catch (error) {
    if (isShoalError(error) && error.code !== 'SHOAL_MALFORMED') throw error
    throw new ShoalError('SHOAL_CORRUPT', `${records.name}: its record cannot be read`, { cause: error })
  }
}

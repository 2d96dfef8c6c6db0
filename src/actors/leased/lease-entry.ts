/** The entries of a leased actor: each is its whole new record, and what it says of the outbox counts once it is accepted. */
import { type LeaseAcknowledgement, maxStateBytes } from '../../cluster/lease/epoch-writer.ts'
import type { Mail } from '../outbox/outbox-log.ts'
import type { Changed } from './lease-form.ts'
import type { Holding, LeasedActor } from './lease-holding.ts'
import { encodeLeaseRecord, withRequests } from './lease-record.ts'
import type { RequestLog } from './lease-requests.ts'

export interface EntryOf {
  readonly holding: Holding
  readonly name: string
  readonly actor: LeasedActor
  /** Of its form. */
  readonly format: number
}

/** Resolves when so many replicas have it. Throws where it has no effect. */
export function appendEntry(
  { holding, name, actor, format }: EntryOf,
  { requests, mail, changed }: { requests: RequestLog; mail: Mail; changed?: Changed | undefined },
  level: LeaseAcknowledgement
): Promise<void> {
  const { lease } = holding
  const revision = actor.record.revision + 1
  let held = changed?.held ?? actor.record.held
  let bytes =
    changed === undefined
      ? withRequests(format, lease.peek(name), requests, mail, revision)
      : encodeLeaseRecord(format, requests, changed.body, mail, revision)
  if (bytes.length > maxStateBytes && changed?.smaller !== undefined) {
    const smaller = changed.smaller()
    held = smaller.held
    bytes = encodeLeaseRecord(format, requests, smaller.body, mail, revision)
  }
  const accepted = lease.append(name, bytes, level)
  actor.record = { revision, held, requests, mail }
  actor.written = mail
  actor.unaccepted++
  const number = ++actor.entries
  if (changed !== undefined) holding.changed(name)
  return accepted.then(() => {
    actor.unaccepted--
    // One that waits for all of the replicas may come after a later one.
    if (number > actor.accepted.number) actor.accepted = { number, mail }
  })
}

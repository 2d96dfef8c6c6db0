/**
 * What later epochs have excluded of what this node's disk had, told as a person can read it. Nothing of it was acknowledged, and nothing
 * uses it: it is there for whoever wants to know what became of a call that ended as `SHOAL_INDETERMINATE`.
 */
import type { Leases } from '../../cluster/lease/leases.ts'
import { isActorName } from '../../cluster/wire.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { DocumentSandbox } from '../../ports/sandbox.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { requestKey } from '../requests/request-log.ts'
import type { ActorRecords, LeaseForm } from './lease-form.ts'
import { formOf } from './lease-forms.ts'
import { decodeLeaseRecord } from './lease-record.ts'
import type { RequestLog } from './lease-requests.ts'

/** An actor as one command, or one step of its outbox, would have left it, had its owner not lost the shard before a majority had it. */
export interface SetAsideRecord {
  readonly kind: string
  readonly id: string
  readonly shard: number
  /** Of the owner that wrote it. */
  readonly epoch: number
  /** Its place in that owner's log; they count from 1. */
  readonly n: number
  /** How many records the actor had had, this one among them. */
  readonly revision?: number
  /** As `state()` would have shown it. */
  readonly state?: unknown
  /** Calls whose outcome it has, the latest last, at most 24: the life of the node that made it, a slash, and a count. */
  readonly requests: readonly string[]
  /** Why there is no state: the kind is not known here, or its record cannot be read. */
  readonly unreadable?: string
}

export interface SetAsideParts {
  /** Of a node without lease kinds none. */
  readonly leases: Pick<Leases, 'setAside' | 'replica'> | undefined
  readonly sandbox: DocumentSandbox
  definition(kind: string): AnyDefinition | undefined
}

const maxRequests = 24

/** By shard, then in the order of epochs and of their logs. The chunks of an event log are left out: the record that was to name them is there. */
export async function* setAsideRecords(parts: SetAsideParts): AsyncGenerator<SetAsideRecord, void> {
  const { leases } = parts
  if (leases === undefined) return
  for await (const { shard, actor, epoch, n, state } of leases.setAside()) {
    if (!isActorName(actor)) continue
    const slash = actor.indexOf('/')
    const place = { kind: actor.slice(0, slash), id: actor.slice(slash + 1), shard, epoch, n }
    const peek = (name: string) => (name === actor ? state : leases.replica(shard).read(name))
    yield { ...place, ...(await told(parts, place.kind, { name: actor, epoch, peek })) }
  }
}

type Told = Pick<SetAsideRecord, 'revision' | 'state' | 'requests' | 'unreadable'>

async function told({ definition, sandbox }: SetAsideParts, kind: string, records: ActorRecords): Promise<Told> {
  const known = definition(kind)
  if (known?.partition !== 'lease') return { requests: [], unreadable: 'this node declares no such lease kind' }
  const form = formOf(known)
  try {
    const { revision, held, requests } = decodeLeaseRecord(form, records)
    return { revision, requests: latest(requests), ...(await stateOf(form, held, records, sandbox)) }
  } catch (error) {
    if (!isShoalError(error)) throw error
    return { requests: [], unreadable: `${error.code}: ${error.message}` }
  }
}

/** Documents are merged in the sandbox before they are opened, as everywhere (leased-documents.ts). */
async function stateOf(
  form: LeaseForm,
  held: unknown,
  { name, epoch }: ActorRecords,
  sandbox: DocumentSandbox
): Promise<Pick<Told, 'state' | 'unreadable'>> {
  let vetted = held
  for (const { engine, content, field, trusted, untrusted } of form.unvetted?.(held) ?? []) {
    const parts = [...trusted, ...untrusted]
    const document = `${name}\0${field}\0${epoch} aside`
    const answer = await sandbox.merge({ engine, content, document, parts, wantsSnapshot: true, isBackground: true })
    if (answer.outcome !== 'merged' || answer.snapshot === undefined) {
      const why = answer.outcome === 'failed' ? answer.reason : answer.outcome
      return { unreadable: `SHOAL_UNREADABLE: the document ${field}: ${why}` }
    }
    vetted = form.vetted?.(vetted, field, parts, answer.snapshot)
  }
  return { state: form.plain(vetted) }
}

function latest({ sessions }: RequestLog): string[] {
  const found: string[] = []
  for (const [session, { outcomes }] of sessions)
    for (const number of outcomes.keys()) found.push(requestKey({ session, number }))
  return found.slice(-maxRequests)
}

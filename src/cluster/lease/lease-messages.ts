/** What the nodes of a lease shard say to each other, as plain values: read from the wire totally, and within limits. */
import type { shoal } from '#proto/generated/peer.js'
import { type Calls, copied, malformed, safe, seqNumber } from '../wire.ts'
import type { NamedEntry } from './lease-layout.ts'
import { isLineage, type Lineage, maxEpoch, maxLineage, origin, type Stamp } from './lineage.ts'
import { recordName } from './record-name.ts'

export type LeaseBody =
  | { readonly kind: 'seal' }
  | { readonly kind: 'sealed'; readonly lineage: Lineage }
  | {
      readonly kind: 'entries'
      readonly after: number
      readonly entries: readonly NamedEntry[]
      readonly fetch: boolean
    }
  | { readonly kind: 'accepted'; readonly n: number }
  | { readonly kind: 'fetch'; readonly number: number; readonly want: Want }
  | ({ readonly kind: 'page'; readonly number: number } & FetchedPage)
  | { readonly kind: 'refused'; readonly promised: number }
  | { readonly kind: 'released' }

/** Of a fetch: the lineage only, these actors, or what stands above an entry. */
export type Want =
  | { readonly what: 'lineage' }
  | { readonly what: 'actors'; readonly actors: readonly string[] }
  | { readonly what: 'scan'; readonly after: Stamp }

export interface FetchedPage {
  readonly entries: readonly NamedEntry[]
  readonly absent: readonly string[]
  readonly cursor: Stamp
  readonly lineage: Lineage
  readonly isLast: boolean
}

export type LeaseMessage = { readonly shard: number; readonly epoch: number } & LeaseBody

/** Actors that a fetch may name. */
export const maxNamed = 256
/** Entries of one message. */
export const maxEntries = 4096

export function leaseTo(message: LeaseMessage): Calls {
  const { shard, epoch } = message
  return { lease: { shard, epoch, ...bodyTo(message) } }
}

function bodyTo(body: LeaseBody): shoal.peer.ILease {
  switch (body.kind) {
    case 'seal':
      return { seal: {} }
    case 'sealed':
      return { sealed: { lineage: lineageTo(body.lineage) } }
    case 'entries': {
      const entries = body.entries.map(({ actor, state }) => ({ actor, state }))
      return { entries: { after: body.after, entries, fetch: body.fetch } }
    }
    case 'accepted':
      return { accepted: { n: body.n } }
    case 'fetch': {
      const { number, want } = body
      if (want.what === 'actors') return { fetch: { number, actors: [...want.actors] } }
      if (want.what === 'lineage') return { fetch: { number } }
      return { fetch: { number, scan: true, afterEpoch: want.after.epoch, afterN: want.after.n } }
    }
    case 'page': {
      const { number, absent, cursor, lineage, isLast } = body
      const records = body.entries.map(({ actor, state, epoch, n }) => ({ actor, state, epoch, n }))
      const at = { cursorEpoch: cursor.epoch, cursorN: cursor.n, lineage: lineageTo(lineage), last: isLast }
      return { page: { number, records, absent: [...absent], ...at } }
    }
    case 'refused':
      return { refused: { promised: body.promised } }
    case 'released':
      return { released: {} }
  }
}

/** Throws `SHOAL_MALFORMED`. */
export function leaseFrom(message: shoal.peer.ILease, shards: number): LeaseMessage {
  const shard = message.shard ?? 0
  if (!Number.isInteger(shard) || shard < 0 || shard >= shards) throw malformed('lease shard')
  const epoch = epochFrom(message.epoch)
  return { shard, epoch, ...bodyFrom(message, epoch) }
}

function bodyFrom(
  { seal, sealed, entries, accepted, fetch, page, refused, released }: shoal.peer.ILease,
  epoch: number
): LeaseBody {
  if (seal != null) return { kind: 'seal' }
  if (sealed != null) return { kind: 'sealed', lineage: lineageFrom(sealed.lineage) }
  if (entries != null) return entriesFrom(entries, epoch)
  if (accepted != null) return { kind: 'accepted', n: safe(accepted.n) }
  if (fetch != null) return { kind: 'fetch', number: seqNumber(fetch.number), want: wantFrom(fetch) }
  if (page != null) return pageFrom(page)
  if (refused != null) return { kind: 'refused', promised: epochFrom(refused.promised) }
  if (released != null) return { kind: 'released' }
  throw malformed('lease record')
}

function entriesFrom(message: shoal.peer.ILeaseEntries, epoch: number): LeaseBody {
  const after = safe(message.after)
  const records = message.entries ?? []
  if (records.length > maxEntries) throw malformed('number of entries')
  safe(after + records.length)
  const entries = records.map(({ actor, state }, i) => ({
    actor: recordName(actor),
    state: copied(state),
    epoch,
    n: after + i + 1
  }))
  return { kind: 'entries', after, entries, fetch: message.fetch ?? false }
}

function wantFrom({ scan, afterEpoch, afterN, actors }: shoal.peer.ILeaseFetch): Want {
  if (scan === true) return { what: 'scan', after: stampFrom(afterEpoch, afterN) }
  const names = (actors ?? []).map(recordName)
  if (names.length > maxNamed) throw malformed('number of actors')
  return names.length > 0 ? { what: 'actors', actors: names } : { what: 'lineage' }
}

function pageFrom(message: shoal.peer.ILeasePage): LeaseBody {
  const { records, absent, cursorEpoch, cursorN, lineage, last } = message
  if ((records?.length ?? 0) > maxEntries || (absent?.length ?? 0) > maxNamed) throw malformed('size of a page')
  return {
    kind: 'page',
    number: seqNumber(message.number),
    entries: (records ?? []).map(({ actor, state, epoch, n }) => ({
      actor: recordName(actor),
      state: copied(state),
      epoch: epochFrom(epoch),
      n: seqNumber(n)
    })),
    absent: (absent ?? []).map(recordName),
    cursor: stampFrom(cursorEpoch, cursorN),
    lineage: lineageFrom(lineage),
    isLast: last ?? false
  }
}

function epochFrom(epoch: number | null | undefined): number {
  const number = seqNumber(epoch)
  if (number > maxEpoch) throw malformed('epoch')
  return number
}

function stampFrom(epoch: number | null | undefined, n: number | null | undefined): Stamp {
  const stamp = { epoch: safe(epoch), n: safe(n) }
  return stamp.epoch === 0 ? origin : stamp
}

function lineageTo(lineage: Lineage): shoal.peer.ILeaseLineage {
  return { epochs: lineage.map(({ epoch }) => epoch), cuts: lineage.map(({ n }) => n) }
}

function lineageFrom(message: shoal.peer.ILeaseLineage | null | undefined): Lineage {
  const epochs = message?.epochs ?? []
  const cuts = message?.cuts ?? []
  if (epochs.length !== cuts.length || epochs.length > maxLineage) throw malformed('lineage')
  const lineage = epochs.map((epoch, i) => ({ epoch: epochFrom(epoch), n: safe(cuts[i]) }))
  if (!isLineage(lineage)) throw malformed('lineage')
  return lineage
}

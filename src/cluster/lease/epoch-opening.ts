/**
 * Opens an epoch of a lease shard: claim, seal, take over what the replicas have accepted, have a majority store it, say so in the store.
 *
 * An owner may die after any step; the next one begins again under a higher epoch, and asks the replicas of the last epoch that was opened.
 */
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import { type LeaseStore, type RegisterVersion, storeSpoilt } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import type { EpochWriter } from './epoch-writer.ts'
import type { Journal } from './journal.ts'
import {
  encodeRegister,
  type OwnershipRecord,
  ownershipFrom,
  ownershipKey,
  type ReplicaSet
} from './lease-registers.ts'
import type { LeaseShard } from './lease-shard.ts'
import type { LettingGo, WrittenClaim } from './letting-go.ts'
import { extended, hasEntries, isOn, type Lineage, maxEpoch, positionOf } from './lineage.ts'
import { Sealing } from './sealing.ts'
import type { Sessions } from './sessions.ts'
import type { StoreIdentity } from './store-identity.ts'
import type { Turns } from './turns.ts'

export interface OpeningParts {
  readonly store: LeaseStore
  readonly self: PeerId
  readonly clock: Clock
  readonly logger: Logger
  readonly sessions: Sessions
  readonly journal: Journal
  readonly shard: LeaseShard
  readonly set: readonly PeerId[]
  readonly lettingGo: LettingGo
  readonly identity: StoreIdentity
  /** For calls to the store. */
  readonly turns: Turns
  /** This node neither leaves nor has stopped. */
  mayClaim(): boolean
  isLinked(peer: PeerId): boolean
  /** Who has not left, this node included. */
  members(): readonly PeerId[]
}

export interface OpenedEpoch extends WrittenClaim {
  readonly writer: EpochWriter
  readonly session: string
}

/** Another node has claimed the shard, and its session may be valid. */
export class HeldElsewhere extends ShoalError {
  readonly holder: PeerId
  readonly epoch: number

  constructor(holder: PeerId, epoch: number) {
    super('SHOAL_NOT_OWNER', `${holder} owns the shard`, { retryable: true })
    this.holder = holder
    this.epoch = epoch
  }
}

/** Nothing was claimed. */
export class Unlinked extends ShoalError {
  readonly peers: readonly PeerId[]

  constructor(peers: readonly PeerId[]) {
    super('SHOAL_UNAVAILABLE', 'the shard is not open here: there are no links with most of its replicas', {
      retryable: true
    })
    this.peers = peers
  }
}

/** Its replicas, though there are links with enough of them, did not answer: others should have their turn before the next try. */
export class ClaimedInVain extends ShoalError {
  /** What it takes to open it, where that is an operator's to do: time alone does not help. */
  readonly needs: string | undefined

  constructor(needs?: string) {
    const why = needs ?? 'too few of its replicas have answered'
    super('SHOAL_UNAVAILABLE', `the shard is not open here: ${why}`, { retryable: true })
    this.needs = needs
  }
}

/** How long replicas have to promise. */
const sealingPatienceMs = 3000
/** How long nothing may go on before the shard is open: whoever is given everything for the first time may take as long as that takes. */
const patienceMs = 10_000
const firstRepliesMs = 250
/** What an operator has to do is said again, as long as somebody wants the shard. */
const saidAgainMs = 600_000
const restampEntries = 256
const restampBytes = 1024 * 1024

export async function openEpoch(parts: OpeningParts): Promise<OpenedEpoch> {
  const { shard, sessions, clock } = parts
  const session = sessions.current
  if (session === undefined || !sessions.isValid()) throw notNow('this node has no valid session')
  const claim = await parts.turns.take(() => claimed(parts, session))
  const { epoch, opened } = claim.record
  const patience = endWhenIdle(shard, clock)
  try {
    await takeOver(parts, epoch, opened)
    const last = positionOf(shard.replica.lineage).n
    const writer = shard.write(epoch, parts.set, last)
    await parts.journal.durable()
    shard.stored()
    await Promise.race([writer.reached(last).catch(() => {}), writer.fenced])
    // One that has never been given anything has no vote in the next epoch: at the beginning that takes a moment only, for all of them.
    if (opened.epoch === 0) await withinMoments(writer, last, clock)
    if (writer.isFenced) throw await writer.fenced
    const done = await parts.turns.take(() => markOpened(parts, claim), 'first')
    if (writer.isFenced) throw await writer.fenced
    if (sessions.current !== session) throw notNow('its session is over')
    return { ...done, writer, session }
  } catch (error) {
    shard.end(notNow('the epoch could not be opened'))
    void parts.lettingGo.letGo(shard.replica.shard, epoch, session)
    throw error
  } finally {
    patience.cancel()
  }
}

async function withinMoments(writer: EpochWriter, last: number, clock: Clock): Promise<void> {
  const moments = Promise.withResolvers<void>()
  const timer = clock.after(firstRepliesMs, moments.resolve)
  await Promise.race([writer.reached(last, 'all').catch(() => {}), moments.promise])
  timer.cancel()
}

function endWhenIdle(shard: LeaseShard, clock: Clock): { cancel(): void } {
  let seen = shard.progress
  let timer = clock.after(patienceMs, look)
  function look() {
    if (shard.progress === seen) shard.end(new ClaimedInVain())
    seen = shard.progress
    timer = clock.after(patienceMs, look)
  }
  return { cancel: () => timer.cancel() }
}

/** Writes the next epoch into the store, where nobody else holds this one. */
async function claimed(parts: OpeningParts, session: string): Promise<WrittenClaim> {
  const { store, sessions, shard, lettingGo } = parts
  // It may have stood in line for long.
  if (!parts.mayClaim() || sessions.current !== session) throw notNow('this node claims no more under its session')
  const { record, version } = await wantedClaim(parts, session)
  assertLinked(parts, record)
  const number = shard.replica.shard
  shard.claims(record.epoch)
  try {
    const claim = await written(store, sessions, ownershipKey(number), record, version)
    lettingGo.claimed(number, record.epoch)
    return claim
  } catch (error) {
    // It may have been written, or may be yet.
    void lettingGo.letGo(number, record.epoch, session, { doubt: { expected: version } })
    throw error
  }
}

/** A claim keeps others from claiming: who reaches the store and not the replicas makes none. */
function assertLinked({ self, isLinked }: OpeningParts, { set, opened }: OwnershipRecord): void {
  const asked = opened.epoch === 0 ? set : opened.set
  const lacking = asked.filter(peer => peer !== self && !isLinked(peer))
  if (lacking.length >= asked.length / 2) throw new Unlinked(lacking)
}

/** The next epoch, where nobody else holds this one, and the version of the record that it follows. */
async function wantedClaim({ store, self, sessions, shard, set, identity }: OpeningParts, session: string) {
  const key = ownershipKey(shard.replica.shard)
  const register = await store.read(key, sessions.deadline())
  const record = register === undefined ? undefined : ownershipFrom(register)
  const opened = record?.opened ?? { epoch: 0, set: [] }
  if (opened.epoch === 0) await identity.check()
  if (record === undefined && hasEntries(shard.replica.lineage) && !identity.isLossAccepted)
    throw storeSpoilt(`register ${key}`, 'is not there, and this disk has entries of that shard: is it another store?')
  const isFree = record === undefined || record.session === '' || record.session === session
  if (!isFree && !(await sessions.watch.isOver(record.node, record.session)))
    throw new HeldElsewhere(record.node, record.epoch)
  // A promise of a replica may be of an epoch that the store knows nothing of any more, and a try of this node may yet come true.
  const epoch = Math.max(record?.epoch ?? 0, shard.largestEpoch) + 1
  if (epoch > maxEpoch) throw storeSpoilt(`register ${key}`, `names epoch ${epoch - 1}: there are no more`)
  const wanted: OwnershipRecord = { epoch, set, node: self, session, opened }
  return { record: wanted, version: register?.version }
}

async function takeOver(parts: OpeningParts, epoch: number, opened: ReplicaSet): Promise<void> {
  const { clock, self, shard, journal, set, logger, identity } = parts
  const { replica } = shard
  // The first owner ever asks its own replicas: they must know nothing.
  const isFirst = opened.epoch === 0
  // Where an operator has said that what the disks have must do, every one of them says what that is: who its replicas were nobody knows.
  const needsAll = isFirst && identity.isLossAccepted
  const asked = needsAll ? [...new Set([...set, ...parts.members()])] : isFirst ? set : opened.set
  const ask = (peer: PeerId) => (peer === self ? shard.sealSelf(epoch) : shard.askToSeal(peer, epoch))
  const sealing = new Sealing({ clock, epoch, self, set: asked, isFirst, needsAll, ask })
  shard.sealing = sealing
  const patience = clock.after(sealingPatienceMs, () => sealing.stop(tooFew(parts, sealing)))
  let source: PeerId
  try {
    source = await sealing.run()
  } finally {
    patience.cancel()
    shard.sealing = undefined
  }
  if (isFirst && !needsAll && hasEntries(sealing.longest))
    throw storeSpoilt(
      ownershipKey(replica.shard),
      'knows of no epoch that was opened, and a replica does: is it another store?'
    )
  if (source !== self) await shard.fetchFrom(source, epoch)
  const rewritten = await rewrite(parts, epoch, replica.lineage)
  assertPromised(shard, epoch)
  replica.moveTo(extended(replica.lineage, { epoch, n: rewritten }, opened.epoch))
  await journal.durable()
  if (rewritten > 0)
    logger.info('entries that stood above the cut are written anew', { shard: replica.shard, rewritten })
}

/** What stands above the prefix was never acknowledged, and may stay, as entries of this epoch: so that the cut is a number. */
async function rewrite({ shard }: OpeningParts, epoch: number, lineage: Lineage): Promise<number> {
  const { replica } = shard
  let n = 0
  for (let after = positionOf(lineage); ; ) {
    const page = await replica.page(after, restampEntries, restampBytes)
    assertPromised(shard, epoch)
    for (const entry of page.entries)
      if (entry.epoch !== epoch && !isOn(lineage, entry)) replica.restamp(entry.actor, { epoch, n: ++n })
    if (page.isLast) return n
    after = page.cursor
  }
}

function assertPromised({ replica }: LeaseShard, epoch: number): void {
  if (replica.promise !== epoch) throw notNow(`this node has promised epoch ${replica.promise} meanwhile`)
}

async function markOpened(
  { store, sessions, shard }: OpeningParts,
  { record, version }: WrittenClaim
): Promise<WrittenClaim> {
  const { epoch, set } = record
  const opened = { ...record, opened: { epoch, set } }
  return written(store, sessions, ownershipKey(shard.replica.shard), opened, version)
}

/** The record as this node has written it. Where nobody knows whether it was written, what is there tells. */
async function written(
  store: LeaseStore,
  sessions: Sessions,
  key: string,
  record: OwnershipRecord,
  expected: RegisterVersion | undefined
): Promise<WrittenClaim> {
  try {
    const outcome = await store.write(key, encodeRegister(record), expected, sessions.deadline())
    if (outcome !== 'conflict') return { record, version: outcome.version }
  } catch (error) {
    const found = await store.read(key, sessions.deadline())
    if (found === undefined || textOf(ownershipFrom(found)) !== textOf(record)) throw error
    return { record, version: found.version }
  }
  throw new ShoalError('SHOAL_NOT_OWNER', 'another node has claimed the shard', { retryable: true })
}

function textOf({ epoch, set, node, session, opened }: OwnershipRecord): string {
  return JSON.stringify([epoch, set, node, session, opened.epoch, opened.set])
}

/** Why an epoch was not opened in time: where nobody is missing, or nobody may be, an operator has to say what is to become of the shard. */
function tooFew({ shard, logger, clock }: OpeningParts, { blank, missing }: Sealing): ShoalError {
  if (blank === undefined && missing.length === 0) return new ClaimedInVain()
  const why =
    blank === undefined
      ? 'since a loss was accepted, its first owner waits for all members, and some are not there'
      : 'most of its replicas have forgotten what they had, or have never been given it'
  const named = blank === undefined ? { missing } : { blank }
  const needs = blank === undefined ? `${why}: ${missing.join(', ')}. Start these, or forget those that are gone` : why
  const nowMs = clock.elapsed()
  if (shard.told?.needs !== needs || nowMs - shard.told.atMs >= saidAgainMs) {
    logger.error(`a lease shard is not served: ${why}; see docs/operations.md`, {
      shard: shard.replica.shard,
      ...named
    })
    shard.told = { needs, atMs: nowMs }
  }
  return new ClaimedInVain(needs)
}

function notNow(why: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `the shard is not open here: ${why}`, { retryable: true })
}

/**
 * What this node holds of each member, itself included, and how that changes: by what others say, and by its own findings.
 *
 * Of two records of a member the newer stays (`member-record.ts`). What changes is told on; what somebody says that is out of date
 * is corrected; deaths that others tell of are contested where this node knows better. Listeners hear of changes when all records of a
 * message are in.
 */
import type { Clock } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import { isPlausible } from './identity.ts'
import type { MemberGossip } from './member-gossip.ts'
import { compareRecords, isAdmitted, isPresent, type MemberRecord, type RememberedMember } from './member-record.ts'
import { declarationOf, isSameDeclaration } from './member-seal.ts'
import { MemberTable, type MemberTableLimits } from './member-table.ts'
import { MemberView } from './member-view.ts'
import type { MemberWatch } from './member-watch.ts'
import { fittingAddresses } from './member-wire.ts'
import type { MembershipFigures } from './membership-figures.ts'
import { OwnRecord, type Refutation } from './own-record.ts'

export interface MemberBookDeps {
  readonly clock: Clock
  readonly logger: Logger
  readonly figures: MembershipFigures
  readonly self: Omit<MemberRecord, 'refutation' | 'status' | 'addresses' | 'signature'> & {
    addresses(): readonly string[]
  }
  readonly remembered: readonly RememberedMember[]
  remember(records: RememberedMember[]): void
  readonly gossip: () => Pick<MemberGossip, 'announce' | 'hush' | 'known'>
  readonly watch: () => Pick<MemberWatch, 'contests' | 'changed' | 'confirmed' | 'doubtOurselves'>
  /** With this node's key. */
  sign(bytes: Uint8Array): Uint8Array
  isSignedBy(id: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean
  forgotten(): void
  impostor(record: MemberRecord): void
}

export interface MemberBookOptions extends MemberTableLimits {
  readonly rememberIntervalMs: number
}

/** How often this node looks whether its addresses have changed. */
const addressesIntervalMs = 1000

export class MemberBook {
  readonly view: MemberView
  readonly own: OwnRecord
  readonly #deps: MemberBookDeps
  readonly #options: MemberBookOptions
  readonly #table: MemberTable
  readonly #refutedListeners = new Set<(refutation: Refutation) => void>()
  /** Refutations that the listeners have yet to hear of. */
  readonly #refutations: Refutation[] = []
  #nextAddressesMs = 0
  #nextRememberMs = 0
  #hasToRemember = false

  constructor(deps: MemberBookDeps, options: MemberBookOptions) {
    this.#deps = deps
    this.#options = options
    this.#table = new MemberTable(options)
    this.#table.put(this.#firstSelf(), deps.clock.elapsed(), deps.self.id)
    this.#restore(deps.remembered)
    this.view = new MemberView(this.#table)
    this.own = new OwnRecord({
      logger: deps.logger,
      current: () => this.self(),
      declare: record => this.#declare(record),
      refuted: refutation => {
        this.#refutations.push(refutation)
        deps.watch().doubtOurselves()
        deps.figures.refutations.add()
      },
      forgotten: () => deps.forgotten(),
      impostor: record => deps.impostor(record)
    })
  }

  #restore(remembered: readonly RememberedMember[]): void {
    const { clock, self } = this.#deps
    const wallMs = clock.now()
    const leftMsOf = (member: RememberedMember) => Math.min(member.leftAtMs ?? wallMs, wallMs)
    for (const member of remembered.toSorted((a, b) => leftMsOf(a) - leftMsOf(b))) {
      const { leftAtMs, ...record } = member
      if (record.id !== self.id && isPlausible(record.incarnation, wallMs) && this.#isSigned(record))
        this.#table.restore(record, clock.elapsed() - (wallMs - leftMsOf(member)))
    }
  }

  get size(): number {
    return this.#table.size
  }

  get(id: PeerId): MemberRecord | undefined {
    return this.#table.get(id)
  }

  values(): MapIterator<MemberRecord> {
    return this.#table.values()
  }

  /** Over all records of members that have not left: equal where they are. */
  hash(): Uint8Array {
    return this.#table.hash()
  }

  self(): MemberRecord {
    return this.#table.get(this.#deps.self.id) ?? this.#firstSelf()
  }

  hasLeft(): boolean {
    return this.self().status === 'left'
  }

  /**
   * Everything that is known, this node first, those that left included. Those known by hearsay only come last: where a listener's
   * table is short of room, the others are in it.
   */
  records(): MemberRecord[] {
    const self = this.self()
    const others = [...this.#table.values()].filter(record => record.id !== self.id)
    const [proven, heardOf] = [true, false].map(isProven =>
      others.filter(({ id }) => this.#table.isProven(id) === isProven)
    )
    return [self, ...(proven ?? []), ...(heardOf ?? [])]
  }

  onRefuted(listener: (refutation: Refutation) => void): () => void {
    this.#refutedListeners.add(listener)
    return () => this.#refutedListeners.delete(listener)
  }

  /** Takes in what somebody says. Answers what we know better. Throws `SHOAL_MALFORMED` where something of it is made up. */
  absorb(records: readonly MemberRecord[], from: PeerId | undefined): MemberRecord[] {
    const corrections: MemberRecord[] = []
    const nowMs = this.#deps.clock.now()
    try {
      for (const said of records) {
        const held = said.id === this.#deps.self.id ? undefined : this.#table.get(said.id)
        if (held !== undefined && compareRecords(said, held) === 0) {
          this.#heardAgain(held, from)
          continue
        }
        // Taken in, a process from the future could never be followed by a true one.
        if (!isPlausible(said.incarnation, nowMs)) {
          this.#deps.figures.implausible.add()
          continue
        }
        const record = this.#checked(said, from)
        const better = record.id === this.#deps.self.id ? this.own.hear(record, from) : this.#consider(record, from)
        if (better !== undefined) corrections.push(better)
      }
    } finally {
      this.dispatch()
    }
    return corrections
  }

  /** Nearly all that is said in a large cluster is known: it is done with in few steps. */
  #heardAgain(held: MemberRecord, from: PeerId | undefined): void {
    this.#table.introduced(held.id, from)
    if (from === undefined) return
    if (held.status === 'suspect') this.#deps.watch().confirmed(held.id, from)
    this.#deps.gossip().known(from, held)
  }

  /** This node leaves for good. */
  leave(): void {
    this.#declare({ ...this.self(), status: 'left' })
    this.dispatch()
  }

  takeWeight(weight: number): void {
    if (this.hasLeft()) return
    this.own.takeWeight(weight)
    this.dispatch()
  }

  #consider(record: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const isContested = !this.hasLeft() && this.#deps.watch().contests(record, from, this.#deps.clock.elapsed())
    return isContested ? undefined : this.apply(record, from)
  }

  /** `from` undefined: our own finding. Answers the record that we hold, where it is newer. */
  apply(record: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const nowMs = this.#deps.clock.elapsed()
    const put = this.#table.put(record, nowMs, from)
    if (put.outcome === 'stale') return put.held
    if (put.outcome === 'refused') this.#deps.figures.refused.add()
    if (put.outcome === 'same') this.#heardAgain(record, from)
    if (put.outcome !== 'changed') return undefined
    if (put.dropped !== undefined) this.#dropped(put.dropped, nowMs)
    this.view.changed(put)
    if (record.id !== this.#deps.self.id) this.#deps.watch().changed(put.before, record, from, nowMs)
    // A suspicion is passed on only by those who found the same: so each telling counts as one more accuser.
    if (record.status === 'suspect' && from !== undefined) this.#deps.gossip().hush(record.id)
    else this.#deps.gossip().announce(record)
    if (from !== undefined) this.#deps.gossip().known(from, record)
    this.#hasToRemember = true
    this.#log(put.before, record)
    return undefined
  }

  /** Nobody counts on it here any more, as if it had left. */
  #dropped(record: MemberRecord, nowMs: number): void {
    if (!isAdmitted(record)) return
    const gone: MemberRecord = { ...record, status: 'left' }
    this.#deps.figures.dropped.add()
    this.view.changed({ before: record, after: gone })
    this.#deps.watch().changed(record, gone, undefined, nowMs)
    this.#deps.gossip().hush(record.id)
  }

  /** Tells the listeners, once all records of a message are in. */
  dispatch(): void {
    if (this.view.isChanged) {
      this.#deps.figures.present.set(this.view.present().length)
      this.#deps.figures.admitted.set(this.view.admitted().length)
    }
    this.view.dispatch()
    for (const refutation of this.#refutations.splice(0)) {
      for (const listener of this.#refutedListeners) listener(refutation)
    }
  }

  /** An operator declares that nobody counts on a dead member any more: see `Membership.forget`. */
  forget(id: PeerId): void {
    const record = this.#table.get(id)
    if (record === undefined) throw new ShoalError('SHOAL_NOT_FOUND', `no member ${id.slice(0, 128)}`)
    if (isPresent(record))
      throw new ShoalError(
        'SHOAL_BAD_ARGUMENT',
        `${record.name} is ${record.status}: only a dead member can be forgotten; a running one leaves`
      )
    if (record.status !== 'dead') return
    this.#deps.logger.warn('an operator has this member forgotten', { member: id, name: record.name })
    this.apply({ ...record, status: 'forgotten' }, undefined)
    this.dispatch()
  }

  renewAddresses(): void {
    this.#nextAddressesMs = this.#deps.clock.elapsed() + addressesIntervalMs
    this.own.renew(fittingAddresses(this.#deps.self.addresses()))
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#nextAddressesMs) this.renewAddresses()
    if (this.#table.sweep(nowMs, this.#deps.self.id)) this.#hasToRemember = true
    this.rememberIfDue(nowMs)
  }

  rememberIfDue(nowMs: number): void {
    if (!this.#hasToRemember || nowMs < this.#nextRememberMs) return
    this.#hasToRemember = false
    this.#nextRememberMs = nowMs + this.#options.rememberIntervalMs
    const { clock } = this.#deps
    const startedMs = clock.now() - clock.elapsed()
    const members = this.records().slice(1)
    this.#deps.remember(
      members.map(member => {
        const sinceMs = this.#table.leftSinceMs(member.id)
        return sinceMs === undefined ? member : { ...member, leftAtMs: Math.max(0, Math.floor(startedMs + sinceMs)) }
      })
    )
  }

  #firstSelf(): MemberRecord {
    const { id, name, region, zone, incarnation, kinds, weight = 1 } = this.#deps.self
    const addresses = fittingAddresses(this.#deps.self.addresses())
    const record = { id, name, region, zone, incarnation, refutation: 0, status: 'alive', addresses } as const
    const said = { ...(kinds === undefined ? {} : { kinds }), ...(weight === 1 ? {} : { weight }) }
    return this.#signed({ ...record, ...said })
  }

  #declare(record: MemberRecord): void {
    this.apply(this.#signed(record), undefined)
  }

  #signed(record: MemberRecord): MemberRecord {
    return { ...record, signature: this.#deps.sign(declarationOf(record)) }
  }

  #isSigned(record: MemberRecord): boolean {
    const { id, signature } = record
    return signature !== undefined && this.#deps.isSignedBy(id, declarationOf(record), signature)
  }

  /**
   * As it may be kept and told on: with the member's signature. Throws `SHOAL_MALFORMED` where it says what the member has not said:
   * who tells that has made it up, or has not looked. What will not be kept anyway is not looked at.
   */
  #checked(record: MemberRecord, from: PeerId | undefined): MemberRecord {
    const held = this.#table.get(record.id)
    if (held !== undefined) {
      const order = compareRecords(record, held)
      if (order > 0 && isSameDeclaration(record, held)) return withSignature(record, held.signature)
      const isHeeded = order > 0 || (record.id === this.#deps.self.id && record.status === 'forgotten')
      if (!isHeeded || isSameDeclaration(record, held)) return record
    } else if (!this.#table.wants(record, from)) return record
    if (this.#isSigned(record)) return record
    this.#deps.figures.unsigned.add()
    throw new ShoalError('SHOAL_MALFORMED', `a peer says of ${record.id} what that member has not signed`)
  }

  #log(before: MemberRecord | undefined, after: MemberRecord): void {
    const isNewLife = before?.incarnation !== after.incarnation
    if (after.id === this.#deps.self.id || (before?.status === after.status && !isNewLife)) return
    this.#deps.logger.info(`member ${after.name} is ${after.status}`, {
      member: after.id,
      incarnation: after.incarnation,
      before: before?.status
    })
  }
}

function withSignature(record: MemberRecord, signature: Uint8Array | undefined): MemberRecord {
  const { signature: _, ...rest } = record
  return signature === undefined ? rest : { ...rest, signature }
}

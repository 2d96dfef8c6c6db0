/**
 * What others say of this node, and what it answers: an accusation is contradicted with a higher refutation, an older record
 * with the present one. Only the node itself raises its refutation.
 */
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import { compareRecords, isGone, type MemberRecord } from './member-record.ts'

/** Somebody held this node, in its present incarnation, for `status`. By now it has contradicted. */
export interface Refutation {
  readonly status: 'suspect' | 'dead'
  /** Who told us. */
  readonly from: PeerId | undefined
}

export interface OwnRecordDeps {
  readonly logger: Logger
  /** This node's record as it now stands. */
  current(): MemberRecord
  /** It says something new of itself. */
  declare(record: MemberRecord): void
  refuted(refutation: Refutation): void
  /** An operator had it forgotten. */
  forgotten(): void
  impostor(record: MemberRecord): void
}

const refutationMax = 0xffff_ffff

export class OwnRecord {
  readonly #deps: OwnRecordDeps
  /** The highest refutation for which a death of our present incarnation was reported to us. */
  #lastDeathHeard = -1
  #impostorIncarnation = ''
  #forgettingHeard = ''
  #twinIncarnation = ''

  constructor(deps: OwnRecordDeps) {
    this.#deps = deps
  }

  /** Answers the record that the teller should have, where it has another. */
  hear(said: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const held = this.#deps.current()
    if (said.status === 'forgotten') this.#hearOfForgetting(said)
    if (said.incarnation > held.incarnation) {
      this.#hearOfImpostor(said)
      return undefined
    }
    // Also when it was contradicted before we heard of it: for a while some went on without us.
    const isNewDeath = isGone(said) && said.incarnation === held.incarnation && said.refutation > this.#lastDeathHeard
    if (isNewDeath) this.#lastDeathHeard = said.refutation
    const order = compareRecords(said, held)
    if (order > 0 && said.status === 'left') {
      this.#deps.logger.error('a peer says that this node has left, which it has not', { from })
      return undefined
    }
    if (order > 0) this.#deps.declare({ ...held, refutation: Math.min(said.refutation + 1, refutationMax) })
    if (isNewDeath) this.#deps.refuted({ status: 'dead', from })
    else if (order > 0 && said.status === 'suspect') this.#deps.refuted({ status: 'suspect', from })
    return order === 0 ? undefined : this.#deps.current()
  }

  /** The addresses may have changed since this node last spoke of itself. */
  renew(addresses: readonly string[]): void {
    const held = this.#deps.current()
    if (held.status === 'left' || isSameList(addresses, held.addresses)) return
    this.#deps.declare({ ...held, addresses: [...addresses], refutation: held.refutation + 1 })
  }

  takeWeight(weight: number): void {
    const { weight: _, ...held } = this.#deps.current()
    const refutation = Math.min(held.refutation + 1, refutationMax)
    this.#deps.declare({ ...held, refutation, ...(weight === 1 ? {} : { weight }) })
  }

  /** Once for each. */
  hearOfTwin(incarnation: string, from: PeerId): void {
    if (incarnation >= this.#deps.current().incarnation || incarnation === this.#twinIncarnation) return
    this.#twinIncarnation = incarnation
    this.#deps.logger.error(
      'another process ran under the identity of this node, and is older: was its data copied? It has been told to end',
      { incarnation, from }
    )
  }

  /** Of this life or one before: until others heard of this one, nobody counted on it. */
  #hearOfForgetting({ incarnation, refutation }: MemberRecord): void {
    const key = `${incarnation}/${refutation}`
    if (key === this.#forgettingHeard) return
    this.#forgettingHeard = key
    this.#deps.forgotten()
  }

  #hearOfImpostor(record: MemberRecord): void {
    if (record.incarnation === this.#impostorIncarnation) return
    this.#impostorIncarnation = record.incarnation
    this.#deps.logger.error(
      'another process runs under the identity of this node, and is younger: was its data copied? This one ends',
      {
        incarnation: record.incarnation,
        addresses: record.addresses
      }
    )
    this.#deps.impostor(record)
  }
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((each, at) => each === b[at])
}

/**
 * The view: the present members and their weights, from which owners are computed, named by its hash; and who wants to know of changes.
 *
 * Listeners hear of changes when all records of a message are in, in the order of the changes, also when a listener brings news.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PeerId } from '../ports/network.ts'
import { isAdmitted, isPresent, type MemberRecord } from './member-record.ts'
import type { MemberTable } from './member-table.ts'
import { memberLimits } from './member-wire.ts'

export interface MemberChange {
  readonly before: MemberRecord | undefined
  readonly after: MemberRecord
}

export class MemberView {
  readonly #table: MemberTable
  readonly #listeners = new Set<(change: MemberChange) => void>()
  readonly #changes: MemberChange[] = []
  #isDispatching = false
  #present: readonly PeerId[] | undefined
  #weights: ReadonlyMap<PeerId, number> | undefined
  #admitted: readonly PeerId[] | undefined
  #name: Uint8Array | undefined
  #hash: string | undefined
  #number = 1
  #changeCount = 0

  constructor(table: MemberTable) {
    this.#table = table
  }

  get number(): number {
    return this.#number
  }

  /** How many changes of records there were. */
  get changes(): number {
    return this.#changeCount
  }

  /** The same list, as an object, as long as neither it nor a weight has changed. */
  present(): readonly PeerId[] {
    this.#present ??= this.#idsOf(isPresent)
    return this.#present
  }

  /** Of those that are present, where it is not 1. */
  weights(): ReadonlyMap<PeerId, number> {
    this.#weights ??= new Map(
      this.present().flatMap(id => {
        const weight = this.#table.get(id)?.weight
        return weight === undefined ? [] : [[id, weight] as const]
      })
    )
    return this.#weights
  }

  admitted(): readonly PeerId[] {
    this.#admitted ??= this.#idsOf(isAdmitted)
    return this.#admitted
  }

  hash(): string {
    this.#hash ??= bytesToHex(this.nameBytes())
    return this.#hash
  }

  nameBytes(): Uint8Array {
    if (this.#name === undefined) {
      const weights = this.weights()
      const lines = this.present().map(id => (weights.has(id) ? `${id} ${weights.get(id)}` : id))
      this.#name = sha256(utf8ToBytes(lines.join('\n'))).slice(0, memberLimits.viewNameBytes)
    }
    return this.#name
  }

  onChange(listener: (change: MemberChange) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The table has changed. Listeners hear of it at the next `dispatch`. */
  changed({ before, after }: MemberChange): void {
    this.#changes.push({ before, after })
    this.#changeCount++
    if ((before !== undefined && isAdmitted(before)) !== isAdmitted(after))
      this.#admitted = changedBy(this.#admitted, after.id, isAdmitted(after))
    const wasPresent = before !== undefined && isPresent(before)
    if (wasPresent === isPresent(after) && (!wasPresent || before.weight === after.weight)) return
    if (wasPresent !== isPresent(after)) this.#present = changedBy(this.#present, after.id, isPresent(after))
    else if (this.#present !== undefined) this.#present = Object.freeze([...this.#present])
    this.#weights = undefined
    this.#name = undefined
    this.#hash = undefined
    this.#number += 1
  }

  dispatch(): void {
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      for (let change = this.#changes.shift(); change !== undefined; change = this.#changes.shift()) {
        for (const listener of this.#listeners) listener(change)
      }
    } finally {
      this.#isDispatching = false
    }
  }

  #idsOf(isWanted: (record: MemberRecord) => boolean): readonly PeerId[] {
    return Object.freeze([...this.#table.values().filter(isWanted)].map(record => record.id).sort())
  }
}

/** The list with this id, or without it: in its order, without sorting it all again. */
function changedBy(ids: readonly PeerId[] | undefined, id: PeerId, isIn: boolean): readonly PeerId[] | undefined {
  if (ids === undefined) return undefined
  let low = 0
  for (let high = ids.length; low < high; ) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as PeerId) < id) low = middle + 1
    else high = middle
  }
  if ((ids[low] === id) === isIn) return ids
  return Object.freeze(isIn ? ids.toSpliced(low, 0, id) : ids.toSpliced(low, 1))
}

/**
 * The view: the present members and their weights, from which owners are computed, named by its hash; and who wants to know of changes.
 *
 * Listeners hear of changes when all records of a message are in, in the order of the changes, also when a listener brings news.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { PeerId } from '../ports/network.ts'
import { hasSameParticulars, isAdmitted, isPresent, type MemberRecord } from './member-record.ts'
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
  readonly #present: SortedIds
  readonly #admitted: SortedIds
  #weights: ReadonlyMap<PeerId, number> | undefined
  #name: Uint8Array | undefined
  #hash: string | undefined
  #number = 1
  #changeCount = 0
  #rosterChangeCount = 0

  constructor(table: MemberTable) {
    this.#table = table
    this.#present = new SortedIds(() => this.#idsOf(isPresent))
    this.#admitted = new SortedIds(() => this.#idsOf(isAdmitted))
  }

  /** Something has changed that the listeners have not heard of. */
  get isChanged(): boolean {
    return this.#changes.length > 0
  }

  get number(): number {
    return this.#number
  }

  /** How many changes of records there were. */
  get changes(): number {
    return this.#changeCount
  }

  /** Of those, how many concerned who is there, where, and as which process: not only what is said of it. */
  get rosterChanges(): number {
    return this.#rosterChangeCount
  }

  /** The same list, as an object, as long as neither it nor a weight has changed. */
  present(): readonly PeerId[] {
    return this.#present.list()
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
    return this.#admitted.list()
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
    if (!isSameOnRoster(before, after)) this.#rosterChangeCount++
    if ((before !== undefined && isAdmitted(before)) !== isAdmitted(after))
      this.#admitted.changed(after.id, isAdmitted(after))
    const wasPresent = before !== undefined && isPresent(before)
    if (wasPresent === isPresent(after) && (!wasPresent || before.weight === after.weight)) return
    this.#present.changed(after.id, isPresent(after))
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

  #idsOf(isWanted: (record: MemberRecord) => boolean): PeerId[] {
    return [...this.#table.values().filter(isWanted)].map(record => record.id).sort()
  }
}

/** Accusations that end well change nothing else, and there are many when a large cluster is cut. */
function isSameOnRoster(before: MemberRecord | undefined, after: MemberRecord): boolean {
  if (before === undefined || before.incarnation !== after.incarnation) return false
  if (isPresent(before) !== isPresent(after) || isAdmitted(before) !== isAdmitted(after)) return false
  return hasSameParticulars(before, after)
}

/** Ids in order, in a list that is another object after each change. Made when it is asked for: a message may bring hundreds of changes. */
class SortedIds {
  readonly #all: () => PeerId[]
  /** Whether they are in it now: of those that may have come or gone since the list was made. */
  readonly #changed = new Map<PeerId, boolean>()
  #list: readonly PeerId[] | undefined

  constructor(all: () => PeerId[]) {
    this.#all = all
  }

  changed(id: PeerId, isIn: boolean): void {
    if (this.#list !== undefined) this.#changed.set(id, isIn)
  }

  list(): readonly PeerId[] {
    if (this.#list === undefined) this.#list = Object.freeze(this.#all())
    else if (this.#changed.size > 0) {
      this.#list = Object.freeze(this.#merged(this.#list))
      this.#changed.clear()
    }
    return this.#list
  }

  #merged(list: readonly PeerId[]): PeerId[] {
    const added = [...this.#changed].flatMap(([id, isIn]) => (isIn ? [id] : [])).sort()
    const merged: PeerId[] = []
    let next = 0
    for (const id of list) {
      for (; next < added.length && (added[next] as PeerId) < id; next++) merged.push(added[next] as PeerId)
      if (!this.#changed.has(id)) merged.push(id)
    }
    return [...merged, ...added.slice(next)]
  }
}

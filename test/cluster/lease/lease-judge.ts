/**
 * Looks at lease shards from above, after every event of a simulation: at what is synced on the disks, and at the registers of the lease store.
 *
 * Clients tell of what they were shown. This tells of what must be so whether or not anybody asks in time: an entry that a majority of an opened
 * epoch's replicas has accepted is in all epochs that open later; nobody claims a shard, or frees it, while another may act for it; one
 * stamp is one entry, one prefix is one state, and what is on no prefix stands above it. As the model has it (test/models/epochs.model.ts).
 */
import {
  actorOfRecordKey,
  decodeEntry,
  decodeHead,
  headKey,
  recordRange
} from '../../../src/cluster/lease/lease-layout.ts'
import type { LeaseMessage } from '../../../src/cluster/lease/lease-messages.ts'
import { type OwnershipRecord, ownershipFrom, ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import {
  areEqual as areEqualStamps,
  commonOf,
  compareStamps,
  isOn,
  type Lineage,
  maxLineage,
  positionOf,
  type Stamp
} from '../../../src/cluster/lease/lineage.ts'
import type { DiskEntry } from '../../../src/ports/disk.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import type { Register } from '../../../src/ports/lease-store.ts'
import { entriesBetween, lookUp, orderOf, type StoreRoot } from '../../../src/simulation/sorted-store.ts'

interface Machine {
  readonly id: string
  readonly disk: { backup(): StoreRoot }
}

export interface LeaseJudgeParts {
  readonly machines: readonly Machine[]
  readonly shards: number
  readonly nowMs: () => number
  register(key: string): Register | undefined
  /** Nodes that may act for the shard now, and in which epoch. `undefined`: leases prove nothing here. */
  holders(shard: number): readonly { readonly id: string; readonly epoch: number }[] | undefined
  fault(why: string): void
}

interface Opened {
  readonly set: readonly string[]
  /** With which its owner began, where that was seen. */
  readonly lineage: Lineage | undefined
  /** How far each of its replicas has ever been in it. */
  readonly accepted: Map<string, number>
}

interface Replica {
  readonly head: Uint8Array | undefined
  readonly promise: number
  readonly lineage: Lineage
  /** It counts for nothing, or nothing is there. */
  readonly isBlank: boolean
}

interface Kept extends Stamp {
  readonly state: Uint8Array
}

interface Records {
  readonly head: Uint8Array | undefined
  readonly found: readonly DiskEntry[]
  readonly kept: ReadonlyMap<string, Kept>
}

const compareEveryMs = 25
const blank: Replica = { head: undefined, promise: 0, lineage: [], isBlank: true }
const nothing: Kept = { epoch: 0, n: 0, state: new Uint8Array() }
/** It says nothing. */
const damaged: Kept = { ...nothing }

export class LeaseJudge {
  readonly #parts: LeaseJudgeParts
  /** By place of the machine. */
  readonly #roots: StoreRoot[] = []
  readonly #headOrders: readonly string[]
  readonly #recordOrders: readonly { readonly gte: string; readonly lt: string }[]
  readonly #ownershipKeys: readonly string[]
  /** By shard and machine. */
  readonly #replicas: Map<string, Replica>[]
  readonly #registers: (Register | undefined)[]
  readonly #opened: Map<number, Opened>[]
  readonly #decoded = new WeakMap<Uint8Array, Kept>()
  /** By shard and machine: what it has of actors, as it was looked at last. */
  readonly #records: Map<string, Records>[]
  #comparedMs = 0
  #isChanged = false

  constructor(parts: LeaseJudgeParts) {
    this.#parts = parts
    const ofEach = <T>(make: (shard: number) => T) => Array.from({ length: parts.shards }, (_, shard) => make(shard))
    this.#headOrders = ofEach(shard => orderOf(headKey(shard)))
    this.#recordOrders = ofEach(shard => {
      const { gte, lt } = recordRange(shard)
      return { gte: orderOf(gte), lt: orderOf(lt) }
    })
    this.#ownershipKeys = ofEach(ownershipKey)
    this.#replicas = ofEach(() => new Map())
    this.#records = ofEach(() => new Map())
    this.#registers = ofEach(() => undefined)
    this.#opened = ofEach(() => new Map())
  }

  look(): void {
    const { machines } = this.#parts
    for (let at = 0; at < machines.length; at++) {
      const { id, disk } = machines[at] as Machine
      const root = disk.backup()
      if (root === this.#roots[at]) continue
      this.#roots[at] = root
      this.#isChanged = true
      for (const [shard, order] of this.#headOrders.entries()) this.#lookAtHead(id, shard, root, order)
    }
    for (let shard = 0; shard < this.#parts.shards; shard++) {
      const before = this.#registers[shard]
      const register = this.#parts.register(this.#ownershipKeys[shard] ?? '')
      if (register === undefined || register === before) continue
      this.#registers[shard] = register
      this.#changed(shard, before === undefined ? undefined : ownershipFrom(before), ownershipFrom(register))
    }
    if (!this.#isChanged) return
    const nowMs = this.#parts.nowMs()
    if (nowMs - this.#comparedMs < compareEveryMs) return
    this.#comparedMs = nowMs
    this.#isChanged = false
    for (let shard = 0; shard < this.#parts.shards; shard++) this.#compare(shard)
  }

  /** Answers leave when what they say is on the disk. */
  says(id: string, message: LeaseMessage): void {
    const { shard, epoch } = message
    const root = this.#parts.machines.find(machine => machine.id === id)?.disk.backup()
    const head = lookUp(root, this.#headOrders[shard] ?? '')?.value
    const seen = this.#replica(shard, id)
    const { promise, lineage } = head === seen.head ? seen : replicaFrom(shard, head)
    const isPromised = promise >= epoch
    if (message.kind === 'sealed' && !isPromised)
      this.#fault(shard, `${id} says that it has promised ${epoch}, and its disk has ${promise}`)
    const isStored =
      promise > epoch ||
      compareStamps(positionOf(lineage), { epoch, n: message.kind === 'accepted' ? message.n : 0 }) >= 0
    if (message.kind === 'accepted' && !isStored)
      this.#fault(
        shard,
        `${id} says that it has accepted ${epoch}:${message.n}, and its disk is at ${told(positionOf(lineage))}`
      )
  }

  // ---- the registers ---------------------------------------------------------------------------------------------------------

  #changed(
    shard: number,
    before: OwnershipRecord | undefined,
    { epoch, node, session, opened }: OwnershipRecord
  ): void {
    const holders = this.#parts.holders(shard) ?? []
    if (session === '') {
      const freed = before?.session === '' ? undefined : holders.find(it => it.epoch === before?.epoch)
      if (freed !== undefined) this.#fault(shard, `epoch ${freed.epoch} is freed under ${freed.id}, who holds it`)
    } else if (epoch !== before?.epoch) {
      const holder = holders.find(({ id }) => id !== node)
      if (holder !== undefined) this.#fault(shard, `${node} claims ${epoch}, and ${holder.id} holds ${holder.epoch}`)
    }
    if (opened.epoch > (before?.opened.epoch ?? 0)) this.#opens(shard, node, opened)
  }

  /** All that was accepted before is on the prefix with which it begins. */
  #opens(shard: number, node: string, { epoch, set }: OwnershipRecord['opened']): void {
    const own = this.#replica(shard, node)
    const lineage = positionOf(own.lineage).epoch === epoch ? own.lineage : undefined
    for (const [earlier, { set, accepted }] of this.#opened[shard] ?? [])
      this.#checkCut(shard, epoch, lineage, { epoch: earlier, n: chosenOf(set, accepted) })
    this.#opened[shard]?.set(epoch, { set, lineage, accepted: new Map() })
    for (const { id } of this.#parts.machines) this.#noteAccepted(shard, id, this.#replica(shard, id))
  }

  #checkCut(shard: number, epoch: number, lineage: Lineage | undefined, chosen: Stamp): void {
    if (lineage === undefined || chosen.n === 0 || isOn(lineage, chosen)) return
    if (!mayBeForgotten(lineage, chosen))
      this.#fault(shard, `epoch ${epoch} has opened without ${told(chosen)}, which a majority has accepted`)
  }

  // ---- the disks -------------------------------------------------------------------------------------------------------------

  #lookAtHead(id: string, shard: number, root: StoreRoot, order: string): void {
    const head = lookUp(root, order)?.value
    if (head === this.#replica(shard, id).head) return
    const replica = replicaFrom(shard, head)
    this.#replicas[shard]?.set(id, replica)
    this.#noteAccepted(shard, id, replica)
  }

  #noteAccepted(shard: number, id: string, { promise, lineage, isBlank }: Replica): void {
    const { epoch, n } = positionOf(lineage)
    const opened = this.#opened[shard]?.get(epoch)
    // Whoever has promised a later epoch fetches it, and accepts nothing of this one.
    if (isBlank || promise !== epoch || opened === undefined) return
    const before = chosenOf(opened.set, opened.accepted)
    opened.accepted.set(id, Math.max(n, opened.accepted.get(id) ?? 0))
    const chosen = chosenOf(opened.set, opened.accepted)
    if (chosen === before) return
    for (const [later, { lineage }] of this.#opened[shard] ?? [])
      if (later > epoch) this.#checkCut(shard, later, lineage, { epoch, n: chosen })
  }

  #compare(shard: number): void {
    let isChanged = false
    for (const [at, { id }] of this.#parts.machines.entries())
      if (this.#lookAtRecords(shard, id, this.#roots[at])) isChanged = true
    if (!isChanged) return
    const known = this.#parts.machines
      .map(({ id }) => ({ id, ...this.#replica(shard, id), records: this.#records[shard]?.get(id)?.kept ?? new Map() }))
      .filter(({ isBlank }) => !isBlank)
    const stamps = new Map<string, { actor: string; state: Uint8Array }>()
    for (const { id, lineage, records } of known)
      for (const [actor, record] of records) {
        if (record === damaged) continue
        const isKnown = isOn(lineage, record) || mayBeForgotten(lineage, record)
        if (!isKnown && compareStamps(record, positionOf(lineage)) <= 0)
          this.#fault(shard, `${id} keeps ${told(record)} of ${actor} as if it were on its prefix ${lineage.map(told)}`)
        const other = stamps.get(told(record))
        if (other !== undefined && (other.actor !== actor || !areEqual(other.state, record.state)))
          this.#fault(shard, `two entries have the number ${told(record)}`)
        stamps.set(told(record), { actor, state: record.state })
      }
    for (const [i, a] of known.entries())
      for (const b of known.slice(i + 1)) {
        const position = positionOf(a.lineage)
        if (
          !areEqualStamps(position, positionOf(b.lineage)) ||
          !areEqualStamps(position, commonOf(a.lineage, b.lineage))
        )
          continue
        for (const actor of new Set([...a.records.keys(), ...b.records.keys()])) {
          const [mine, theirs] = [a.records.get(actor) ?? nothing, b.records.get(actor) ?? nothing]
          const isBelow = (record: Kept) => record === nothing || (isOn(a.lineage, record) && isOn(b.lineage, record))
          if (mine === damaged || theirs === damaged) continue
          if (!areEqualStamps(mine, theirs) && isBelow(mine) && isBelow(theirs))
            this.#fault(
              shard,
              `${a.id} and ${b.id} are at ${told(position)}, with ${told(mine)} and ${told(theirs)} of ${actor}`
            )
        }
      }
  }

  /** Whether they are others, or its head is another, than at the last look. */
  #lookAtRecords(shard: number, id: string, root: StoreRoot): boolean {
    const { head, isBlank } = this.#replica(shard, id)
    const { gte = '', lt = '' } = this.#recordOrders[shard] ?? {}
    const before = this.#records[shard]?.get(id)
    // Of a blank one nothing is looked at.
    const found = isBlank ? [] : entriesBetween(root, gte, lt, Number.POSITIVE_INFINITY)
    if (before !== undefined && before.head === head && areSame(before.found, found)) return false
    const kept = new Map<string, Kept>()
    for (const { key, value } of found) {
      const actor = actorOfRecordKey(key)
      kept.set(actor, this.#decode(shard, actor, value))
    }
    this.#records[shard]?.set(id, { head, found, kept })
    return true
  }

  /** What a record says: each is read once. */
  stateOf(shard: number, actor: string, value: Uint8Array): Uint8Array {
    return this.#decode(shard, actor, value).state
  }

  #decode(shard: number, actor: string, value: Uint8Array): Kept {
    const known = this.#decoded.get(value)
    if (known !== undefined) return known
    const record = recordFrom(shard, actor, value)
    this.#decoded.set(value, record)
    return record
  }

  #replica(shard: number, id: string): Replica {
    return this.#replicas[shard]?.get(id) ?? blank
  }

  #fault(shard: number, why: string): void {
    this.#parts.fault(`shard ${shard} at ${this.#parts.nowMs().toFixed(1)} ms: ${why}`)
  }
}

/** How far a majority has been. */
function chosenOf(set: readonly string[], accepted: ReadonlyMap<string, number>): number {
  const all = set.map(id => accepted.get(id) ?? 0).sort((a, b) => b - a)
  return all[Math.floor(all.length / 2)] ?? 0
}

/** A lineage names the last epochs only; those without entries it does not name either. */
function mayBeForgotten(lineage: Lineage, { epoch }: Stamp): boolean {
  return epoch < (lineage[0]?.epoch ?? 0) && positionOf(lineage).epoch > maxLineage
}

function replicaFrom(shard: number, head: Uint8Array | undefined): Replica {
  if (head === undefined) return blank
  const { promise, lineage, isLineageOld = false } = decodeHead(shard, head)
  return { head, promise, lineage, isBlank: isLineageOld }
}

function recordFrom(shard: number, actor: string, value: Uint8Array): Kept {
  try {
    return decodeEntry(shard, actor, value)
  } catch (error) {
    if (isShoalError(error)) return damaged
    throw error
  }
}

function areSame(a: readonly DiskEntry[], b: readonly DiskEntry[]): boolean {
  return a.length === b.length && a.every((entry, i) => entry === b[i])
}

function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a === b || Buffer.compare(a, b) === 0
}

function told({ epoch, n }: Stamp): string {
  return `${epoch}:${n}`
}

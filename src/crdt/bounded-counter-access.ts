/** Bounded counters of states whose schema is not at hand: a replica gives rights of an actor whose kind it may not know. */
import { absorbRights, type BoundedCounterState, boundedCounterType, giveRights } from './bounded-counter.ts'
import type { Origin } from './dot.ts'
import { entryKey, visibleEntries } from './or-map.ts'
import { nodeOf } from './origin-parts.ts'
import { scalarOf } from './scalar.ts'
import { SortedMap } from './sorted-map.ts'
import type { ActorState } from './state.ts'
import { childCell, type Transaction } from './transaction.ts'
import { erase } from './types.ts'

const erased = erase(boundedCounterType)

/** The name of the field whose key `InsufficientRights` tells; `undefined` where the counter is no field of an actor. */
export function fieldOfEntry(entry: string): string | undefined {
  const name = scalarOf(entry.slice(1))
  return typeof name === 'string' ? name : undefined
}

/** Throws `SHOAL_BAD_ARGUMENT` where no field can have that name. */
export function boundedCounterAt(state: ActorState, field: string): BoundedCounterState {
  return (state.get(entryKey(erased, field)) as BoundedCounterState | undefined) ?? boundedCounterType.empty
}

/** The fields of a state that are bounded counters. */
export function boundedCounterFields(state: ActorState): string[] {
  const fields: string[] = []
  for (const [key] of visibleEntries(state, boundedCounterType, 'string')) {
    const field = scalarOf(key)
    if (typeof field === 'string') fields.push(field)
  }
  return fields
}

/** A state that has this counter only, and of it, where a node is named, only what lives of that node wrote. */
export function rowsOf(state: ActorState, field: string, node?: string): ActorState {
  let rows = boundedCounterAt(state, field)
  if (node !== undefined) for (const [origin] of rows) if (nodeOf(origin) !== node) rows = rows.delete(origin)
  return rows.size === 0 ? SortedMap.empty() : SortedMap.of(entryKey(erased, field), rows)
}

/** Throws `SHOAL_INSUFFICIENT_RIGHTS`. */
export function giveRightsIn(transaction: Transaction, field: string, to: Origin, amount: number): void {
  const cell = childCell(transaction.root, boundedCounterType, field)
  cell.change((state, draw) => giveRights(state, cell.origin, draw, to, amount, cell.entry))
}

/** As `absorbRights`, and only where that is safe. */
export function absorbRightsIn(transaction: Transaction, field: string, ended: Origin): void {
  const cell = childCell(transaction.root, boundedCounterType, field)
  cell.change((state, draw) => absorbRights(state, cell.origin, draw, ended))
}

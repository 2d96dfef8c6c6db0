/**
 * Overlaps: commands of different owners of one actor that took effect without either having seen the other.
 *
 * That is concurrency as version vectors tell it, by what each command says that it had seen (ran-commands.ts); whoever has both in one
 * state sees it. An owner's commands come in order, so those of another owner that are concurrent with one of them are a span; commands
 * with the same span are told together: none of one side had seen any of the other. What was told is noted in the state, for each two owners
 * up to which of their commands.
 *
 * Source: Parker et al., "Detection of mutual inconsistency in distributed systems", 1983.
 */
import {
  type ActorState,
  type Json,
  lwwRegister,
  openView,
  orMap,
  plainValue,
  type Transaction
} from '../../crdt/index.ts'
import { eachRegisterWrite } from '../../crdt/register-access.ts'
import { type RanCommand, ranFrom, requestsField, tagOf } from './ran-commands.ts'

export interface FoundSide {
  /** The life of the owner. */
  readonly origin: string
  /** At least one, in the order in which they ran. */
  readonly commands: readonly RanCommand[]
}

export interface FoundOverlap {
  readonly sides: readonly [FoundSide, FoundSide]
  /** `false`: there may have been more than the state still tells. */
  readonly isComplete: boolean
}

/** A field of the runtime's own: by two tags in order, up to which commands of the two overlaps were told. */
const schema = { '\0overlaps': orMap(lwwRegister<Json>(null)) }
const marksField = '\0overlaps'

/** Owners of one actor that are compared, those with the latest commands: of more is told as not complete. Bounds what a state costs that a peer has sent. */
const maxOwners = 32
/** Told at once of one actor; the rest when these are noted. */
const maxReports = 64

type Mark = readonly [left: number, right: number]

/** More than one owner's commands are in the state: not worth a closer look else. */
export function hasTwoOwners(state: ActorState): boolean {
  let first: string | undefined
  let hasTwo = false
  eachRegisterWrite(state, requestsField, (_, { origin }) => {
    first ??= origin
    hasTwo ||= origin !== first
  })
  return hasTwo
}

/** Those that nobody has told yet; of two owners, those of the earlier commands first. */
export function overlapsIn(state: ActorState, most = maxReports): FoundOverlap[] {
  if (!hasTwoOwners(state)) return []
  const { byOwner, hasMore } = ranFrom(state)
  const owners = [...byOwner]
    .slice(0, maxOwners)
    .map(([origin, commands]) => ({ origin, tag: tagOf(origin), commands }))
  owners.sort((a, b) => (a.tag < b.tag ? -1 : a.tag > b.tag ? 1 : 0))
  const isComplete =
    !hasMore &&
    byOwner.size <= maxOwners &&
    owners.every(({ commands }) => commands.every(({ hasDropped }) => !hasDropped))
  const marks = marksIn(state)
  const found: FoundOverlap[] = []
  for (const [i, left] of owners.entries())
    for (const right of owners.slice(i + 1)) {
      const mark = marks.get(markKey(left.tag, right.tag)) ?? [0, 0]
      for (const [lefts, rights] of concurrent(left, right, mark)) {
        if (found.length === most) return found
        const sides = [
          { origin: left.origin, commands: lefts },
          { origin: right.origin, commands: rights }
        ] as const
        found.push({ sides, isComplete })
      }
    }
  return found
}

interface Owner {
  readonly tag: string
  readonly commands: readonly RanCommand[]
}

function hasSeen({ seen, apart }: RanCommand, tag: string, seq: number): boolean {
  if (seq <= (seen.get(tag) ?? 0)) return true
  const spans = apart.get(tag) ?? []
  return spans.some((from, i) => i % 2 === 0 && from <= seq && seq <= (spans[i + 1] ?? 0))
}

/** Groups of commands of the two, each of a group concurrent with each of the other's. */
function concurrent(left: Owner, right: Owner, [leftTold, rightTold]: Mark): [RanCommand[], RanCommand[]][] {
  const groups: [RanCommand[], RanCommand[]][] = []
  for (const command of left.commands) {
    const others = right.commands.filter(
      other =>
        !hasSeen(command, right.tag, other.seq) &&
        !hasSeen(other, left.tag, command.seq) &&
        (command.seq > leftTold || other.seq > rightTold)
    )
    if (others.length === 0) continue
    const last = groups.at(-1)
    if (last?.[1].length === others.length && others.every((other, at) => other === last[1][at])) last[0].push(command)
    else groups.push([[command], others])
  }
  return groups
}

/** Requests that are in an overlap which nobody has told yet. */
export function heldByOverlaps(state: ActorState): ReadonlySet<string> {
  const held = new Set<string>()
  for (const { sides } of overlapsIn(state, Number.POSITIVE_INFINITY))
    for (const { commands } of sides) for (const { request } of commands) held.add(request)
  return held
}

// ---- what was told ---------------------------------------------------------------------------------------------------------------

function markKey(left: string, right: string): string {
  return `${left}/${right}`
}

function marksIn(state: ActorState): ReadonlyMap<string, Mark> {
  const marks = new Map<string, Mark>()
  for (const [key, mark] of Object.entries(plainValue(schema, state)[marksField])) {
    if (!Array.isArray(mark)) continue
    const [left, right] = mark
    if (typeof left === 'number' && typeof right === 'number') marks.set(key, [left, right])
  }
  return marks
}

/** These are told. */
export function markTold(transaction: Transaction, found: readonly FoundOverlap[]): void {
  const told = new Map(marksIn(transaction.state))
  const stored = openView(schema, transaction)[marksField]
  const changed = new Set<string>()
  for (const { sides } of found) {
    const [left, right] = sides
    const key = markKey(tagOf(left.origin), tagOf(right.origin))
    const [leftTold, rightTold] = told.get(key) ?? [0, 0]
    const [leftLast, rightLast] = [left.commands.at(-1)?.seq ?? 0, right.commands.at(-1)?.seq ?? 0]
    if (leftLast <= leftTold && rightLast <= rightTold) continue
    told.set(key, [Math.max(leftTold, leftLast), Math.max(rightTold, rightLast)])
    changed.add(key)
  }
  for (const key of changed) {
    const [left, right] = told.get(key) ?? [0, 0]
    stored.at(key).set([left, right])
  }
}

/** A mark goes when no command of the two is left that it could be asked about. */
export function dropIdleMarks(transaction: Transaction): void {
  const { state } = transaction
  const marks = marksIn(state)
  if (marks.size === 0) return
  const tags = new Set<string>()
  eachRegisterWrite(state, requestsField, (_, { origin }) => tags.add(tagOf(origin)))
  const stored = openView(schema, transaction)[marksField]
  for (const key of marks.keys()) {
    const [left = '', right = ''] = key.split('/')
    if (!tags.has(left) || !tags.has(right)) stored.remove(key)
  }
}

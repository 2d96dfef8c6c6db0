/**
 * What holds for every data type and every composition of them, each law checked on the states, deltas and turns of one random
 * history. A law that does not hold throws an assertion whose message begins with the law's name.
 *
 * Sources: Shapiro et al., "Conflict-free replicated data types", 2011 (semilattices); Almeida et al., "Delta state replicated data
 * types", 2018 (deltas, causal contexts); Enes et al., "Efficient synchronization of state-based CRDTs", 2019 (join decompositions).
 */
import assert from 'node:assert/strict'
import { OpenDocument } from '../../../src/crdt/automerge/host.ts'
import { DocumentState } from '../../../src/crdt/document/document.ts'
import {
  type ActorState,
  CausalContext,
  type Delta,
  decodeDelta,
  decodeState,
  diffState,
  either,
  emptyState,
  encodeDelta,
  encodeState,
  identityOf,
  joinDelta,
  joinDeltas,
  joinStates,
  liveDots,
  type Plain,
  plainValue,
  type Schema
} from '../../../src/crdt/index.ts'
import { isDocument, type Picks, pickOf, type Specs, schemaOf } from './fields.ts'
import { actorCount, type History } from './history.ts'
import { folded, group, Replica, type Snapshot } from './replica.ts'

export class LawCase {
  readonly history: History
  readonly picks: Picks
  readonly #schema: Schema
  readonly hasDocuments: boolean

  constructor(specs: Specs, history: History, picks: Picks) {
    this.history = history
    this.picks = picks
    this.#schema = schemaOf(specs)
    this.hasDocuments = specs.some(isDocument)
  }

  /** Equal bytes; of documents, equal identities, contents and heads. */
  assertSame(a: ActorState, b: ActorState, message: string): void {
    assert.deepEqual(identityOf(a), identityOf(b), message)
    if (this.hasDocuments) {
      assert.deepEqual(this.plain(a), this.plain(b), `${message} (content)`)
      assert.deepEqual(headsOf(a), headsOf(b), `${message} (heads)`)
    } else assert.deepEqual(encodeState(a), encodeState(b), `${message} (bytes)`)
  }

  plain(state: ActorState): Plain<Schema> {
    return plainValue(this.#schema, state)
  }

  /** Snapshots of replicas and deltas of turns, some of which have seen a part of what others have. Some documents are folded. */
  values(count: number): Snapshot[] {
    const nothing: Snapshot = { state: emptyState, context: CausalContext.empty }
    const all: Snapshot[] = [nothing, ...this.history.snapshots, ...this.history.deltas]
    return Array.from({ length: count }, (_, i) => {
      const pick = this.picks[i % this.picks.length] ?? 0
      const { state, context } = pickOf(all, pick)
      return { state: this.hasDocuments && pick % 5 < 2 ? folded(state) : state, context }
    })
  }

  /** At most `count`, and none where the history has none. */
  deltas(count: number): Delta[] {
    const { deltas } = this.history
    if (deltas.length === 0) return []
    return Array.from({ length: count }, (_, i) => pickOf(deltas, this.picks[(i + 3) % this.picks.length]))
  }
}

/** Of Automerge documents. The others have none. */
function headsOf(state: ActorState): string[][] {
  const heads: string[][] = []
  for (const [, child] of state) {
    if (!(child instanceof DocumentState)) continue
    const doc = child.open()
    if (doc instanceof OpenDocument && doc.handle !== undefined) heads.push(doc.handle.getHeads().toSorted())
  }
  return heads
}

function join(a: Snapshot, b: Snapshot): Snapshot {
  return { state: joinStates(a.state, a.context, b.state, b.context), context: a.context.union(b.context) }
}

function isCommutative(it: LawCase): void {
  const [a, b] = it.values(2) as [Snapshot, Snapshot]
  it.assertSame(join(a, b).state, join(b, a).state, 'the sides of a join may be swapped')
  for (const delta of it.deltas(1)) it.assertSame(join(a, delta).state, join(delta, a).state, 'also with a delta')
}

function isAssociative(it: LawCase): void {
  const [a, b, c, d] = it.values(4) as [Snapshot, Snapshot, Snapshot, Snapshot]
  it.assertSame(join(join(a, b), c).state, join(a, join(b, c)).state, 'joins may be bracketed either way')
  it.assertSame(join(join(join(b, c), d), a).state, join(join(b, c), join(d, a)).state, 'also four')
}

function isIdempotent(it: LawCase): void {
  const [a, b] = it.values(2) as [Snapshot, Snapshot]
  assert.equal(join(a, a).state, a.state, 'a state joined with itself is that very state')
  const copy = { state: decodeState(encodeState(a.state)), context: a.context }
  assert.equal(join(a, copy).state, a.state, 'also with a copy of itself')
  const both = join(a, b)
  assert.equal(join(both, both).state, both.state, 'also a join')
}

function isMonotone(it: LawCase): void {
  const [a, b] = it.values(2) as [Snapshot, Snapshot]
  const both = join(a, b)
  assert.equal(join(both, a).state, both.state, 'a join holds what its left side brings')
  assert.equal(join(both, b).state, both.state, 'a join holds what its right side brings')
  it.assertSame(join(a, both).state, both.state, 'and goes beyond its left side')
  it.assertSame(join(b, both).state, both.state, 'and beyond its right side')
  const [left, right, joined] = [liveDots(a.state), liveDots(b.state), liveDots(both.state)]
  assert.ok(joined.covers(left.minus(b.context)), 'what the right side has not seen stays')
  assert.ok(joined.covers(right.minus(a.context)), 'what the left side has not seen stays')
  const unseen = left.minus(b.context).union(right.minus(a.context))
  const onBoth = left.minus(left.minus(right))
  assert.ok(unseen.union(onBoth).covers(joined), 'and nothing that a side has seen and lacks')
}

function joinsLeaveTheirSides(it: LawCase): void {
  const [a, b] = it.values(2) as [Snapshot, Snapshot]
  const before = [a, b].map(({ state }) => [encodeState(state), it.plain(state)])
  it.plain(join(a, b).state)
  it.plain(join(b, a).state)
  const after = [a, b].map(({ state }) => [encodeState(state), it.plain(state)])
  assert.deepEqual(after, before, 'both sides of a join stay as they were')
}

function mutatorsAreJoins(it: LawCase): void {
  for (const { before, after, bytes } of it.history.turns.slice(-4)) {
    const delta = decodeDelta(bytes)
    const joined = join(before, delta)
    it.assertSame(joined.state, after.state, 'a mutation is the join of its delta')
    assert.ok(joined.context.equals(after.context), 'and its context that of the delta')
    assert.equal(join(after, delta).state, after.state, 'a delta that is known brings nothing')
    assert.equal(join(after, before).state, after.state, 'a mutation goes up')
  }
}

function shuffled<T>(list: readonly T[], order: readonly number[]): T[] {
  const rest = [...list]
  const result: T[] = []
  for (let i = 0; rest.length > 0; i++) result.push(...rest.splice((order[i % order.length] ?? 0) % rest.length, 1))
  return result
}

/** Neighbours in groups of 1 to 4. */
function grouped<T>(list: readonly T[], sizes: readonly number[]): T[][] {
  const groups: T[][] = []
  for (let from = 0; from < list.length; from += groups[groups.length - 1]?.length ?? 1) {
    groups.push(list.slice(from, from + 1 + ((sizes[groups.length % sizes.length] ?? 0) % 4)))
  }
  return groups
}

/** Ends the history: every replica receives everything, and so do two fresh ones, in other orders and groups, some of it twice. */
function deliveriesConverge(it: LawCase): void {
  const { batches, replicas } = it.history
  const orders = [batches, batches.toReversed(), shuffled(batches, it.picks)]
  for (const [index, replica] of replicas.entries()) {
    for (const batch of pickOf(orders, index)) replica.receive(batch)
  }
  const inGroups = new Replica(20, actorCount)
  const atOnce = new Replica(21, actorCount)
  for (let actor = 0; actor < actorCount; actor++) {
    const mine = shuffled(batches, it.picks.toReversed()).filter(batch => batch.actor === actor)
    if (mine.length === 0) continue
    atOnce.receive(group(mine))
    for (const some of grouped([...mine, ...mine.slice(0, 3)], it.picks)) inGroups.receive(group(some))
  }
  const [first] = replicas
  assert.ok(first)
  for (const replica of [...replicas, inGroups, atOnce]) {
    for (let actor = 0; actor < actorCount; actor++) {
      const { state, extra } = replica.actor(actor)
      it.assertSame(state, first.actor(actor).state, 'replicas that have seen the same are the same')
      assert.ok(extra.isEmpty(), 'nothing is remembered beside the context of the shard')
    }
    assert.ok(replica.context.equals(first.context), 'contexts are equal')
  }
}

function deltasGroup(it: LawCase): void {
  const [a, b, c] = it.deltas(3)
  if (a === undefined || b === undefined || c === undefined) return
  const [start] = it.values(1) as [Snapshot]
  const both = joinDeltas(a, b)
  it.assertSame(both.state, joinDeltas(b, a).state, 'deltas join in any order')
  it.assertSame(joinDeltas(both, c).state, joinDeltas(a, joinDeltas(b, c)).state, 'in any groups')
  assert.equal(joinDeltas(a, a), a, 'twice is once')
  assert.equal(joinDeltas(both, b), both, 'and a group holds its parts')
  it.assertSame(join(join(start, a), b).state, join(start, both).state, 'a group does what its parts do')
}

function diffsSuffice(it: LawCase): void {
  const [a, b] = it.values(2) as [Snapshot, Snapshot]
  assertDiff(it, a, b)
  // Who has the newest change of a writer need not have the earlier ones.
  const { turns } = it.history
  if (turns.length === 0) return
  const turn = pickOf(turns, it.picks[0])
  const { state, context } = turn.after
  assertDiff(it, decodeDelta(turn.bytes), { state: it.hasDocuments ? folded(state) : state, context })
}

function assertDiff(it: LawCase, a: Snapshot, b: Snapshot): void {
  const { fragment, held } = diffState(b.state, a.context)
  const partial = joinStates(a.state, a.context, fragment, b.context.minus(held))
  it.assertSame(partial, join(a, b).state, 'a diff joined is the whole joined')
  assert.ok(liveDots(fragment).isDisjoint(a.context), 'a diff has no entry that was seen')
  assert.ok(liveDots(b.state).equals(liveDots(fragment).union(held)), 'what is live is either sent or held')
  const own = diffState(b.state, b.context)
  assert.ok(own.held.equals(liveDots(b.state)), 'who has seen all holds what is live')
  const again = joinStates(b.state, b.context, own.fragment, b.context.minus(own.held))
  assert.equal(again, b.state, 'and lacks nothing')
}

function newsSuffices(it: LawCase): void {
  const [a] = it.values(1) as [Snapshot]
  const [known, fresh] = it.deltas(2)
  if (known === undefined || fresh === undefined) return
  const whole = join(a, fresh)
  const { state, news } = joinDelta(a.state, a.context, fresh)
  it.assertSame(state, whole.state, 'joins as joinStates does')
  if (news === undefined) {
    assert.equal(state, a.state, 'where nothing is news nothing changes')
    assert.ok(a.context.covers(fresh.context), 'where nothing is news all was seen')
    return
  }
  it.assertSame(join(a, news).state, whole.state, 'the news does what the delta does')
  assert.ok(join(a, news).context.equals(whole.context), 'and says of every dot that it was seen')
  const seen = either(a.context, fresh.context)
  assert.equal(joinDelta(state, seen, fresh).news, undefined, 'what is known is no news')
  assert.equal(joinDelta(state, seen, news).news, undefined, 'nor is the news, the second time')
  assertIrredundant(it, join(a, known), known, fresh)
}

/** News of a group, a part of which is known, is that of the other part. */
function assertIrredundant(it: LawCase, a: Snapshot, known: Delta, fresh: Delta): void {
  const { news } = joinDelta(a.state, a.context, joinDeltas(fresh, known))
  const { news: alone } = joinDelta(a.state, a.context, fresh)
  assert.equal(news === undefined, alone === undefined, 'what is known adds no news')
  if (news === undefined || alone === undefined) return
  assert.ok(liveDots(news.state).isDisjoint(a.context), 'news has no entry that was seen')
  assert.ok(liveDots(news.state).equals(liveDots(alone.state)), 'news has the entries that are new, and no others')
  assert.ok(news.context.equals(alone.context), 'news speaks of the dots that are new, and of no others')
  assert.ok(joinDelta(a.state, a.context, news).news !== undefined, 'news is news')
  it.assertSame(join(a, news).state, join(a, alone).state, 'news of a group does what its new part does')
  // Updates of a document that were made into one stay one.
  if (it.hasDocuments) {
    assertNewParts(a.state, news.state)
    return
  }
  // A counter's base goes with the entry that it stands on, which may be a newer one in the group.
  const slack = 12 * (1 + liveDots(known.state).origins().length)
  const [inGroup, byItself] = [encodeDelta(news).length, encodeDelta(alone).length]
  assert.ok(inGroup <= byItself + slack, `news of ${inGroup} bytes where ${byItself} are new`)
}

function assertNewParts(known: ActorState, news: ActorState): void {
  for (const [entry, child] of news) {
    const before = known.get(entry)
    if (!(child instanceof DocumentState && before instanceof DocumentState)) continue
    const { coverage } = before
    assert.ok(!child.parts.some(part => coverage.hasPart(part)), 'news has no part of a document that is there')
  }
}

function encodingsAreExact(it: LawCase): void {
  for (const { state, context } of it.values(3)) {
    const bytes = encodeState(state)
    const again = decodeState(bytes)
    assert.deepEqual(encodeState(again), bytes, 'what is decoded encodes to the same bytes')
    it.assertSame(again, state, 'what is encoded decodes to the same')
    assert.equal(join({ state, context }, { state: again, context }).state, state, 'and brings nothing new')
    assert.ok(CausalContext.decode(context.encode()).equals(context), 'contexts survive their encoding')
  }
  const all = it.history.deltas
  const held = all.map(delta => encodeDelta(delta))
  assert.deepEqual(
    held,
    all.map(delta => encodeDelta(delta, true)),
    'an encoding stays as it is while others are made'
  )
  for (const delta of it.deltas(2)) {
    const bytes = encodeDelta(delta)
    const again = decodeDelta(bytes)
    assert.deepEqual(encodeDelta(again), bytes, 'a delta that is decoded encodes to the same bytes')
    assert.ok(again.context.equals(delta.context), 'with the same context')
    it.assertSame(again.state, delta.state, 'and the same state')
  }
}

export const laws = {
  commutative: isCommutative,
  associative: isAssociative,
  idempotent: isIdempotent,
  monotone: isMonotone,
  immutable: joinsLeaveTheirSides,
  mutator: mutatorsAreJoins,
  group: deltasGroup,
  diff: diffsSuffice,
  news: newsSuffices,
  encoding: encodingsAreExact,
  // Last, because it brings the history to its end.
  delivery: deliveriesConverge
} as const satisfies Record<string, (it: LawCase) => void>

export type LawName = keyof typeof laws

export const lawNames = Object.keys(laws) as LawName[]

/** Checks the law, and says in the message of what it throws which one it was. */
export function checkLaw(name: LawName, it: LawCase): void {
  try {
    laws[name](it)
  } catch (error) {
    if (error instanceof Error) error.message = `${name}: ${error.message}`
    throw error
  }
}

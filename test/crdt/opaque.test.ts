/** Types that this version does not know: they converge, travel and rest as those of their lattice that it knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ActorState,
  type Delta,
  decodeDelta,
  decodeState,
  diffState,
  emptyState,
  encodeState,
  gCounter,
  identityOf,
  isEmptyState,
  joinDelta,
  joinStates,
  mvRegister,
  orMap,
  orSet,
  plainValue,
  type View
} from '../../src/crdt/index.ts'
import { maxPayloadBytes } from '../../src/crdt/opaque.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { pickOf } from './support/fields.ts'
import { labels, notes, turns } from './support/future-fields.ts'
import { holds } from './support/profile.ts'
import { type Batch, group, Replica, type Snapshot } from './support/replica.ts'

/** Each field of a type to come has a twin of a type that is known, and every change is made to both. */
const schema = {
  notes: notes(),
  notesTwin: mvRegister<string>(),
  labels: labels(3),
  labelsTwin: orSet(),
  turns: turns(15),
  turnsTwin: gCounter(),
  noteMap: orMap(notes(15)),
  noteMapTwin: orMap(mvRegister<string>()),
  labelTree: orMap(orMap(labels())),
  labelTreeTwin: orMap(orMap(orSet()))
}

const keys = ['tea', 'rum', '__proto__']

/** One change to a field and its twin. */
function change(view: View<typeof schema>, replica: Replica, picks: readonly number[]): void {
  const [field = 0, choice = 0, a = 0, b = 0, c = 0] = picks
  const isRemoval = choice % 3 === 0
  const [key, second, word] = [pickOf(keys, a), pickOf(keys, b), pickOf(['', 'x', 'yy', 'ü'], c)]
  if (field % 5 === 0) {
    view.notes.set(word)
    view.notesTwin.set(word)
  } else if (field % 5 === 1) {
    if (isRemoval) {
      view.labels.remove(key)
      view.labelsTwin.remove(key)
    } else {
      view.labels.put(key, word)
      view.labelsTwin.add(key)
    }
  } else if (field % 5 === 2) {
    const own = view.turns.values.find(([origin]) => origin === replica.origin)
    view.turns.put(String(Number(own?.[1] ?? 0) + (a % 4)))
    view.turnsTwin.add(a % 4)
  } else if (field % 5 === 3) {
    for (const map of [view.noteMap, view.noteMapTwin]) {
      if (isRemoval) map.remove(key)
      else map.at(key).set(word)
    }
  } else if (isRemoval) {
    for (const map of [view.labelTree, view.labelTreeTwin]) {
      if (choice % 2 === 0) map.remove(key)
      else map.at(key).remove(second)
    }
  } else {
    view.labelTree.at(key).at(second).put(word, 'label')
    view.labelTreeTwin.at(key).at(second).add(word)
  }
}

function assertTwins(state: ActorState): void {
  const { notes, labels, turns, noteMap, labelTree, ...twins } = plainValue(schema, state)
  const keysOf = (entries: [string, string][]) => [...new Set(entries.map(([key]) => key))].sort()
  const treeOf = (tree: typeof labelTree) =>
    Object.entries(tree).map(([key, map]) => [key, Object.entries(map).map(([k, entries]) => [k, keysOf(entries)])])
  const twinTree = Object.entries(twins.labelTreeTwin).map(([key, map]) => [key, Object.entries(map)])
  const once = (values: string[]) => [...new Set(values)]
  assert.deepEqual(once(notes), twins.notesTwin)
  assert.deepEqual(keysOf(labels), twins.labelsTwin)
  assert.equal(
    turns.reduce((sum, [, value]) => sum + Number(value), 0),
    twins.turnsTwin
  )
  const notesByKey = Object.entries(noteMap).map(([key, values]) => [key, once(values)])
  assert.deepEqual(notesByKey, Object.entries(twins.noteMapTwin))
  assert.deepEqual(treeOf(labelTree), twinTree)
}

const anyPicks = fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 })
const anySteps = fc.array(fc.tuple(fc.nat(9), fc.nat(2), anyPicks), { minLength: 1, maxLength: 40, size: 'max' })
type Steps = typeof anySteps extends fc.Arbitrary<infer T> ? T : never

interface History {
  readonly replicas: readonly Replica[]
  readonly batches: readonly Batch[]
  readonly snapshots: readonly Snapshot[]
}

function run(steps: Steps): History {
  const replicas = Array.from({ length: 3 }, (_, i) => new Replica(i, 1))
  const batches: Batch[] = []
  const snapshots: Snapshot[] = []
  for (const [what, who, picks] of steps) {
    const replica = pickOf(replicas, who)
    if (what < 5) {
      const batch = replica.run(0, schema, view => change(view, replica, picks))
      if (batch !== undefined) batches.push(batch)
    } else if (what < 8 && batches.length > 0) {
      replica.receive(
        what === 7 ? group(picks.slice(0, 3).map(pick => pickOf(batches, pick))) : pickOf(batches, picks[0])
      )
    } else replica.catchUp(pickOf(replicas, picks[0]))
    assertTwins(replica.actor(0).state)
    snapshots.push(replica.snapshot(0))
  }
  return { replicas, batches, snapshots }
}

function joined(a: Snapshot, b: Snapshot): Snapshot {
  return { state: joinStates(a.state, a.context, b.state, b.context), context: a.context.union(b.context) }
}

function assertSame(a: ActorState, b: ActorState, message: string): void {
  assert.deepEqual(identityOf(a), identityOf(b), message)
}

test('types to come keep the laws and do what the known types of their lattice do', () => {
  const property = fc.property(anySteps, anyPicks, (steps, picks) => {
    const { replicas, batches, snapshots } = run(steps)
    const [a, b, c] = [pickOf(snapshots, picks[0]), pickOf(snapshots, picks[1]), pickOf(snapshots, picks[2])]
    assertSame(joined(a, b).state, joined(b, a).state, 'commutative')
    assertSame(joined(joined(a, b), c).state, joined(a, joined(b, c)).state, 'associative')
    assert.equal(joined(a, a).state, a.state, 'idempotent')
    const both = joined(a, b)
    assert.equal(joined(both, b).state, both.state, 'monotone')
    for (const { bytes } of batches.slice(-3)) assertNews(a, decodeDelta(bytes))
    for (const replica of replicas) for (const batch of batches.toReversed()) replica.receive(batch)
    for (const replica of replicas) {
      assertSame(
        replica.actor(0).state,
        pickOf(replicas, 0).actor(0).state,
        'replicas that have seen the same are the same'
      )
      assertTwins(replica.actor(0).state)
      assert.deepEqual(
        encodeState(decodeState(encodeState(replica.actor(0).state))),
        encodeState(replica.actor(0).state)
      )
    }
    const whole = pickOf(replicas, 0).snapshot(0)
    assert.ok(isEmptyState(diffState(whole.state, whole.context).fragment), 'who has seen all lacks nothing')
    // Rows stay, as counters do; everything else has dots, and goes with them.
    const { state, context } = whole
    const { turns, notes, labels, noteMap } = plainValue(schema, joinStates(state, context, emptyState, context))
    assert.deepEqual([notes, labels, noteMap], [[], [], {}])
    assert.deepEqual(turns, plainValue(schema, state).turns)
  })
  holds(150, property)
})

function assertNews(a: Snapshot, delta: Delta): void {
  const whole = joinStates(a.state, a.context, delta.state, delta.context)
  const { state, news } = joinDelta(a.state, a.context, delta)
  assertSame(state, whole, 'joins as joinStates does')
  if (news === undefined) assert.equal(state, a.state)
  else {
    assertSame(joinStates(a.state, a.context, news.state, news.context), whole, 'the news brings what the delta brings')
    assert.ok(isEmptyState(news.state) || state !== a.state, 'news changes something')
  }
}

// ---- bytes -------------------------------------------------------------------------------------------------------------------

function refused(bytes: readonly number[]): boolean {
  try {
    decodeState(Uint8Array.from(bytes))
    return false
  } catch (error) {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
    return true
  }
}

/** Format, then one child of the type with this tag under the key false. */
function state(tag: number, ...child: number[]): number[] {
  return [format, 1, tag, 0, ...child]
}
const format = encodeState(emptyState)[0] ?? 0
/** The origin 'a', where it is named first. */
const a = [0, 1, 97]

test('every tag of the three families is read, and no other', () => {
  const entries = [1, ...a, 7, 2, 255, 254]
  const known = new Set([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17])
  for (let tag = 0; tag < 256; tag++) {
    if (known.has(tag)) continue
    const [isEntries, isKeyed, isRows] = [tag >= 64 && tag < 80, tag >= 80 && tag < 96, tag >= 96 && tag < 112]
    assert.equal(refused(state(tag, ...entries)), !(isEntries || isRows), `tag ${tag} as entries or rows`)
    assert.equal(refused(state(tag, 1, 1, ...entries)), !isKeyed, `tag ${tag} as keyed entries`)
  }
})

test('what no writer of the lattices writes is refused', () => {
  const foul: [string, number[]][] = [
    ['no entries', state(64, 0)],
    ['entries out of order', state(64, 2, ...a, 7, 0, 0, 6, 0)],
    ['an entry twice', state(64, 2, ...a, 7, 0, 0, 7, 0)],
    ['a seq of 0', state(64, 1, ...a, 0, 0)],
    ['a payload that is cut short', state(64, 1, ...a, 7, 2, 1)],
    ['more entries than bytes', state(64, 9, ...a, 7, 0)],
    ['no keys', state(80, 0)],
    ['a key without entries', state(80, 1, 1, 0)],
    ['keys out of order', state(80, 2, 1, 1, ...a, 7, 0, 0, 1, 0, 8, 0)],
    ['a key twice', state(80, 2, 1, 1, ...a, 7, 0, 1, 1, 0, 8, 0)],
    ['no rows', state(96, 0)],
    ['two rows of one origin', state(96, 2, ...a, 7, 0, 0, 8, 0)],
    ['rows in a map', [format, 1, 9, 0, 1, 96, 0, 1, ...a, 7, 0]]
  ]
  for (const [what, bytes] of foul) assert.ok(refused(bytes), what)
  assert.ok(!refused([format, 1, 9, 0, 1, 64, 0, 1, ...a, 7, 0]), 'entries in a map')
  assert.ok(!refused([format, 1, 9, 0, 1, 80, 0, 1, 1, 1, ...a, 7, 0]), 'keyed entries in a map')
})

test('a payload has a limit', () => {
  const long = (length: number) => {
    const lengthBytes = [
      (length & 0x7f) | 0x80,
      ((length >> 7) & 0x7f) | 0x80,
      ((length >> 14) & 0x7f) | 0x80,
      length >> 21
    ]
    const head = state(64, 1, ...a, 7, ...lengthBytes)
    const bytes = new Uint8Array(head.length + length)
    bytes.set(head)
    return bytes
  }
  const longest = long(maxPayloadBytes)
  assert.deepEqual(encodeState(decodeState(longest)), longest)
  assert.throws(() => decodeState(long(maxPayloadBytes + 1)), { code: 'SHOAL_MALFORMED' })
})

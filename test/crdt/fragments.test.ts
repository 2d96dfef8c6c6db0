/** Fragments: what was written is read again, bad bytes are refused, and what states share is written once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isShoalError } from 'shoal'
import { decodeFragments, type FragmentEntry, FragmentWriter, maxFragmentEntries } from '../../src/crdt/fragments.ts'
import { CausalContext, encodeState, liveDots } from '../../src/crdt/index.ts'
import { encodeShort, shortened } from '../../src/crdt/short-context.ts'
import { histories } from '../fuzz/targets/states.ts'

const states = histories(['orSet', 'lww', 'pnCounter', 'notes', { map: 'mv' }, { map: 'pnCounter' }], 12).flatMap(
  ({ replicas }) => replicas.map(replica => ({ state: replica.actor(0).state, context: replica.context }))
)

const plainObject = { noNullPrototype: true } as const
const origin = fc.constantFrom('a.1', 'b.1', 'b.2', 'c.22')
const seq = fc.integer({ min: 1, max: 1_000_000 })
const context = fc.array(fc.record({ origin, seq }, plainObject), { maxLength: 6 }).map(dots => CausalContext.of(dots))
const actorName = fc.stringMatching(/^[a-z]{1,6}\/[ä-üa-z0-9-]{1,12}$/)

const entry: fc.Arbitrary<FragmentEntry> = fc.oneof(
  fc.record({ is: fc.constant('shard' as const), shard: fc.integer({ min: 0, max: 0xffff }) }, plainObject),
  fc.record({ is: fc.constant('context' as const), context }, plainObject),
  fc.uint8Array({ minLength: 16, maxLength: 16 }).map(setHash => ({ is: 'set-hash' as const, setHash })),
  context.map(each => ({ is: 'short' as const, short: shortened(each) })),
  fc.record({ is: fc.constant('floor' as const), floor: context }, plainObject),
  fc.record({ is: fc.constant('absent' as const), name: actorName }, plainObject),
  fc.record({ is: fc.constant('reached' as const), name: actorName }, plainObject),
  fc.record({ is: fc.constant('cursor' as const), cursor: fc.record({ origin, seq }, plainObject) }, plainObject),
  fc.record({ is: fc.constant('complete' as const) }, plainObject),
  fc.record({ place: fc.nat(), name: actorName, held: context, extra: context }).map(({ place, name, held, extra }) => {
    const { state, context: seen } = states[place % states.length] ?? { state: undefined, context: undefined }
    if (state === undefined || seen === undefined) throw new Error('no states')
    const positions = seen.origins().map(o => ({ origin: o, seq: seen.next(o) - 1 }))
    return { is: 'fragment' as const, fragment: { name, state, positions, held, extra } }
  })
)

function written(entries: readonly FragmentEntry[]): Uint8Array {
  const writer = new FragmentWriter()
  for (const each of entries) add(writer, each)
  assert.equal(writer.entries, entries.length)
  return writer.finish()
}

function add(writer: FragmentWriter, each: FragmentEntry): void {
  if (each.is === 'shard') writer.shard(each.shard)
  else if (each.is === 'context') writer.context(each.context)
  else if (each.is === 'short') writer.short(each.short)
  else if (each.is === 'set-hash') writer.setHash(each.setHash)
  else if (each.is === 'floor') writer.floor(each.floor)
  else if (each.is === 'absent') writer.absent(each.name)
  else if (each.is === 'reached') writer.reached(each.name)
  else if (each.is === 'cursor') writer.cursor(each.cursor)
  else if (each.is === 'complete') writer.complete()
  else writer.fragment(each.fragment)
}

/** With contexts and states as their bytes. */
function plain(each: FragmentEntry): unknown {
  if (each.is === 'context') return each.context.encode()
  if (each.is === 'short') return encodeShort(each.short)
  if (each.is === 'floor') return each.floor.encode()
  if (each.is !== 'fragment') return each
  const { state, held, extra, ...rest } = each.fragment
  return { ...rest, state: encodeState(state), held: held.encode(), extra: extra.encode() }
}

test('what was written is read again, and written anew it is the same', () => {
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), entries => {
      const bytes = written(entries)
      const read = decodeFragments(bytes)
      assert.deepEqual(read.map(plain), entries.map(plain))
      assert.deepEqual(written(read), bytes)
    })
  )
})

test('a writer begins anew after each message', () => {
  const writer = new FragmentWriter()
  const [first] = fc.sample(
    entry.filter(each => each.is === 'fragment'),
    { numRuns: 1, seed: 1 }
  )
  if (first === undefined) throw new Error('no sample')
  add(writer, first)
  const once = writer.finish()
  add(writer, first)
  assert.deepEqual(writer.finish(), once)
})

test('bytes that were cut or changed are refused, or read as something else, and nothing worse', () => {
  fc.assert(
    fc.property(
      fc.array(entry, { minLength: 1, maxLength: 6 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (entries, at, flip) => {
        const bytes = written(entries)
        for (const bad of [bytes.subarray(0, at % bytes.length), flipped(bytes, at % bytes.length, flip)]) {
          try {
            for (const each of decodeFragments(bad)) if (each.is === 'fragment') liveDots(each.fragment.state)
          } catch (error) {
            assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
          }
        }
      }
    )
  )
})

function flipped(bytes: Uint8Array, at: number, by: number): Uint8Array {
  const copy = Uint8Array.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ by
  return copy
}

test('a message of more entries than a receiver takes is refused', () => {
  const writer = new FragmentWriter()
  for (let i = 0; i <= maxFragmentEntries; i++) writer.complete()
  assert.throws(() => decodeFragments(writer.finish()), { code: 'SHOAL_MALFORMED' })
})

test('an origin, a field and the beginning of a name are written once', () => {
  const { state } = states.find(({ state }) => state.size === 1) ?? { state: undefined }
  if (state === undefined) throw new Error('no state of one field')
  const long = 'a-name-of-an-origin-that-takes-some-room.0123456789'
  const writer = new FragmentWriter()
  const sizes: number[] = []
  for (let i = 0; i < 100; i++) {
    const before = writer.bytes
    const positions = [{ origin: long, seq: 1000 + i }]
    writer.fragment({ name: `counter/number-${i}`, state, positions, held: noDots, extra: noDots })
    sizes.push(writer.bytes - before)
  }
  const [first = 0, second = 0] = sizes
  assert.ok(second < first - long.length, `${first} and then ${second} bytes`)
})

const noDots = CausalContext.empty

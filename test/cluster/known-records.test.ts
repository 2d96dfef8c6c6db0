/** What a process knows of the records on its disk: the tables are maps, and a look that reads something else than was read says so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KnownRecords } from '../../src/cluster/known-records.ts'
import { NameHash } from '../../src/cluster/name-hash.ts'
import { RecordTable } from '../../src/cluster/record-table.ts'

const key = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)

test('a table says what a map says, however its entries crowd', () => {
  // Few homes, so that runs are long and wrap around.
  const low = fc.oneof(
    fc.constantFrom(0, 1, 2, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1),
    fc.integer({ min: 0, max: 2 ** 32 - 1 })
  )
  const step = fc.record({ low, high: fc.integer({ min: 0, max: 3 }), value: fc.integer({ min: 0, max: 5 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), fc.nat(40), (steps, expected) => {
      const table = new RecordTable(expected)
      const map = new Map<string, number>()
      for (const { low, high, value } of steps) {
        table.set(low, high, value)
        if (value === 0) map.delete(`${low}/${high}`)
        else map.set(`${low}/${high}`, value)
      }
      assert.equal(table.size, map.size)
      for (const { low, high } of steps) assert.equal(table.get(low, high), map.get(`${low}/${high}`) ?? 0)
      const seen = new Map<string, number>()
      table.each((low, high, value) => seen.set(`${low}/${high}`, value))
      assert.deepEqual([...seen].sort(), [...map].sort())
    }),
    { numRuns: 500 }
  )
})

test('a million records take at most 18 bytes each', t => {
  const known = new KnownRecords(key)
  const [shards, count] = [256, 100_000]
  for (let shard = 0; shard < shards; shard++) known.addEmpty(shard)
  for (let i = 0; i < count; i++) known.write(i % shards, `counter/user-${i}`, 0, i + 1)
  const each = known.bytes / count
  t.diagnostic(`${each.toFixed(1)} bytes each`)
  assert.ok(each <= 18)
})

test('names that differ have hashes that differ, and another key has others', () => {
  const names = Array.from({ length: 20_000 }, (_, i) => `counter/${i.toString(36)}`).concat([
    '',
    '\0',
    '\0\0',
    'a',
    'a\0'
  ])
  const hash = new NameHash(key)
  const other = new NameHash(Uint8Array.from(key, byte => byte ^ 1))
  const all = (of: NameHash) => names.map(name => `${of.of(name).low}/${of.high}`)
  const [mine, theirs] = [all(hash), all(other)]
  assert.equal(new Set(mine).size, names.length)
  assert.equal(new Set([...mine, ...theirs]).size, 2 * names.length)
})

test('what was looked through must stay as it was, but for what is written', () => {
  const known = new KnownRecords(key)
  known.addUnknown(0)
  assert.ok(known.agrees(0, 'x', 7), 'before the look nothing is known')
  const look = known.look(0)
  look.saw('x', 7)
  look.saw('y', 8)
  assert.ok(look.finish())
  assert.ok(known.agrees(0, 'x', 7))
  assert.ok(!known.agrees(0, 'x', 6), 'an older record')
  assert.ok(!known.agrees(0, 'x', 0), 'no record')
  assert.ok(!known.agrees(0, 'z', 5), 'a record that was removed')
  known.write(0, 'x', 7, 9)
  known.write(0, 'y', 8, 0)
  assert.deepEqual([known.agrees(0, 'x', 9), known.agrees(0, 'x', 7), known.agrees(0, 'y', 0)], [true, false, true])
})

test('a look takes over what was written after it began, and not what was there before', () => {
  const known = new KnownRecords(key)
  known.addUnknown(0)
  known.write(0, 'early', 0, 10)
  const look = known.look(0)
  look.saw('early', 10)
  look.saw('changed', 2)
  look.saw('removed', 3)
  known.read(0, 'changed', 2)
  known.write(0, 'changed', 2, 20)
  known.write(0, 'removed', 3, 0)
  known.write(0, 'new', 0, 4)
  assert.ok(look.finish())
  for (const [name, checksum] of [
    ['early', 10],
    ['changed', 20],
    ['removed', 0],
    ['new', 4]
  ] as const)
    assert.ok(known.agrees(0, name, checksum), name)
})

const meanwhile: [string, (known: KnownRecords) => void][] = [
  ['a record was not there when it was read', known => known.read(0, 'x', 0)],
  ['a record was written over none', known => known.write(0, 'x', 0, 9)],
  ['an older record was read', known => known.read(0, 'x', 6)]
]

for (const [what, happens] of meanwhile) {
  for (const when of ['before the look', 'during the look'])
    test(`${what} ${when}: the look says that it does not fit, and nothing is known`, () => {
      const known = new KnownRecords(key)
      known.addUnknown(0)
      if (when === 'before the look') happens(known)
      const look = known.look(0)
      if (when === 'during the look') happens(known)
      look.saw('x', 7)
      assert.ok(!look.finish())
      assert.ok(known.agrees(0, 'x', 5))
    })
}

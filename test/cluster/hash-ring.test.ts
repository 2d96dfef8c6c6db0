import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type Ring, ringOf, shardOf } from '../../src/cluster/hash-ring.ts'
import { isShoalError } from '../../src/ports/errors.ts'

const nodeId = fc.string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'abcdefghkmn23456789') })
const view = fc.uniqueArray(nodeId, { minLength: 1, maxLength: 12 })
const shards = Array.from({ length: 256 }, (_, shard) => shard)
const ownersOf = (ring: Ring) => shards.map(shard => ring.owner(shard))

test('the same view gives the same ring, in whatever order its members are named', () => {
  fc.assert(
    fc.property(view, fc.infiniteStream(fc.nat()), (ids, stream) => {
      const weights = new Map(ids.map(id => [id, stream.next().value ?? 0]))
      const shuffled = [...ids, ...ids].sort((a, b) => (weights.get(a) ?? 0) - (weights.get(b) ?? 0))
      assert.deepEqual(ownersOf(ringOf(shuffled)), ownersOf(ringOf(ids)))
    })
  )
})

test('what a join moves, it moves to the joiner, and what a leave moves was the leaver’s', () => {
  fc.assert(
    fc.property(view, nodeId, (ids, joiner) => {
      fc.pre(!ids.includes(joiner))
      const without = ringOf(ids)
      const withJoiner = ringOf([...ids, joiner])
      for (const shard of shards) {
        const [before, after] = [without.owner(shard), withJoiner.owner(shard)]
        if (before !== after) assert.equal(after, joiner)
        assert.deepEqual(
          withJoiner.owners(shard, 99).filter(id => id !== joiner),
          without.owners(shard, 99)
        )
      }
    })
  )
})

test('a join moves about its share of the shards', () => {
  for (const size of [2, 4, 7]) {
    let moved = 0
    const rounds = 40
    for (let round = 0; round < rounds; round += 1) {
      const ids = Array.from({ length: size }, (_, number) => `node-${round}-${number}`)
      const [before, after] = [ringOf(ids), ringOf([...ids, `joiner-${round}`])]
      moved += shards.filter(shard => before.owner(shard) !== after.owner(shard)).length
    }
    const share = moved / rounds / shards.length
    const fair = 1 / (size + 1)
    assert.ok(share > 0.8 * fair && share < 1.25 * fair, `${size} nodes: ${share} moved, ${fair} would be fair`)
  }
})

test('the owners of a shard are different nodes, the owner first, and all where so many are asked for', () => {
  fc.assert(
    fc.property(view, fc.nat({ max: 255 }), fc.nat({ max: 15 }), (ids, shard, count) => {
      const ring = ringOf(ids)
      const owners = ring.owners(shard, count)
      assert.equal(owners.length, Math.min(count, ids.length))
      assert.equal(new Set(owners).size, owners.length)
      if (count > 0) assert.equal(owners[0], ring.owner(shard))
      assert.deepEqual(ring.owners(shard, 99).slice(0, count), owners)
    })
  )
})

test('no node of a small cluster carries more than twice its share', () => {
  for (const size of [3, 5, 8]) {
    const worst = Array.from({ length: 50 }, (_, round) => {
      const ids = Array.from({ length: size }, (_, number) => `12D3KooW${round}x${number}`)
      const owners = ownersOf(ringOf(ids))
      return Math.max(...ids.map(id => owners.filter(owner => owner === id).length)) / (shards.length / size)
    })
    assert.ok(Math.max(...worst) < 2, `${size} nodes: ${Math.max(...worst)}`)
  }
})

test('a node of double weight carries about double', () => {
  let heavy = 0
  const rounds = 40
  for (let round = 0; round < rounds; round += 1) {
    const ids = [`h${round}`, `a${round}`, `b${round}`]
    const ring = ringOf(ids, { weights: new Map([[`h${round}`, 2]]) })
    heavy += shards.filter(shard => ring.owner(shard) === `h${round}`).length
  }
  const share = heavy / rounds / shards.length
  assert.ok(share > 0.42 && share < 0.58, `${share} of the shards, 0.5 would be fair`)
})

test('a ring without nodes has no owner, and a shard out of range is an error', () => {
  assert.equal(ringOf([]).owner(0), undefined)
  assert.deepEqual(ringOf([]).owners(0, 3), [])
  for (const shard of [-1, 256, 1.5, Number.NaN]) {
    assert.throws(
      () => ringOf(['a']).owner(shard),
      error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
    )
  }
  assert.throws(() => ringOf(['a'], { weights: new Map([['a', 0]]) }), isShoalError)
})

test('shards are chosen evenly, and differently in another cluster', () => {
  const counts = new Map<number, number>()
  let same = 0
  const actors = 20_000
  for (let number = 0; number < actors; number += 1) {
    const shard = shardOf('account', `a-${number}`, 64, 'one')
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
    if (shard === shardOf('account', `a-${number}`, 64, 'two')) same += 1
  }
  assert.equal(counts.size, 64)
  // 4.5 standard deviations of a binomial count.
  const mean = actors / 64
  for (const count of counts.values()) assert.ok(Math.abs(count - mean) < 4.5 * Math.sqrt(mean), `${count} of ${mean}`)
  assert.ok(same < 2 * mean)
})

test('kind, id and cluster are told apart whatever they contain', () => {
  const seen = new Set<number>()
  const names = ['', 'a', '1', ':', '1:', '1:a', '\0', '/', '__proto__', '💥']
  for (const cluster of names)
    for (const kind of names) for (const id of names) seen.add(shardOf(kind, id, 2 ** 40, cluster))
  assert.equal(seen.size, names.length ** 3)
})

test('the hash never changes: data on disk lies in these shards', () => {
  assert.deepEqual(
    ['a', 'b', 'user-42', 'grüße'].map(id => shardOf('cart', id, 256, 'shoal')),
    [47, 91, 117, 104]
  )
  assert.equal(
    ownersOf(ringOf(['a', 'b', 'c']))
      .slice(0, 16)
      .join(''),
    'cbaabccbaabccccc'
  )
})

test('a ring that is worked out from another is the same as one from nothing', () => {
  fc.assert(
    fc.property(view, view, (before, after) => {
      const near = ringOf(before, { shards: 64 })
      const derived = ringOf([...after].reverse(), { shards: 64, near })
      const owners = Array.from({ length: 64 }, (_, shard) => derived.owners(shard, 1)[0])
      assert.deepEqual(
        owners,
        Array.from({ length: 64 }, (_, shard) => derived.owner(shard))
      )
    })
  )
})

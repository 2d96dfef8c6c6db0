/** When a node has a shard whole: the words of the model, one by one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keptOfRestored, WholeShards } from '../../src/cluster/whole-shards.ts'

const slices = 4
const shard = 3 * slices

function whole(kept?: string): { shards: WholeShards; kept: () => string | undefined } {
  let text = kept
  const shards = new WholeShards(slices, now => {
    text = now
  })
  shards.load(kept, () => true, 16 * slices)
  return { shards, kept: () => text }
}

test('a shard is whole when all who store it were asked, and half of the home beside this node', () => {
  const { shards } = whole()
  shards.homesAre(new Set([shard]))
  const home = ['self', 'b', 'c']
  assert.equal(shards.complete(shard, home, ['b'], true), false)
  shards.fetched(shard, 'b')
  assert.equal(shards.complete(shard, home, ['b'], true), false, 'one of two others is not enough')
  shards.fetched(shard, 'c')
  assert.equal(shards.complete(shard, home, ['b', 'c', 'retiring'], true), false, 'one that retires has it, too')
  shards.fetched(shard, 'retiring')
  assert.equal(shards.complete(shard, home, ['b', 'c', 'retiring'], true), true)
  assert.equal(shards.has(shard), true)
})

test('the only replica is whole at once', () => {
  const { shards } = whole()
  assert.equal(shards.complete(shard, ['self'], [], true), true)
})

test('the only replica is not whole while a member is away that may have been the only one before', () => {
  const { shards } = whole()
  assert.equal(shards.complete(shard, ['self'], [], false), false)
  assert.equal(shards.complete(shard, ['self', 'b'], [], false), false)
  shards.fetched(shard, 'b')
  assert.equal(shards.complete(shard, ['self', 'b'], ['b'], false), true, 'where there are others it does not matter')
})

test('what became whole alone is whole no more when somebody is met, also after a restart; what did not stays', () => {
  for (const restarts of [false, true]) {
    const first = whole()
    first.shards.homesAre(new Set([shard]))
    first.shards.wantEvery()
    assert.ok(first.shards.complete(shard, ['self'], [], true) && first.shards.completeEvery(['self']))
    first.shards.completedAmong(1)
    first.shards.keep()
    const { shards, kept } = restarts ? whole(first.kept()) : first
    assert.deepEqual([shards.has(0), shards.has(shard)], [true, true])
    assert.equal(shards.met(1), false)
    assert.equal(shards.met(2), true)
    assert.deepEqual([shards.has(0), shards.has(shard), shards.isEverySought], [false, false, true])
    assert.equal(shards.met(3), false, 'once is enough')
    // Both of two that met have it whole from each other.
    shards.fetched(shard, 'b')
    shards.fetchedEvery('b')
    assert.ok(shards.complete(shard, ['self', 'b'], ['b'], true) && shards.completeEvery(['self', 'b']))
    shards.keep()
    const after = whole(kept()).shards
    assert.equal(after.met(2), false)
    assert.deepEqual([after.has(0), after.has(shard)], [true, true])
  }
})

test('what became whole among fewer than make a home is fetched anew when there are more; else whoever is whole stays so', () => {
  for (const [among, now, stays] of [
    [2, 2, true],
    [2, 3, false],
    [3, 4, true]
  ] as const) {
    const { shards } = whole()
    shards.homesAre(new Set([shard]))
    for (const peer of ['b', 'c']) shards.fetched(shard, peer)
    assert.ok(shards.complete(shard, ['self', 'b', 'c'].slice(0, among), [], true))
    shards.completedAmong(among)
    assert.equal(shards.met(now), !stays)
    assert.equal(shards.has(shard), stays)
  }
})

test('whoever enters a home fetches again, though it had a copy; whoever stays does not', () => {
  const { shards } = whole()
  assert.equal(shards.complete(shard, ['self'], [], true), true)
  assert.equal(shards.homesAre(new Set([shard])), true)
  assert.equal(shards.has(shard), false)
  assert.equal(shards.complete(shard, ['self'], [], true), true)
  assert.equal(shards.homesAre(new Set([shard])), false)
  assert.equal(shards.has(shard), true)
})

test('after a restart a member of the home has what it had, and a substitute begins anew', () => {
  const before = whole()
  const [substitute, member] = [shard, shard + 1]
  before.shards.homesAre(new Set([member]))
  for (const each of [substitute, member]) before.shards.complete(each, ['self'], [], true)
  before.shards.keep()
  const after = whole(before.kept()).shards
  assert.equal(after.homesAre(new Set([member])), false)
  assert.deepEqual([after.has(substitute), after.has(member)], [false, true])
})

test('what every member stores is whole after a majority; after a loss it takes half of the others, also after a restart', () => {
  const home = ['self', 'b', 'c', 'd', 'e']
  const { shards, kept } = whole()
  assert.equal(shards.wantEvery(), true)
  for (const peer of ['b', 'c']) {
    assert.equal(shards.completeEvery(home), false)
    shards.fetchedEvery(peer)
  }
  assert.equal(shards.completeEvery(home), true)
  assert.equal(shards.has(0), true)
  shards.damaged(1)
  assert.equal(shards.has(0), false)
  const after = whole(kept()).shards
  after.wantEvery()
  for (const peer of ['b', 'c', 'd']) {
    assert.equal(after.completeEvery(home), false)
    after.fetchedEvery(peer)
  }
  assert.equal(after.completeEvery(home), true)
})

test('what was restored from a backup is not whole; the node that was backed up does not count itself, a new one does', () => {
  const home = ['self', 'b', 'c', 'd', 'e']
  for (const [isSameNode, needed] of [
    [true, ['b', 'c', 'd']],
    [false, ['b', 'c']]
  ] as const) {
    const { shards } = whole(keptOfRestored(slices, isSameNode))
    assert.deepEqual([shards.has(0), shards.has(shard)], [false, false])
    shards.wantEvery()
    for (const peer of needed) {
      assert.equal(shards.completeEvery(home), false)
      shards.fetchedEvery(peer)
    }
    assert.equal(shards.completeEvery(home), true)
  }
})

test('one that was forgotten or has left has nothing whole', () => {
  const { shards, kept } = whole()
  shards.homesAre(new Set([shard]))
  shards.complete(shard, ['self'], [], true)
  shards.wantEvery()
  shards.completeEvery(['self'])
  shards.keep()
  shards.forgotten([0, 1, 2, 3, shard])
  assert.deepEqual([shards.has(0), shards.has(shard)], [false, false])
  shards.left()
  const back = whole(kept()).shards
  assert.deepEqual([back.has(0), back.has(shard)], [false, false])
})

test('whatever makes a shard less than whole, what was fetched of it before counts no more', () => {
  const losses: [string, (shards: WholeShards) => unknown][] = [
    ['damage', shards => shards.damaged(shard)],
    ['being forgotten', shards => shards.forgotten([shard])],
    ['being dropped', shards => shards.dropped(shard)],
    ['leaving and entering its home', shards => [[], [shard]].map(homes => shards.homesAre(new Set(homes)))]
  ]
  for (const [what, lose] of losses) {
    const { shards } = whole()
    shards.homesAre(new Set([shard]))
    for (const peer of ['b', 'c']) shards.fetched(shard, peer)
    assert.equal(shards.complete(shard, ['self', 'b', 'c'], ['b', 'c'], true), true)
    shards.fetched(shard, 'b')
    lose(shards)
    assert.deepEqual([shards.has(shard), shards.hasFetched(shard, 'b')], [false, false], what)
  }
})

test('of what every member stores a majority is enough, or half of the others where this disk has lost something', () => {
  for (const isLossy of [false, true]) {
    for (let members = 1; members <= 6; members++) {
      const home = ['self', ...Array.from({ length: members - 1 }, (_, i) => `m${i}`)]
      for (let fetched = 0; fetched < members; fetched++) {
        const { shards } = whole()
        assert.equal(shards.completeEvery(home), false, 'nobody wants to know')
        assert.deepEqual([shards.wantEvery(), shards.wantEvery()], [true, false])
        if (isLossy) shards.damaged(0)
        for (const peer of home.slice(1, 1 + fetched)) shards.fetchedEvery(peer)
        const isEnough = members === 1 || (isLossy ? fetched >= members / 2 : fetched + 1 > members / 2)
        const which = `${fetched} others of ${members}${isLossy ? ', lossy' : ''}`
        assert.deepEqual([shards.completeEvery(home), shards.has(0)], [isEnough, isEnough], which)
        if (!isEnough) continue
        assert.deepEqual([shards.isEverySought, shards.wantEvery()], [false, false])
        for (const peer of home.slice(1)) assert.equal(shards.hasFetchedEvery(peer), false, 'it begins anew next time')
        shards.damaged(0)
        assert.deepEqual([shards.has(0), shards.isEverySought], [false, true])
      }
    }
  }
})

/** Views, what is kept and told of them, and when a node counts: the words of the model, one by one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CountedShards, type Teller } from '../../src/cluster/counted-shards.ts'
import { HomeView, HomeViews, priorViewsFrom, viewNameFrom } from '../../src/cluster/home-views.ts'
import { keptOfRestored, WholeShards } from '../../src/cluster/whole-shards.ts'

const slices = 1
const shard = 3
const members = (...ids: string[]) => ids.map(id => ({ id, region: 'r', zone: 'z' }))
const all = members('a', 'b', 'c')

test('a list that changes and changes back is another view, also after a restart', () => {
  const views = new HomeViews(slices)
  views.enter(all, 0)
  const first = views.current
  views.enter(members('a', 'b'), 0)
  const again = new HomeViews(slices)
  again.load(JSON.parse(JSON.stringify(views.kept())))
  again.enter(all, 0)
  assert.deepEqual([first?.isOf(all), again.current?.isOf(all)], [true, true])
  assert.notEqual(again.current?.name, first?.name)
  assert.deepEqual(
    again.prior.map(view => view.number),
    [1, 2]
  )
  again.settled()
  assert.deepEqual(again.prior, [again.current])
})

test('where a member is belongs to the view', () => {
  const moved = [{ id: 'a', region: 'r', zone: 'y' }, ...all.slice(1)]
  const view = new HomeView(1, all, slices)
  assert.equal(view.isOf(moved), false)
  assert.notEqual(new HomeView(1, moved, slices).name, view.name)
})

test('a view is told as what is different, and read back', () => {
  const current = new HomeView(4, members('a', 'c', 'd'), slices)
  const before = new HomeView(2, [...members('a', 'b'), { id: 'c', region: 'q', zone: 'z' }], slices)
  const [told] = priorViewsFrom([current.difference(before, true)])
  assert.ok(told?.counted === true)
  assert.equal(current.differing(told).name, before.name)
})

test('views that are too many, too large or bent are malformed', () => {
  assert.throws(() => viewNameFrom('1:xyz'), { code: 'SHOAL_MALFORMED' })
  assert.throws(() => viewNameFrom(`${'9'.repeat(16)}:0123456789abcdef`), { code: 'SHOAL_MALFORMED' })
  assert.throws(() => priorViewsFrom(Array.from({ length: 65 }, () => ({ number: 1 }))), { code: 'SHOAL_MALFORMED' })
  const without = Array.from({ length: 4097 }, (_, i) => `m${i}`)
  assert.throws(() => priorViewsFrom([{ number: 1, without }]), { code: 'SHOAL_MALFORMED' })
  assert.throws(() => priorViewsFrom([{ number: 1, with: [{ id: '../..' }] }]), { code: 'SHOAL_MALFORMED' })
})

const before = new HomeView(1, all, slices)
const teller = (more: Partial<Teller> = {}): Teller => ({
  prior: [before],
  isRooted: true,
  isLost: false,
  counted: [before],
  isWeak: () => false,
  ...more
})

/** A newcomer, d, in the view of all four. */
function newcomer(): CountedShards {
  const shards = new CountedShards('d', slices)
  shards.views.enter(members('a', 'b', 'c', 'd'), 1)
  return shards
}

test('a newcomer counts once it has asked a majority of the home before, however many newcomers it has asked', () => {
  const shards = newcomer()
  const tellers = new Map([
    ['a', teller()],
    ['b', teller()]
  ])
  assert.deepEqual(shards.toAsk(shard, tellers), ['a', 'b'])
  shards.asked(shard, 'a', teller())
  shards.asked(shard, 'x', teller())
  assert.equal(shards.complete(shard, tellers), false)
  shards.asked(shard, 'b', teller())
  assert.equal(shards.complete(shard, tellers), true)
  assert.deepEqual([shards.has(shard), shards.has(0)], [true, false])
  shards.entered()
  assert.equal(shards.has(shard), false, 'in this view only')
})

test('those who have never counted say nothing of what came before, unless all say so', () => {
  const fresh = teller({ prior: [], isRooted: false, counted: [] })
  const shards = newcomer()
  for (const id of ['a', 'b']) shards.asked(shard, id, fresh)
  const tellers = new Map([
    ['a', fresh],
    ['b', fresh]
  ])
  assert.equal(shards.complete(shard, tellers), false)
  shards.asked(shard, 'c', fresh)
  assert.equal(shards.complete(shard, tellers.set('c', fresh)), true)
})

test('who may have lost something does not count itself, and alone it is all there is', () => {
  for (const [size, expected] of [
    [3, false],
    [1, true]
  ] as const) {
    const shards = new CountedShards('a', slices)
    shards.views.enter(all.slice(0, size), 0)
    shards.views.learn([new HomeView(1, all.slice(0, size), slices)], true)
    shards.weaken([shard])
    if (size > 1) shards.asked(shard, 'b', teller())
    assert.equal(shards.complete(shard, new Map()), expected)
    if (size > 1) shards.asked(shard, 'c', teller())
    assert.equal(shards.complete(shard, new Map()), size > 1)
    assert.equal(shards.isWeak(shard), false)
  }
})

test('a member that no view before had is a stranger until it has told where it comes from', () => {
  const shards = newcomer()
  assert.deepEqual(shards.strangers(new Map([['a', teller()]])), [])
  shards.views.enter(members('a', 'b', 'c', 'd', 'e'), 2)
  assert.deepEqual(shards.strangers(new Map([['a', teller()]])), ['e'])
  assert.deepEqual(
    shards.strangers(
      new Map([
        ['a', teller()],
        ['e', teller()]
      ])
    ),
    []
  )
})

test('what a peer has told counts also when it is gone', () => {
  const shards = newcomer()
  shards.asked(shard, 'a', teller())
  assert.equal(shards.complete(shard, new Map()), false)
  shards.asked(shard, 'b', teller())
  assert.equal(shards.complete(shard, new Map()), true)
})

test('views of the same members are one, and where there were too many everybody is asked', () => {
  const shards = newcomer()
  for (let number = 2; number < 200; number++) shards.views.enter(number % 2 === 0 ? all : all.slice(1), number)
  assert.equal(shards.views.isLost, false)
  assert.ok(shards.views.prior.length <= 3)
  for (let i = 0; i < 70; i++) shards.views.enter(members('a', 'b', 'c', 'd', `x${i}`), 0)
  assert.ok(shards.views.isLost)
  shards.views.enter(members('a', 'b', 'c', 'd'), 0)
  const weak = teller({ isWeak: () => true })
  const tellers = new Map(['a', 'b', 'c'].map(id => [id, weak]))
  assert.deepEqual(shards.toAsk(shard, tellers), ['a', 'b', 'c'])
  for (const [id, each] of tellers) {
    assert.equal(shards.complete(shard, tellers), false)
    shards.asked(shard, id, each)
  }
  assert.equal(shards.complete(shard, tellers), true)
  shards.views.settled()
  assert.equal(shards.views.isLost, false)
})

test('a node that was restored as itself leaves itself out, for all shards; one that has left stays weak', () => {
  for (const each of [0, shard, 15]) {
    const whole = new WholeShards(slices, () => {})
    whole.load(keptOfRestored(slices, true), () => true, 16)
    const shards = new CountedShards('a', slices)
    shards.weaken(whole.lossy)
    shards.views.enter(all, 5)
    shards.asked(each, 'b', teller())
    assert.equal(shards.complete(each, new Map()), false, `shard ${each}`)
    const again = new CountedShards('a', slices)
    again.load(JSON.parse(JSON.stringify(shards.kept())), () => true)
    assert.equal(again.isWeak(each), true)
  }
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { News } from '../../src/cluster/news.ts'
import { incarnations } from './member-arbitraries.ts'

const record = (id: string, refutation = 0): MemberRecord => ({
  id,
  name: id,
  region: '',
  zone: '',
  incarnation: incarnations[0],
  refutation,
  status: 'alive',
  addresses: []
})
const ids = (records: readonly MemberRecord[]) => records.map(({ id }) => id)

test('a peer is told each piece of news once', () => {
  const news = new News({ recordsMax: 10, bytesMax: 10_000, spreadFactor: 3 })
  news.add(record('a'))
  assert.deepEqual(ids(news.take('p', 8)), ['a'])
  assert.deepEqual(ids(news.take('p', 8)), [])
  assert.deepEqual(ids(news.take('q', 8)), ['a'])
  news.untold('p')
  assert.deepEqual(ids(news.take('p', 8)), ['a'])
})

test('news is told so often as the logarithm of the members asks for, and then forgotten', () => {
  const news = new News({ recordsMax: 10, bytesMax: 10_000, spreadFactor: 3 })
  news.add(record('a'))
  let told = 0
  for (let peer = 0; peer < 1000; peer += 1) told += news.take(`p${peer}`, 1000).length
  assert.equal(told, 30)
  assert.ok(news.isEmpty)
})

test('newer news about a member replaces the older and is told again', () => {
  const news = new News({ recordsMax: 10, bytesMax: 10_000, spreadFactor: 3 })
  news.add(record('a'))
  news.take('p', 8)
  news.add(record('a', 1))
  assert.deepEqual(news.take('p', 8), [record('a', 1)])
})

test('a message holds no more than its limits, and the rest follows', () => {
  const news = new News({ recordsMax: 10, bytesMax: 300, spreadFactor: 3 })
  const all = Array.from({ length: 40 }, (_, number) => record(`a${number}`))
  for (const each of all) news.add(each)
  const first = record('me')
  const told: string[] = []
  for (let turn = 0; turn < 40 && news.hasFor('p'); turn += 1) {
    const taken = news.take('p', 8, [first])
    assert.ok(taken.length <= 7 && taken[0] === first)
    told.push(...ids(taken.slice(1)))
  }
  assert.deepEqual(told, ids(all))
})

test('who tells us the same counts as told, and who tells us something older does not', () => {
  const news = new News({ recordsMax: 10, bytesMax: 10_000, spreadFactor: 1 })
  news.add(record('a', 1))
  news.known('p', record('a', 1), 2)
  news.known('q', record('a', 0), 2)
  assert.deepEqual(ids(news.take('p', 2)), [])
  assert.deepEqual(ids(news.take('q', 2)), ['a'])
  assert.ok(news.isEmpty)
})

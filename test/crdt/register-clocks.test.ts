/** The four clocks of a last-writer-wins register, and maps of such registers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lwwMap, lwwRegister, orMap, Replica, type Schema, type View } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'

class Clock {
  ms = 1_000_000
  readonly now = (): number => this.ms
}

/** Two replicas, each with its own clock. */
class Pair<S extends Schema> {
  readonly clockA = new Clock()
  readonly clockB = new Clock()
  readonly a: Replica<S>
  readonly b: Replica<S>

  constructor(schema: S) {
    this.a = new Replica(schema, { origin: 'a.1', now: this.clockA.now })
    this.b = new Replica(schema, { origin: 'b.1', now: this.clockB.now })
  }

  sync(): void {
    this.a.apply(this.b.save())
    this.b.apply(this.a.save())
    assert.deepEqual(this.a.plain, this.b.plain)
  }
}

function badArgument(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
}

test('default: of concurrent writes the last in time stays, and a write wins over what it saw, whatever the clocks say', () => {
  const pair = new Pair({ note: lwwRegister('none') })
  pair.clockB.ms += 1000
  pair.a.change(({ note }) => note.set('early'))
  pair.b.change(({ note }) => note.set('late'))
  pair.sync()
  assert.equal(pair.a.plain.note, 'late')
  pair.a.change(({ note }) => note.set('of the slow clock'))
  pair.sync()
  assert.equal(pair.b.plain.note, 'of the slow clock')
})

test('default: a clock far in the future freezes nothing', () => {
  const pair = new Pair({ note: lwwRegister('none') })
  pair.clockB.ms = Number.MAX_VALUE
  pair.b.change(({ note }) => note.set('from the end of time'))
  pair.sync()
  for (const value of ['one', 'two']) {
    pair.a.change(({ note }) => note.set(value))
    pair.sync()
    assert.equal(pair.b.plain.note, value)
  }
})

test('reverse: the first write stays, concurrent or not', () => {
  const pair = new Pair({ winner: lwwRegister<string | null>(null, { clock: 'reverse' }) })
  pair.clockB.ms += 1000
  pair.b.change(({ winner }) => winner.set('second'))
  pair.a.change(({ winner }) => winner.set('first'))
  pair.sync()
  assert.equal(pair.b.plain.winner, 'first')
  assert.equal(
    pair.a.change(({ winner }) => winner.set('third')),
    undefined,
    'a write that loses is no change'
  )
  pair.clockA.ms = 1
  assert.equal(
    pair.a.change(({ winner }) => winner.set('after the clock went back')),
    undefined
  )
  assert.equal(pair.a.plain.winner, 'first')
})

test('reverse: in a map, a key that was removed can be won again', () => {
  const pair = new Pair({ winners: orMap(lwwRegister('', { clock: 'reverse' })) })
  pair.a.change(({ winners }) => winners.at('race').set('ann'))
  pair.a.change(({ winners }) => winners.remove('race'))
  pair.sync()
  pair.b.change(({ winners }) => winners.at('race').set('bob'))
  pair.sync()
  assert.deepEqual(pair.a.plain, { winners: { race: 'bob' } })
})

test('custom: the largest stamp stays, and a smaller one than what is here changes nothing', () => {
  const pair = new Pair({ reading: lwwRegister(0, { clock: 'custom' }) })
  pair.a.change(({ reading }) => reading.set(20, { stamp: 2 }))
  pair.b.change(({ reading }) => reading.set(30, { stamp: 3 }))
  pair.sync()
  assert.equal(pair.a.plain.reading, 30)
  assert.equal(
    pair.a.change(({ reading }) => reading.set(10, { stamp: -1 })),
    undefined
  )
  pair.a.change(({ reading }) => reading.set(40, { stamp: 4 }))
  pair.sync()
  assert.equal(pair.b.plain.reading, 40)
})

test('custom: of equal stamps the larger origin stays, and its own later write', () => {
  const pair = new Pair({ reading: lwwRegister('', { clock: 'custom' }) })
  pair.b.change(({ reading }) => reading.set('b', { stamp: 0 }))
  pair.a.change(({ reading }) => reading.set('a', { stamp: 0 }))
  pair.sync()
  assert.equal(pair.a.plain.reading, 'b')
  assert.equal(
    pair.a.change(({ reading }) => reading.set('a again', { stamp: 0 })),
    undefined
  )
  pair.b.change(({ reading }) => reading.set('b again', { stamp: 0 }))
  pair.sync()
  assert.equal(pair.a.plain.reading, 'b again')
})

test('custom-auto-increment: a write gets at least one more than it saw', () => {
  const pair = new Pair({ reading: lwwRegister('', { clock: 'custom-auto-increment' }) })
  pair.a.change(({ reading }) => reading.set('seven', { stamp: 7 }))
  pair.sync()
  pair.b.change(({ reading }) => reading.set('later', { stamp: 1 }))
  pair.sync()
  assert.equal(pair.a.plain.reading, 'later')
  pair.a.change(({ reading }) => reading.set('eight, concurrently', { stamp: 1 }))
  pair.b.change(({ reading }) => reading.set('ninety', { stamp: 90 }))
  pair.sync()
  assert.equal(pair.a.plain.reading, 'ninety')
})

test('a custom stamp is a safe integer, and a clock one of the four', () => {
  const pair = new Pair({ reading: lwwRegister(0, { clock: 'custom' }) })
  for (const stamp of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1' as unknown as number]) {
    assert.throws(() => pair.a.change(({ reading }) => reading.set(1, { stamp })), badArgument, String(stamp))
  }
  const noStamp = (view: unknown) => (view as { set(value: number): void }).set(1)
  assert.throws(() => pair.a.change(({ reading }) => noStamp(reading)), badArgument)
  for (const stamp of [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER]) {
    pair.a.change(({ reading }) => reading.set(stamp, { stamp }))
    pair.sync()
    assert.equal(pair.b.plain.reading, stamp)
  }
  assert.throws(() => lwwRegister(0, { clock: 'lamport' as 'reverse' }), badArgument)
})

test('clocks belong to what a schema means, because stored stamps do', () => {
  assert.equal(lwwRegister(0).description, 'lwwRegister')
  assert.equal(lwwRegister(0, { clock: 'reverse' }).description, 'lwwRegister(clock: reverse)')
  assert.equal(lwwMap().description, orMap(lwwRegister(0)).description)
})

test('a map of registers reads and writes as a map, and is an orMap of registers', () => {
  const schema = { prices: lwwMap<number>() }
  const pair = new Pair(schema)
  pair.a.change(({ prices }: View<typeof schema>) => {
    assert.equal(prices.get('tea'), undefined)
    prices.set('tea', 3)
    prices.set('rum', 9)
    assert.equal(prices.get('tea'), 3)
    assert.equal(prices.at('tea').value, 3)
    assert.deepEqual(prices.keys(), ['rum', 'tea'])
  })
  pair.sync()
  pair.a.change(({ prices }) => prices.remove('tea'))
  pair.b.change(({ prices }) => prices.set('tea', 4))
  pair.sync()
  assert.deepEqual(pair.a.plain, { prices: { rum: 9, tea: 4 } }, 'a write wins over a removal that did not see it')
  const asRegisters = new Replica({ prices: orMap(lwwRegister(0)) }, { origin: 'c.1' })
  asRegisters.apply(pair.a.save())
  assert.deepEqual(asRegisters.plain, pair.a.plain)
})

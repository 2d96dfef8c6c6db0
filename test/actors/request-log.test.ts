/** The log of requests inside an actor's state: what it remembers, and for how long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteRequest, type RequestId, storedReply } from '../../src/actors/request-log.ts'
import { CausalContext, emptyState, type Json, joinStates, Transaction } from '../../src/crdt/index.ts'

class Log {
  state = emptyState
  context = CausalContext.empty
  readonly origin: string
  #seq = 0

  constructor(origin = 'a.1') {
    this.origin = origin
  }

  transaction(): Transaction {
    const nextDot = () => ({ origin: this.origin, seq: ++this.#seq })
    const { origin, state, context: covers } = this
    return new Transaction({ state, covers, origin, nextDot, now: () => 0, clientId: () => 1 })
  }

  note(request: RequestId, reply: Json | undefined, nowMs = 0, deadlineMs = 1000): void {
    const transaction = this.transaction()
    noteRequest(transaction, request, reply, nowMs, deadlineMs)
    this.state = transaction.state
    this.context = this.context.union(transaction.delta?.context ?? CausalContext.empty)
  }

  has(session: string, number: number): boolean {
    return storedReply(this.transaction(), { session, number, lowWater: 0 }) !== undefined
  }
}

const request = (number: number, lowWater = 0, session = 's'): RequestId => ({ session, number, lowWater })

test('a request finds its reply again, whatever it was', () => {
  const log = new Log()
  const replies = [undefined, null, 0, false, '', [], [1, [2]], { a: null }, 'x'.repeat(1000)]
  for (const [i, reply] of replies.entries()) log.note(request(i + 1), reply)
  for (const [i, reply] of replies.entries())
    assert.deepEqual(storedReply(log.transaction(), request(i + 1)), { reply: reply as Json | undefined })
  assert.equal(storedReply(log.transaction(), request(99)), undefined)
  assert.equal(storedReply(log.transaction(), request(1, 0, 't')), undefined)
})

test('what its own session has an answer to is dropped, and nothing of other sessions', () => {
  const log = new Log()
  for (let i = 1; i <= 5; i++) {
    log.note(request(i), i)
    log.note(request(i, 0, 't'), i)
    log.note(request(i, 0, 's/1'), i)
  }
  log.note(request(9, 4), 9)
  assert.deepEqual(
    [1, 2, 3, 4, 5, 9].filter(i => log.has('s', i)),
    [4, 5, 9]
  )
  assert.deepEqual(
    [1, 2, 3, 4, 5].filter(i => log.has('t', i) && log.has('s/1', i)),
    [1, 2, 3, 4, 5]
  )
})

test('a request is remembered past its deadline, by a clock that may be off, and then dropped', () => {
  const log = new Log()
  log.note(request(1), 'a', 1_000_000, 10_000)
  log.note(request(2, 0, 't'), 'b', 1_000_000 + 65_000)
  assert.ok(log.has('s', 1))
  log.note(request(3, 0, 't'), 'c', 1_000_000 + 71_000)
  assert.ok(!log.has('s', 1))
})

test('the log has a limit, and what expires first goes first, whenever it was noted', () => {
  const log = new Log()
  for (let i = 1; i <= 4096; i++) log.note(request(i), 0, 0, i === 4000 ? 1000 : 2000)
  log.note(request(4097), 0, 0, 3000)
  assert.ok(!log.has('s', 4000))
  for (const i of [1, 2, 3999, 4001, 4096, 4097]) assert.ok(log.has('s', i), `${i}`)
})

test('logs of two owners join, and both remember', () => {
  const [a, b] = [new Log('a.1'), new Log('b.1')]
  a.note(request(1), 'by a')
  b.note(request(2, 0, 't'), 'by b')
  const joined = joinStates(a.state, a.context, b.state, b.context)
  a.state = joined
  a.context = a.context.union(b.context)
  assert.ok(a.has('s', 1) && a.has('t', 2))
})

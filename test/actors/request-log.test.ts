/** The log of requests inside an actor's state: what it remembers, and for how long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { noteRequest, type RequestId, storedReply } from '../../src/actors/requests/request-log.ts'
import { CausalContext, type Covers, emptyState, encodeState, type Json, Transaction } from '../../src/crdt/index.ts'

const everything: Covers = { has: () => true, hasRange: () => true }

class Log {
  state = emptyState
  context = CausalContext.empty
  /** What all members are known to have seen. */
  seenByAll: Covers = everything
  readonly origin: string
  #seq = 0

  constructor(origin = 'a.1') {
    this.origin = origin
  }

  transaction(): Transaction {
    const nextDot = () => ({ origin: this.origin, seq: ++this.#seq })
    const { origin, state, context: covers } = this
    return new Transaction({ state, covers, origin, nextDot, now: () => this.#seq, clientId: () => 1 })
  }

  note(request: RequestId, reply: Json | undefined, nowMs = 0, deadlineMs = 1000): number {
    const transaction = this.transaction()
    const { state: base, seenByAll } = this
    const unseen = noteRequest(transaction, {
      request,
      method: 'm',
      reply,
      nowMs,
      deadlineMs,
      base,
      gaps: CausalContext.empty,
      seenByAll
    })
    this.state = transaction.state
    this.context = this.context.union(transaction.delta?.context ?? CausalContext.empty)
    return unseen
  }

  has(session: string, number: number): boolean {
    return storedReply(this.transaction(), { session, number, lowWater: 0 }) !== undefined
  }

  of(session: string, upTo: number): number[] {
    return Array.from({ length: upTo }, (_, i) => i + 1).filter(i => this.has(session, i))
  }
}

const request = (number: number, lowWater = 0, session = 's'): RequestId => ({ session, number, lowWater })

test('a request finds its reply again, whatever it was', () => {
  const log = new Log()
  const replies = [undefined, 0, false, '', [], [1, [2]], { a: null }, 'x'.repeat(1000)]
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
  assert.deepEqual(log.of('s', 9), [4, 5, 9])
  assert.deepEqual(log.of('t', 9), [1, 2, 3, 4, 5])
  assert.deepEqual(log.of('s/1', 9), [1, 2, 3, 4, 5])
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

test('what is answered stays until all members have seen it, and it is said how many of those there are', () => {
  const log = new Log()
  log.seenByAll = CausalContext.empty
  for (let i = 1; i <= 9; i++) assert.equal(log.note(request(i, i), i), i - 1)
  assert.deepEqual(log.of('s', 9), [1, 2, 3, 4, 5, 6, 7, 8, 9])
  log.seenByAll = CausalContext.empty.with('a.1', 1, 5)
  assert.equal(log.note(request(10, 10), 10), 4)
  assert.deepEqual(log.of('s', 10), [6, 7, 8, 9, 10])
})

test('of what is answered and not seen by all, the latest 24 to 30 stay, and no more than 4 KiB', () => {
  const log = new Log()
  log.seenByAll = CausalContext.empty
  for (let i = 1; i <= 500; i++) {
    log.note(request(i, i), i)
    const kept = log.of('s', i)
    assert.ok(kept.length <= 31 && kept.length >= Math.min(i, 24), `${kept.length} of ${i}`)
    assert.equal(kept.at(-1), i)
    assert.equal(kept.length, i - (kept[0] ?? 0) + 1)
  }
  const large = new Log()
  large.seenByAll = CausalContext.empty
  for (let i = 1; i <= 100; i++) {
    large.note(request(i, i), 'x'.repeat(1000))
    assert.ok(encodeState(large.state).length < 6500, `${encodeState(large.state).length} bytes`)
  }
})

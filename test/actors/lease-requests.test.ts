/** What a leased actor remembers of its requests, alone and in its record. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CrdtForm } from '../../src/actors/leased/lease-crdt.ts'
import { decodeLeaseRecord, encodeLeaseRecord, withRequests } from '../../src/actors/leased/lease-record.ts'
import { findRequest, noRequests, type RequestLog, withRequest } from '../../src/actors/leased/lease-requests.ts'
import { noMail } from '../../src/actors/outbox/outbox-log.ts'
import { emptyState, encodeState, pnCounter } from '../../src/crdt/index.ts'

const nowMs = 1_000
const times = { nowMs, leftMs: 10_000 }
const graceMs = 60_000
/** With all the digits that a time may have. */
const farMs = 2 ** 52
const state = encodeState(emptyState, false)
const request = (number: number, lowWater = 0, session = 's', issued = nowMs) => ({ session, number, lowWater, issued })
const find = (log: RequestLog, ...of: Parameters<typeof request>) => findRequest(log, request(...of), nowMs)
const stale = (from: number) => ({ stale: from })

test('a request finds its outcome until its caller has had it, and then that it is over', () => {
  const one = withRequest(noRequests, request(1), { reply: 'a' }, times)
  assert.deepEqual(find(one, 1), { reply: 'a' })
  assert.equal(find(one, 2), 'new')
  assert.equal(find(one, 1, 0, 'other'), 'new')
  const error = { code: 'NO', message: 'no', isRefusal: true }
  const three = withRequest(one, request(3, 3), { error }, times)
  assert.deepEqual(find(three, 1), stale(nowMs))
  assert.deepEqual(find(three, 3), { error })
  // A mark does not go back.
  assert.deepEqual(find(withRequest(three, request(4, 1), { reply: 'd' }, times), 2), stale(nowMs))
})

test('what is forgotten a minute after its deadline is stale, and what its caller asks after that is new', () => {
  const old = withRequest(noRequests, request(1), { reply: 'a' }, times)
  const later = { nowMs: nowMs + times.leftMs + graceMs + 1, leftMs: 1 }
  const log = withRequest(old, request(1, 0, 'other', later.nowMs), { reply: 'b' }, later)
  assert.deepEqual(find(log, 1), stale(nowMs + 1))
  assert.deepEqual(find(log, 2), stale(nowMs + 1), 'it might be one of those that are forgotten')
  assert.equal(find(log, 2, 0, 's', nowMs + 1), 'new')
})

test('no stamp ends the actor for others: one that is far ahead is told which is not', () => {
  assert.deepEqual(find(noRequests, 1, 0, 's', Number.MAX_SAFE_INTEGER), stale(nowMs))
  assert.equal(find(noRequests, 1, 0, 's', nowMs), 'new')
})

test('an actor remembers so many sessions, so many outcomes of each and so much of them, and what it has dropped is not new', () => {
  let log = noRequests
  for (let i = 0; i < 3_000; i++)
    log = withRequest(log, request(1, 0, `s${i}`, i), { reply: i }, { ...times, nowMs: i })
  assert.equal(log.sessions.size, 1024)
  assert.equal(findRequest(log, request(1, 0, 's0', 0), 3_000) === 'new', false)
  assert.equal(findRequest(log, request(1, 0, 'one more', 3_000), 3_000), 'new')
  for (let i = 1; i <= 3_000; i++) log = withRequest(log, request(i, 1), { reply: i }, times)
  assert.equal(log.sessions.get('s')?.outcomes.size, 1024)
  assert.deepEqual(findRequest(log, request(3_000, 1, 's', 5_000), nowMs), { reply: 3_000 })
  assert.deepEqual(findRequest(log, request(1, 1, 's', 5_000), nowMs), stale(Math.max(log.horizon, nowMs)))
  for (let i = 0; i < 40; i++)
    log = withRequest(log, request(i, 0, `large${i % 3}`, 5_000 + i), { reply: 'x'.repeat(60_000) }, times)
  const chars = encodeLeaseRecord(1, log, state).length
  assert.ok(chars > 60_000 && chars < 140_000, `${chars}`)
  const huge = withRequest(log, request(1, 0, 'huge', 6_000), { reply: 'x'.repeat(300_000) }, times)
  assert.notEqual(findRequest(huge, request(1, 0, 'huge', 6_000), nowMs), 'new')
  assert.ok(encodeLeaseRecord(1, huge, state).length < 140_000)
})

test('what is kept is counted as it is written: no characters of replies, refusals and names make a record larger', () => {
  const text = fc.record({ unit: fc.constantFrom('x', '€', '😀', '"', '\u0001', '\ud800'), times: fc.nat(20_000) })
  const call = fc.record({
    session: fc.nat(1500),
    name: fc.constantFrom('s', '€€€€', '\u0001'),
    text,
    isError: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(call, { minLength: 20, maxLength: 60 }), calls => {
      let log = noRequests
      for (const [i, { session, name, text, isError }] of calls.entries()) {
        const long = text.unit.repeat(text.times)
        const outcome = isError ? { error: { code: 'NO', message: long, isRefusal: true } } : { reply: long }
        log = withRequest(log, request(i, 0, name.repeat(10) + session, farMs), outcome, { nowMs: farMs, leftMs: 0 })
        const { length } = encodeLeaseRecord(1, log, new Uint8Array(0))
        assert.ok(length <= log.bytes + 64, `${length} bytes, counted as ${log.bytes}`)
        assert.ok(log.bytes <= 128 * 1024)
      }
    }),
    { numRuns: 30 }
  )
})

test('whatever is forgotten by whatever clock, no request is new after it was carried out', () => {
  const call = fc.record({
    session: fc.constantFrom('a', 'b', 'c'),
    skewMs: fc.integer({ min: -200_000, max: 200_000 }),
    ownerMs: fc.integer({ min: 0, max: 500_000 }),
    chars: fc.constantFrom(0, 40_000, 100_000),
    isLate: fc.boolean()
  })
  fc.assert(
    fc.property(fc.array(call, { maxLength: 40 }), calls => {
      let log = noRequests
      const done: ReturnType<typeof request>[] = []
      const numbers = new Map<string, number>()
      for (const { session, skewMs, ownerMs, chars, isLate } of calls) {
        const number = (numbers.get(session) ?? 0) + 1
        numbers.set(session, number)
        const one = request(number, isLate ? 1 : number, session, 200_000 + skewMs)
        const found = findRequest(log, one, ownerMs)
        // As the router does.
        const issued = found !== 'new' && 'stale' in found ? found.stale : one.issued
        const run = { ...one, issued }
        log = withRequest(log, run, { reply: 'x'.repeat(chars) }, { nowMs: ownerMs, leftMs: 1_000 })
        done.push(run)
        for (const before of done) assert.notEqual(findRequest(log, before, ownerMs), 'new')
      }
    })
  )
})

test('a record is read back as it was written, also with other requests alone, and what is none is corrupt', () => {
  const one = withRequest(noRequests, request(7, 3), { reply: { a: [1] } }, times)
  const two = withRequest(one, request(8, 7), { reply: undefined }, times)
  const error = { code: 'NO', message: 'no', isRefusal: false }
  const requests = withRequest(two, request(9, 7), { error }, times)
  const form = new CrdtForm(pnCounter())
  const decode = (bytes: Uint8Array | undefined) =>
    decodeLeaseRecord(form, { name: 'k/a', epoch: 1, peek: () => bytes })
  const bytes = encodeLeaseRecord(form.format, requests, state)
  const held = emptyState
  assert.deepEqual(decode(bytes), { revision: 1, held, requests, mail: noMail })
  for (const revision of [2, 2 ** 32 - 1, 2 ** 32, 2 ** 48 - 1])
    assert.equal(decode(encodeLeaseRecord(form.format, requests, state, noMail, revision)).revision, revision)
  assert.deepEqual(decode(withRequests(1, encodeLeaseRecord(1, one, state), requests)).requests, requests)
  assert.deepEqual(decode(withRequests(1, undefined, requests)), { revision: 1, held, requests, mail: noMail })
  assert.deepEqual(decode(undefined).requests, noRequests)
  // Without a state it is a record, too.
  for (let length = 1; length < bytes.length - state.length; length++)
    assert.throws(() => decode(bytes.subarray(0, length)), { code: 'SHOAL_CORRUPT' })
  const other = Uint8Array.from(bytes)
  other[0] = 2
  assert.throws(() => decode(other), { code: 'SHOAL_CORRUPT' })
})

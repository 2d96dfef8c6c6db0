/** What a leased actor remembers of its requests, alone and in its record. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CrdtForm } from '../../src/actors/lease-crdt.ts'
import { decodeLeaseRecord, encodeLeaseRecord } from '../../src/actors/lease-record.ts'
import { findRequest, noRequests, withRequest } from '../../src/actors/lease-requests.ts'
import { emptyState, encodeState, pnCounter } from '../../src/crdt/index.ts'

const times = { nowMs: 1_000, leftMs: 10_000 }
const request = (number: number, lowWater = 0, session = 's') => ({ session, number, lowWater })

test('a request finds its reply until its caller has had it, and then that it is over', () => {
  const one = withRequest(noRequests, request(1), 'a', times)
  assert.deepEqual(findRequest(one, request(1)), { reply: 'a' })
  assert.equal(findRequest(one, request(2)), 'new')
  assert.equal(findRequest(one, request(1, 0, 'other')), 'new')
  const three = withRequest(one, request(3, 3), undefined, times)
  assert.equal(findRequest(three, request(1)), 'over')
  assert.deepEqual(findRequest(three, request(3)), { reply: undefined })
  // A mark does not go back.
  assert.equal(findRequest(withRequest(three, request(4, 1), 'd', times), request(2)), 'over')
})

test('a session is forgotten a minute after its last deadline, and no actor remembers more than so many', () => {
  const old = withRequest(noRequests, request(1), 'a', times)
  const late = { nowMs: times.nowMs + times.leftMs + 60_001, leftMs: 1 }
  assert.equal(findRequest(withRequest(old, request(1, 0, 'other'), 'b', late), request(1)), 'new')
  let many = noRequests
  for (let i = 0; i < 3_000; i++) many = withRequest(many, request(1, 0, `s${i}`), i, { nowMs: i, leftMs: 1_000_000 })
  assert.equal(many.size, 1024)
  for (let i = 0; i < 3_000; i++) many = withRequest(many, request(i + 1), i, times)
  assert.equal(many.get('s')?.replies.size, 1024)
})

test('a record is read back as it was written, and what is none is corrupt', () => {
  const requests = withRequest(
    withRequest(noRequests, request(7, 3), { a: [1] }, times),
    request(8, 7),
    undefined,
    times
  )
  const form = new CrdtForm(pnCounter())
  const decode = (bytes: Uint8Array | undefined) =>
    decodeLeaseRecord(form, { name: 'k/a', epoch: 1, peek: () => bytes })
  const bytes = encodeLeaseRecord(form.format, requests, encodeState(emptyState, false))
  assert.deepEqual(decode(bytes).requests, requests)
  assert.equal(decode(undefined).requests.size, 0)
  for (let length = 1; length < bytes.length; length++)
    assert.throws(() => decode(bytes.subarray(0, length)), { code: 'SHOAL_CORRUPT' })
  const other = Uint8Array.from(bytes)
  other[0] = 2
  assert.throws(() => decode(other), { code: 'SHOAL_CORRUPT' })
})

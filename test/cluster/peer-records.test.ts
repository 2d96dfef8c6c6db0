/** Whose fault it is that a record could not be taken in decides what becomes of the link. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerRecords, type PeerRecordsParts } from '../../src/cluster/peer-records.ts'
import { encodeCalls, encodeControl } from '../../src/cluster/wire.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'

/** What a record that fails with this error leads to. */
function outcomeOf(error: unknown): { unlinked: number; offences: number } {
  const outcome = { unlinked: 0, offences: 0 }
  const parts = {
    membership: { heard() {} },
    conduct: { offended: () => ++outcome.offences },
    logger: silentLogger,
    metrics: noMetrics,
    calls() {
      throw error
    },
    unlink() {
      outcome.unlinked++
    }
  } as unknown as PeerRecordsParts
  new PeerRecords(parts).receive('peer', 'calls', encodeCalls({ reply: { number: 1 } }))
  return outcome
}

test('what is not well-formed ends the link, and is held against the peer', () => {
  assert.deepEqual(outcomeOf(new ShoalError('SHOAL_MALFORMED', 'nonsense')), { unlinked: 1, offences: 1 })
})

test('what nobody expected ends the link', () => {
  assert.deepEqual(outcomeOf(new TypeError('a bug')), { unlinked: 1, offences: 0 })
})

test('what this node cannot take in just now, or never again, is no fault of the peer', () => {
  for (const code of ['SHOAL_UNAVAILABLE', 'SHOAL_NOT_OWNER', 'SHOAL_OVERLOADED', 'SHOAL_CORRUPT'] as const)
    assert.deepEqual(
      outcomeOf(new ShoalError(code, 'not now', { retryable: true })),
      { unlinked: 0, offences: 0 },
      code
    )
})

test('a greeting settles this node only where it knows all that the peer has told of, and the peer is settled', () => {
  for (const knowsAll of [true, false])
    for (const settled of [true, false]) {
      let isSettled = false
      const parts = {
        membership: { heard() {}, receiveHello: () => knowsAll },
        ownership: {
          settle() {
            isSettled = true
          }
        },
        replication: { receiveControl: () => false },
        voting: () => false,
        logger: silentLogger,
        metrics: noMetrics
      } as unknown as PeerRecordsParts
      new PeerRecords(parts).receive('peer', 'control', encodeControl({ hello: { members: [], settled } }))
      assert.equal(isSettled, knowsAll && settled, `${knowsAll} ${settled}`)
    }
})

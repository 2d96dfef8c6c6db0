/** Records in doubt, after a look has found the whole shard as it was written: asked for one by one they must be there, too. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { CheckedReads } from '../../src/cluster/checked-reads.ts'

const isDisk = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_DISK' && error.retryable

test('an actor that is being saved is not held against the disk, which may have it already or not yet', () => {
  const node = { isUnsaved: false, isThere: false, suspicions: 0 }
  const reads = new CheckedReads({
    disk: { get: () => undefined },
    known: { hasNone: () => false, agrees: () => node.isThere },
    trust: { isVerified: () => true, suspect: () => node.suspicions++ },
    isUnsaved: () => node.isUnsaved,
    failed() {},
    pause: async () => () => {}
  } as unknown as ConstructorParameters<typeof CheckedReads>[0])
  const doubt = () => assert.throws(() => reads.read(0, 'thing/a'), /looked through/)
  doubt()
  assert.throws(() => reads.assertAgain(0), isDisk)
  node.isUnsaved = true
  reads.assertAgain(0)
  // That has settled it.
  node.isUnsaved = false
  reads.assertAgain(0)
  doubt()
  node.isThere = true
  reads.assertAgain(0)
  assert.equal(node.suspicions, 2)
})

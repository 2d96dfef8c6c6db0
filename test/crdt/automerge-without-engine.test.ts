/** Documents on Automerge in a process that has not loaded it: they are joined, told apart and forwarded all the same. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { automergeTextContent } from '../../src/crdt/automerge/content.ts'
import { automergeTextType } from '../../src/crdt/automerge/types.ts'
import { textField } from '../../src/crdt/document/text-field.ts'
import { decodeDelta, decodeState, encodeState, identityOf, Replica } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import type { Written } from './support/automerge-author.ts'

async function write(): Promise<Written> {
  const worker = new Worker(new URL('./support/automerge-author.ts', import.meta.url))
  const [written] = (await once(worker, 'message')) as [Written]
  await worker.terminate()
  return written
}

test('a node without Automerge joins, stores and forwards its documents, and says what it lacks to open one', async () => {
  const { deltas } = await write()
  assert.equal(deltas.length, 6)
  const one = new Replica({}, { origin: 'one' })
  const other = new Replica({}, { origin: 'other' })
  for (const delta of deltas) assert.equal(one.apply(delta), true)
  for (const delta of deltas.toReversed()) other.apply(delta)
  for (const delta of deltas) assert.equal(other.apply(delta), false, 'nothing new')
  const states = [one, other].map(replica => decodeDelta(replica.save()).state)
  const identities = states.map(state => identityOf(state))
  assert.deepEqual(identities[0], identities[1])
  for (const state of states) assert.deepEqual(identityOf(decodeState(encodeState(state))), identities[0])
  const late = new Replica({}, { origin: 'late' })
  const lacking = one.diff(late.version())
  assert.ok(lacking)
  late.apply(lacking)
  assert.deepEqual(identityOf(decodeDelta(late.save()).state), identities[0])
  const unusable = automergeTextContent(undefined as never)
  const reader = Replica.load({ body: textField(automergeTextType, unusable) }, late.save(), { origin: 'reader' })
  assert.throws(
    () => reader.plain,
    error =>
      isShoalError(error) &&
      error.code === 'SHOAL_BAD_CONFIGURATION' &&
      error.message.includes("import 'shoal/automerge'")
  )
})

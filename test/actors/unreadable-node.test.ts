/** Real nodes, with the real bytes over which Yjs hangs in a document: on the disk of one, and sent by it to the other. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { command, createNode, newClusterKey, query, replicated, type ShoalNode, text } from 'shoal'
import { z } from 'zod'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { digestOf, replaceDigest } from '../../src/cluster/set-hash.ts'
import { readShard, writesOfShard } from '../../src/cluster/shard-record.ts'
import { checksumOf, decodeActorRecord, encodeActorRecord, stateKey } from '../../src/cluster/storage-layout.ts'
import { tallyWith, tallyWithout } from '../../src/cluster/tally.ts'
import { unvettedDocuments, withVetted } from '../../src/crdt/document/documents-of-state.ts'
import { encodeState } from '../../src/crdt/index.ts'
import { neverEndingUpdate } from '../crdt/support/hostile.ts'
import { untilReally } from '../ports/real-time.ts'
import { outcome } from './outcome.ts'

const Note = replicated(
  'note',
  { body: text() },
  {
    write: command(z.string(), ({ state }, line) => state.body.insert(0, line)),
    read: query(({ state }) => state.body.toString())
  }
)

const clusterKey = newClusterKey()
const shards = 16

function start(data: string, peers: readonly string[] = []): Promise<ShoalNode> {
  const sandbox = { mergeDeadlineMs: 400 }
  return createNode({ data, shards, actors: [Note], clusterKey, shardKey: 'name', join: peers, sandbox })
}

/** Puts bytes that never end being read in the place of what the actor's document holds on the disk of a node that is down. */
async function poison(data: string, id: string): Promise<void> {
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  const shard = shardOf('note', id, shards, 'shoal')
  const name = `note/${id}`
  const key = stateKey(shard, name)
  const stored = disk.get(key)
  assert.ok(stored !== undefined)
  const record = decodeActorRecord(stored, name)
  const [document] = unvettedDocuments(record.state)
  assert.ok(document !== undefined)
  const bytes = Uint8Array.from(neverEndingUpdate)
  bytes[24] = 0x0f
  const state = withVetted(record.state, document.field, document.untrusted, bytes)
  const stateBytes = encodeState(state)
  const digest = digestOf(name, state, stateBytes)
  const value = encodeActorRecord({ ...record, name, digest }, stateBytes)
  // All else on the disk says the same: it is no damage.
  const shardRecord = readShard(disk, shard)
  const tally = tallyWith(tallyWithout(shardRecord.tally, checksumOf(stored)), checksumOf(value))
  const setHash = Uint8Array.from(shardRecord.setHash)
  replaceDigest(setHash, record.digest, digest)
  await disk.write([
    { type: 'put', key, value },
    ...writesOfShard({ ...shardRecord, tally, setHash }, shard, shardRecord.ended).writes
  ])
  await disk.close()
}

test('a node with poison on its disk serves the rest, and so does the one it sends it to', {
  timeout: 300_000
}, async () => {
  const data = await Promise.all([0, 1].map(() => mkdtemp(join(tmpdir(), 'shoal-unreadable-'))))
  const [first = '', second = ''] = data
  const started: ShoalNode[] = []
  try {
    const alone = await start(first)
    started.push(alone)
    await alone.actor(Note, 'bad').write('was good')
    await alone.actor(Note, 'good').write('is good')
    await alone.stop()
    await poison(first, 'bad')

    const a = await start(first)
    started.push(a)
    const b = await start(second, a.addresses())
    started.push(b)
    await untilReally(() => b.digest() === a.digest() && b.members().members.length === 2, 60_000)
    for (const node of [a, b]) {
      let isAnswered = false
      const bad = outcome(node.actor(Note, 'bad').read()).finally(() => {
        isAnswered = true
      })
      // While the bad one is tried, others are read and written; the first read of a good one waits behind it in the sandbox.
      await node.actor(Note, `new of ${node.id}`).write('quick')
      assert.equal(isAnswered, false)
      assert.equal(await bad, 'SHOAL_UNREADABLE')
      assert.equal(await node.actor(Note, 'good').read(), 'is good')
      assert.equal(await outcome(node.actor(Note, 'bad').write('x')), 'SHOAL_UNREADABLE')
    }
    await untilReally(() => b.digest() === a.digest(), 60_000)
  } finally {
    for (const node of started) await node.stop()
    for (const directory of data) await rm(directory, { recursive: true })
  }
})

test('limits of the sandbox that make no sense are refused at the start', async () => {
  const starting = createNode({ data: join(tmpdir(), 'shoal-never'), clusterKey, sandbox: { mergeDeadlineMs: -1 } })
  await assert.rejects(starting, { code: 'SHOAL_BAD_CONFIGURATION', message: /mergeDeadlineMs/ })
})

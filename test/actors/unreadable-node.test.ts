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
import { decodeActorRecord, encodeActorRecord, stateKey } from '../../src/cluster/storage-layout.ts'
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
  return createNode({ data, shards, actors: [Note], clusterKey, join: peers, sandbox: { mergeDeadlineMs: 400 } })
}

/** Puts bytes that never end being read in the place of what the actor's document holds on the disk of a node that is down. */
async function poison(data: string, id: string): Promise<void> {
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  const key = stateKey(shardOf('note', id, shards, 'shoal'), `note/${id}`)
  const stored = disk.get(key)
  assert.ok(stored !== undefined)
  const record = decodeActorRecord(stored, `note/${id}`)
  const [document] = unvettedDocuments(record.state)
  assert.ok(document !== undefined)
  const bytes = Uint8Array.from(neverEndingUpdate)
  bytes[24] = 0x0f
  const state = withVetted(record.state, document.field, document.untrusted, bytes)
  await disk.write([{ type: 'put', key, value: encodeActorRecord({ ...record, name: `note/${id}` }, encodeState(state)) }])
  await disk.close()
}

test('a node with poison on its disk serves the rest, and so does the one it sends it to', {
  timeout: 120_000
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

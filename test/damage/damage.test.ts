/**
 * Some hundred damaged data directories, always the same ones; SHOAL_SEED tries others, and `npm run damage -- --images 10000` more
 * of them (each night, from another seed).
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { indexKey } from '../../src/cluster/storage-layout.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { makeHistory } from './history.ts'
import { makeCopies, makeImage } from './images.ts'
import { judgeAll } from './judges.ts'
import { Prefixes } from './prefixes.ts'
import { judge } from './verdict.ts'

const images = 200

test('a damaged store opens right, repairs itself or is refused: it never has a silent hole, and takes nothing from its peers', {
  timeout: 300_000
}, async t => {
  const seed = Number(process.env['SHOAL_SEED'] ?? 1)
  t.diagnostic(`SHOAL_SEED=${seed}: npm run damage -- --images ${images} --processes 1 --seed ${seed}`)
  const counts = new Map<string, number>()
  const wrong: string[] = []
  await judgeAll(images, seed, {
    judged({ number, damage, scene, verdict }) {
      counts.set(verdict.outcome, (counts.get(verdict.outcome) ?? 0) + 1)
      if (verdict.outcome === 'wrong') wrong.push(`image ${number}, ${scene}, ${damage}: ${verdict.reason}`)
    },
    crashed({ number, damage, scene, stderr }) {
      wrong.push(`image ${number}, ${scene}, ${damage}: crashed: ${stderr}`)
    }
  })
  t.diagnostic([...counts].map(([outcome, count]) => `${outcome} ${count}`).join(', '))
  assert.deepEqual(wrong, [])
})

test('an image of an earlier moment is not judged by what was acknowledged after it', async t => {
  const under = await mkdtemp(join(tmpdir(), 'shoal-damage-'))
  t.after(() => rm(under, { recursive: true }))
  const history = await makeHistory({ seed: 2, writes: 40, actors: 4 })
  const half = Math.floor(history.batches.length * 0.7)
  const copies = await makeCopies(under, history.batches, [half])
  const image = await makeImage(under, copies, new SeededRandom(1), 'none')
  // The index is mended without a loss, so nothing is said of it; but the store looks as it never did.
  const disk = new LevelDisk(image.directory)
  await disk.open()
  await disk.write([{ type: 'put', key: indexKey(0, 'nobody', 1), value: Uint8Array.of(1) }])
  await disk.close()
  const verdict = await judge(history, new Prefixes(history.batches), image, 'alone')
  assert.equal(verdict.outcome, 'harmless', verdict.reason)
})

test('a write that is lost, one that nobody made and one that came back are each noticed', async t => {
  const under = await mkdtemp(join(tmpdir(), 'shoal-damage-'))
  t.after(() => rm(under, { recursive: true }))
  const history = await makeHistory({ seed: 1, writes: 40, actors: 4 })
  const prefixes = new Prefixes(history.batches)
  const copies = await makeCopies(under, history.batches, [history.batches.length])
  const [present] = history.tokens.filter(({ removed, added }) => removed === undefined && added === 'all')
  const [gone] = history.tokens.filter(({ removed }) => removed === 'all')
  assert.ok(present !== undefined && gone !== undefined)
  const withTokens = (tokens: typeof history.tokens) => ({ ...history, tokens })
  const books = [
    ['right', history, ''],
    ['wrong', withTokens([...history.tokens, { ...present, text: 'acknowledged' }]), 'is lost'],
    ['wrong', withTokens(history.tokens.filter(token => token !== present)), 'nobody wrote'],
    [
      'wrong',
      withTokens([...history.tokens.filter(token => token !== present), { ...present, removed: 'all' }]),
      'came back'
    ]
  ] as const
  for (const scene of ['alone', 'one of three'] as const) {
    for (const [outcome, kept, reason] of books) {
      const image = await makeImage(under, copies, new SeededRandom(1), 'none')
      const verdict = await judge(kept, prefixes, image, scene)
      assert.equal(verdict.outcome, outcome, verdict.reason)
      assert.ok(verdict.reason.includes(reason), verdict.reason)
    }
  }
})

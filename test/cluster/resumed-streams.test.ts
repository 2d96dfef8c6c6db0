/** Streams that broke off and go on, among three replicas: no context says more than what came. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeState } from '../../src/crdt/index.ts'
import { joinStates } from '../../src/crdt/state.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { assertEqual, Party, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

async function three(seed: number | string, options: { readonly chunkBytes: number; readonly maxSnapshotMs?: number }) {
  const two = await pair(seed, options)
  const { a, b, wire, world } = two
  const c = new Party(await Replica.boot(world, 'c', 'c.1'), 'c', wire, options)
  for (const [name, party] of [
    ['a', a],
    ['b', b]
  ] as const) {
    party.peers.set('c', c)
    c.peers.set(name, party)
  }
  return { ...two, c }
}

/** An update of which every dot is covered by a context changes nothing there. */
function assertHasWhatItClaims(parties: readonly Party[], message: string): void {
  for (const { replica } of parties) {
    const context = replica.store.context(0)
    const updates = parties.flatMap(party => party.replica.commits.flatMap(commit => commit.updates))
    for (const { actor, delta } of updates) {
      if (!context.covers(delta.context)) continue
      const held = replica.store.actor(0, actor)
      const joined = joinStates(held.state, replica.store.covers(held), delta.state, delta.context)
      assert.deepEqual(encodeState(joined), encodeState(held.state), `${actor} at ${replica.store.origin}: ${message}`)
    }
  }
}

test('a stream that broke off twice does not go on with a peer that is behind the second snapshot', async () => {
  const { a, b, c, pull, wire } = await three('twice', { chunkBytes: 200 })
  c.replica.write('thing/x', view => view.tags.add('gone'))
  for (let i = 0; i < 60; i++) c.replica.write(`thing/old-${i}`, view => view.tags.add('o'))
  await c.replica.save()
  await pull(a, 'c')
  await pull(b, 'c')

  const breaksOffAfter = async (chunks: number) => {
    const before = c.chunks.length
    wire.pass = (record, from) => from !== 'c' || record.chunk == null || Number(record.chunk.number) <= chunks
    await assert.rejects(pull(b, 'c'))
    wire.pass = () => true
    assert.ok(c.chunks.length > before + chunks, 'it broke off under way')
  }
  for (let i = 0; i < 6; i++) c.replica.write(`thing/m-${i}`, view => view.tags.add('m'.repeat(90)))
  c.replica.write('thing/x', view => view.tags.remove('gone'))
  await c.replica.save()
  await pull(a, 'c')
  await breaksOffAfter(2)
  for (let i = 0; i < 6; i++) c.replica.write(`thing/n-${i}`, view => view.tags.add('n'.repeat(90)))
  c.replica.write('thing/x', view => view.sum.add(1))
  await c.replica.save()
  await breaksOffAfter(4)

  await pull(b, 'a').catch(() => {}) // Refused, or begun anew.
  assertHasWhatItClaims([a, b, c], 'after a peer that is behind')
  await pull(b, 'a')
  assert.deepEqual(b.replica.value('thing/x')?.tags, [])
  await pull(b, 'a', [0], { full: true, keepsBoth: true })
  await pull(a, 'b', [0], { full: true, keepsBoth: true })
  assert.deepEqual(a.replica.value('thing/x')?.tags, [])
  await pull(a, 'c')
  await pull(b, 'c')
  assertEqual(a, b)
  assertEqual(b, c)
})

for (const claim of [true, false]) {
  test(`a ${claim ? 'claim' : 'pull'} that goes on where a stream broke off ends with all that the peer has by now`, async () => {
    for (const has of [0, 60]) {
      const { a, b, c, pull, wire } = await three(`all ${has}`, { chunkBytes: 200 })
      for (let i = 0; i < has; i++) c.replica.write(`thing/old-${i}`, view => view.tags.add('o'))
      await c.replica.save()
      if (has > 0) await pull(b, 'c')
      for (let i = 10; i < 30; i++) c.replica.write(`thing/${i}`, view => view.tags.add('m'.repeat(90)))
      await c.replica.save()
      await pull(a, 'c')
      wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 4
      await assert.rejects(pull(b, 'a'))
      wire.pass = () => true
      // Before the cursor, by name and by origin.
      a.replica.write('thing/1', view => view.tags.add('late'))
      await a.replica.save()
      await pull(b, 'a', [0], { claim })
      assert.deepEqual(b.replica.value('thing/1').tags, ['late'], `${has}`)
      assertEqual(a, b)
    }
  })
}

const [firstSeed, seeds] = [Number(process.env['SHOAL_SEED'] ?? 1), Number(process.env['SHOAL_SEEDS'] ?? 60)]

test(`wherever streams between three replicas break off and go on, no context says more than what came (${seeds} seeds from ${firstSeed})`, async () => {
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) await run(seed)
})

async function run(seed: number): Promise<void> {
  const random = new SeededRandom(`resumed ${seed}`)
  const { a, b, c, wire, world } = await three(seed, {
    chunkBytes: 64,
    maxSnapshotMs: random.below(2) === 0 ? 3 : 30_000
  })
  const parties = [a, b, c]
  const names = ['a', 'b', 'c']
  const any = (): Party => parties[random.below(3)] ?? a
  const pull = (to: Party, from: string) => settle(world, to.catchUp.pull(from, [0])).catch(() => {})

  for (let step = 0; step < 25; step++) {
    const to = random.below(3)
    const from = names[(to + 1 + random.below(2)) % 3] ?? 'a'
    const party = parties[to] ?? a
    if (random.below(10) < 4) {
      for (let count = 1 + random.below(8); count > 0; count--) write(party, random)
      await party.replica.save()
    } else {
      const cut = random.below(2) === 0 ? Number.POSITIVE_INFINITY : 1 + random.below(6)
      wire.pass = (record, by) => by !== from || record.chunk == null || Number(record.chunk.number) < cut
      for (let count = random.below(6); count > 0; count--) {
        const writer = any()
        party.replica.ports.clock.after(random.below(12), () => {
          for (let writes = 1 + random.below(3); writes > 0; writes--) write(writer, random)
        })
      }
      await pull(party, from)
      wire.pass = () => true
      for (const { replica } of parties) await replica.save()
    }
    assertHasWhatItClaims(parties, `seed ${seed}, step ${step}`)
  }

  for (let round = 0; round < 3; round++)
    for (const [to, party] of parties.entries())
      for (const [from, name] of names.entries()) if (from !== to) await pull(party, name)
  assertEqual(a, b, `seed ${seed}`)
  assertEqual(b, c, `seed ${seed}`)
}

function write({ replica }: Party, random: SeededRandom): void {
  const [actor, kind, tag] = [`thing/${random.below(12)}`, random.below(4), `${random.below(4)}`]
  replica.write(actor, view => {
    if (kind < 2) view.tags.add(tag)
    else if (kind === 2) view.tags.remove(tag)
    else view.sum.add(1)
  })
}

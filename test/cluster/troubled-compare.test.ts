/** A full compare while the shard lives on: news from others, old news, and a peer that removes and drops meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { code, Party, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

const actors = 5
const nameOf = (i: number) => `thing/${i}`

async function four(seed: number | string) {
  const { a, b, wire, world, pull } = await pair(seed)
  const c = new Party(await Replica.boot(world, 'c', 'c.1'), 'c', wire)
  const d = new Party(await Replica.boot(world, 'd', 'd.1'), 'd', wire)
  const parties = { a, b, c, d }
  for (const party of [a, b, c, d])
    for (const [name, other] of Object.entries(parties)) if (other !== party) party.peers.set(name, other)
  return { parties, wire, world, pull, ...parties }
}

/** Where nothing is left of the actor, it goes with the next commit. */
function drop({ replica: { store } }: Party, actor: string): void {
  store.removed.forget(0, actor, store.context(0))
}

const some = fc.subarray(Array.from({ length: actors }, (_, i) => i))
const nobody = { common: [], knownToB: [], knownToC: [], knownToD: [], removed: [], dropped: [], ofB: [] }
type Scene = { [K in keyof typeof nobody]: number[] }
type Event = { afterMs: number; what: string; actor: number }
/** Each has caught a bug that was put in. */
const examples: [number, Scene, Event[]][] = [
  [
    0,
    { ...nobody, knownToC: [4], removed: [4], dropped: [4], ofB: [0] },
    [{ afterMs: 1, what: 'stream of c', actor: 0 }]
  ],
  [0, { ...nobody, knownToB: [1], knownToD: [0, 1], removed: [1] }, [{ afterMs: 2, what: 'drop', actor: 1 }]],
  [
    0,
    { ...nobody, knownToC: [2, 4], removed: [2], dropped: [2] },
    [
      { afterMs: 3, what: 'late push', actor: 2 },
      { afterMs: 1, what: 'stream of c', actor: 0 }
    ]
  ],
  ...[1, 2, 3].map((afterMs): [number, Scene, Event[]] => [
    0,
    nobody,
    [
      { afterMs, what: 'remove', actor: 0 },
      { afterMs: 0, what: 'drop', actor: 0 }
    ]
  ])
]
const during = fc.record({
  afterMs: fc.integer({ min: 0, max: 4 }),
  what: fc.constantFrom('late push', 'late push', 'stream of c', 'remove', 'drop', 'drop', 'write', 'own write'),
  actor: fc.integer({ min: 0, max: actors - 1 })
})

test('whatever arrives, is removed or dropped while a shard is compared, nothing that was removed comes back by it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer(),
      fc.record({
        common: some,
        knownToB: some,
        knownToC: some,
        knownToD: some,
        removed: some,
        dropped: some,
        ofB: some
      }),
      fc.array(during, { maxLength: 8 }),
      async (seed, { common, knownToB, knownToC, knownToD, removed, dropped, ofB }, events) => {
        const { a, b, c, d, parties, world, pull } = await four(seed)
        const gone = new Set(removed)
        const remove = (i: number) => {
          gone.add(i)
          a.replica.write(nameOf(i), view => view.tags.remove(`${i}`))
        }
        // Of these all have some state, so that one of them may look the same where more was seen and removed.
        for (const i of common) a.replica.write(nameOf(i), view => view.sum.add(1))
        await a.replica.save()
        for (const party of [b, c, d]) a.replica.pushTo(party.replica, ...a.replica.commits)
        a.replica.commits.length = 0
        for (let i = 0; i < actors; i++) {
          a.replica.write(nameOf(i), view => view.tags.add(`${i}`))
          await a.replica.save()
        }
        const late = a.replica.commits.slice()
        const push = (to: Party, i: number) => a.replica.pushTo(to.replica, ...late.slice(i, i + 1))
        for (const i of knownToB) push(b, i)
        for (const i of knownToC) push(c, i)
        for (const i of knownToD) push(d, i)
        for (const i of removed) remove(i)
        await a.replica.save()
        // As if the others had been given up: they are behind the floor then.
        for (const i of dropped) drop(a, nameOf(i))
        for (const i of ofB) b.replica.write(nameOf(i), view => view.sum.add(1))
        for (const party of [a, b, c, d]) await party.replica.save()

        const compared = b.catchUp.pull('a', [0], { full: true })
        compared.catch(() => {})
        const others: Promise<void>[] = []
        for (const { afterMs, what, actor } of events) {
          await world.time.run({ untilMs: world.time.nowMs + afterMs })
          if (what === 'late push') push(b, actor)
          else if (what === 'stream of c') others.push(b.catchUp.pull('c', [0]))
          else if (what === 'remove') remove(actor)
          else if (what === 'drop') drop(a, nameOf(actor))
          else if (what === 'write') a.replica.write(nameOf(actor), view => view.tags.add('more'))
          else b.replica.write(nameOf(actor), view => view.sum.add(1))
        }
        for (const other of [...others, compared]) await settle(world, other).catch(() => {})
        const { store } = b.replica
        assert.ok(store.context(0).covers(store.floor(0)), 'what was dropped below its floor it has seen')
        // Who was not disturbed, and who asks b alone, learns it from b.
        await pull(d, 'b')
        const names = Object.keys(parties)
        for (let round = 0; round < 3; round++)
          for (const party of [a, b, c, d]) for (const from of names) if (party.peers.has(from)) await pull(party, from)
        for (const party of [b, c, d]) {
          assert.ok(party.replica.store.context(0).equals(a.replica.store.context(0)))
          for (let i = 0; i < actors; i++) {
            assert.deepEqual(party.replica.value(nameOf(i)), a.replica.value(nameOf(i)), nameOf(i))
            if (gone.has(i)) assert.ok(!party.replica.value(nameOf(i)).tags.includes(`${i}`), nameOf(i))
          }
          assert.deepEqual(party.replica.store.root(), a.replica.store.root())
        }
      }
    ),
    { numRuns: 100, examples }
  )
})

test('a peer that has lost since what it had when the compare began is not taken at its word', async () => {
  const { a, b, c, world, wire, pull } = await four('lost since')
  for (const i of [0, 1]) a.replica.write(nameOf(i), view => view.tags.add(`${i}`))
  await a.replica.save()
  b.replica.write(nameOf(2), view => view.tags.add('own'))
  c.replica.write(nameOf(3), view => view.tags.add('later'))
  for (const { replica } of [b, c]) await replica.save()
  // The same peer with an emptier disk, once it has told its sums.
  const later = new Party(c.replica, 'a', wire)
  later.peers.set('b', b)
  wire.pass = ({ rangeAnswer }) => {
    if (rangeAnswer != null) b.peers.set('a', later)
    return true
  }
  const compared = b.catchUp.pull('a', [0], { full: true })
  await assert.rejects(settle(world, compared), error => code(error) === 'SHOAL_UNAVAILABLE')
  assert.ok(!b.replica.store.context(0).has('a.1', 1), 'it claims nothing that never came')
  b.peers.set('a', a)
  await pull(b, 'a')
  assert.deepEqual(b.replica.value(nameOf(1)).tags, ['1'])
})

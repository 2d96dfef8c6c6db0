/** Values of `merge` kinds: what both sides of a cut have made of one is merged by the user's function, from the latest that both had seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, type MergeValues, type Overlap, query, value } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { assertAllTold, overlappingRun } from './support/overlapping-run.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds of cuts, pauses and deaths: each update counts once in a value, and overlaps are told as of any state`, {
  timeout: 600_000
}, async t => {
  let [pairs, ran] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      const report = await overlappingRun(seed, 'value')
      assertAllTold(report)
      pairs += report.truth.size
      ran += report.ran
    } catch (error) {
      throw new Error(`seed ${seed} failed`, { cause: error })
    }
  }
  t.diagnostic(`${pairs} pairs of ${ran} commands overlapped`)
  assert.ok(pairs > 0)
})

interface Page {
  text: string
  readonly edits: number
}

const words = (text: string) => text.split(' ').filter(word => word !== '')
/** What either has added to what both had. */
const bothAdded: MergeValues<Page> = (base, a, b) => {
  const added = [a, b].flatMap(page => words(page.text).slice(words(base.text).length))
  return { text: [...words(base.text), ...added.sort()].join(' '), edits: a.edits + b.edits - base.edits }
}

function pageBy(merge: MergeValues<Page>, onOverlap: (overlap: Overlap) => unknown = () => {}) {
  return exclusive(
    'page',
    value<Page>({ text: '', edits: 0 }, { merge }),
    {
      add: command(z.string(), ({ state, set }, word) => {
        set({ text: `${state.text} ${word}`.trim(), edits: state.edits + 1 })
      }),
      erase: command(({ set }) => set({ text: '', edits: 0 })),
      touch: command(() => 'touched'),
      fail: command(({ state }) => {
        state.text = 'never'
        throw new Error('on purpose')
      }),
      read: query(({ state }) => state.text),
      meddle: query(({ state }) => {
        state.text = 'no'
      }),
      replace: query(({ set }) => set({ text: 'no', edits: 0 }))
    },
    { onOverlap }
  )
}

/** Node 0 goes its own way, until all are whole again. */
async function cutOff(cluster: TestCluster, during: () => Promise<void>): Promise<void> {
  cluster.partition([0], [1, 2])
  await cluster.run(8000)
  await during()
  cluster.heal()
  await cluster.until(() => cluster.isWhole(), 60_000)
}

test('both sides of a cut write: what they made of it is merged, shown alike by all, watched, reported, and kept over restarts', async () => {
  const bases: string[] = []
  const told: Overlap[] = []
  const merge: MergeValues<Page> = (base, a, b) => {
    for (const page of [base, a, b]) assert.ok(Object.isFrozen(page))
    bases.push(base.text)
    return bothAdded(base, a, b)
  }
  const Page = pageBy(merge, overlap => told.push(overlap))
  await using cluster = await createTestCluster({ actors: [Page], seed: 3 })
  const page = (node: number) => cluster.actor(node)(Page, 'a')
  const states = async () => {
    const all: unknown[] = []
    for (const node of [0, 1, 2]) all.push(await cluster.settle(page(node).state()))
    return all
  }
  const watched: string[] = []
  void (async () => {
    for await (const { text } of page(2).watch()) watched.push(text)
  })()
  for (const word of ['one', 'two']) await cluster.settle(page(1).add(word))
  await cutOff(cluster, async () => {
    await cluster.settle(page(0).add('left'))
    await cluster.settle(page(0).add('more'))
    await cluster.settle(page(1).add('right'))
    assert.equal(await cluster.settle(page(0).read()), 'one two left more')
  })
  await cluster.run(5000)
  const merged = { text: 'one two left more right', edits: 5 }
  assert.deepEqual(await states(), [merged, merged, merged])
  assert.deepEqual(new Set(bases), new Set(['one two']))
  assert.deepEqual([...new Set(watched)].at(-1), merged.text)
  const [overlap, ...others] = told
  assert.equal(others.length, 0)
  assert.deepEqual(overlap?.sides.map(({ commands }) => commands.length).sort(), [1, 2])
  // Nothing writes it down but a command, even one that changes nothing.
  assert.equal(await cluster.settle(page(2).touch()), 'touched')
  await cluster.run(1000)
  for (const node of [0, 1, 2]) cluster.kill(node)
  const calls = bases.length
  for (const node of [0, 1, 2]) cluster.boot(node)
  await cluster.until(() => cluster.isWhole(), 60_000)
  assert.deepEqual(await states(), [merged, merged, merged])
  assert.equal(bases.length, calls, 'what was merged is one value by now')
  await cluster.settle(page(1).add('last'))
  await cluster.run(1000)
  const last = { text: `${merged.text} last`, edits: 6 }
  assert.deepEqual(await states(), [last, last, last])
})

test('where merge fails its actor answers SHOAL_BAD_STATE to all, and a program that merges finds both sides', async () => {
  const Broken = pageBy(() => {
    throw new Error('cannot')
  })
  await using cluster = await createTestCluster({ actors: [Broken], seed: 4 })
  const page = (node: number) => cluster.actor(node)(Broken, 'a')
  await cluster.settle(page(1).add('one'))
  await cutOff(cluster, async () => {
    await cluster.settle(page(0).add('left'))
    await cluster.settle(page(1).add('right'))
  })
  await cluster.run(3000)
  const isBad = { code: 'SHOAL_BAD_STATE', message: /merge failed: cannot/ }
  const looks: (() => Promise<unknown>)[] = [
    () => page(0).state(),
    () => page(1).read(),
    () => page(2).add('more'),
    () => page(2).erase(),
    () => page(2).touch(),
    () => page(0).watch().next()
  ]
  for (const look of looks) await assert.rejects(cluster.settle(look()), isBad, String(look))
  await cluster.settle(cluster.actor(0)(Broken, 'b').add('of another actor'))
  const Page = pageBy(bothAdded)
  for (const node of [0, 1, 2]) cluster.kill(node)
  for (const node of [0, 1, 2]) cluster.boot(node, { actors: [Page] })
  await cluster.until(() => cluster.isWhole(), 60_000)
  assert.equal(await cluster.settle(cluster.actor(2)(Page, 'a').read()), 'one left right')
})

test('a value in merge mode is used as in lease mode: copies, refusals, schemas, queries that cannot change it', async () => {
  const Page = pageBy(bothAdded)
  let late = (_next: { n: number; unit: string }): void => assert.fail('not yet')
  const schema = z.object({ n: z.int().min(0), unit: z.string().default('kg') })
  const Stock = exclusive(
    'stock',
    value({ n: 0, unit: 'g' }, { schema, merge: (_base, a, b) => (a.n > b.n ? a : b) }),
    {
      put: command(z.int(), ({ set }, n) => set({ n } as z.output<typeof schema>)),
      keep: command(({ set }) => {
        late = set
      }),
      spoil: command(({ state }) => Object.assign(state, { n: Number.NaN }) && undefined)
    }
  )
  await using cluster = await createTestCluster({ actors: [Page, Stock], seed: 5 })
  const page = cluster.actor(0)(Page, 'a')
  assert.deepEqual(await cluster.settle(page.state()), { text: '', edits: 0 })
  await cluster.settle(page.add('one'))
  await assert.rejects(cluster.settle(page.fail()), { code: 'SHOAL_HANDLER_FAILED' })
  await assert.rejects(cluster.settle(page.meddle()))
  await assert.rejects(cluster.settle(page.replace()), { code: 'SHOAL_READ_ONLY' })
  assert.equal(await cluster.settle(page.read()), 'one')
  const stock = cluster.actor(1)(Stock, 'a')
  await cluster.settle(stock.put(3))
  await assert.rejects(cluster.settle(stock.put(-1)), { code: 'SHOAL_BAD_STATE', message: /stock\/a/ })
  await assert.rejects(cluster.settle(stock.spoil()), { code: 'SHOAL_BAD_STATE' })
  await cluster.settle(stock.keep())
  assert.throws(() => late({ n: 9, unit: 'g' }), { code: 'SHOAL_DEADLINE' }, 'after its handler')
  assert.deepEqual(await cluster.settle(stock.state()), { n: 3, unit: 'kg' })
})

test('owners that take over one after the other need no merge', async () => {
  const Page = pageBy(() => assert.fail('nothing to merge'))
  await using cluster = await createTestCluster({ actors: [Page], seed: 6 })
  let edits = 0
  for (const node of [0, 1, 2, 0, 1]) {
    for (const id of ['a', 'b', 'c'])
      await cluster.settle(
        cluster
          .actor((node + 1) % 3)(Page, id)
          .add(`w${edits}`)
      )
    edits++
    await cluster.leave(node)
    cluster.boot(node)
    await cluster.until(() => cluster.isWhole(), 60_000)
  }
  for (const id of ['a', 'b', 'c'])
    assert.equal((await cluster.settle(cluster.actor(2)(Page, id).state())).edits, edits, id)
})

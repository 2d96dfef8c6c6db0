/**
 * Documents of others are merged in the sandbox before anybody opens them. An update that cannot be merged costs its actor, on
 * the nodes that did not write it, and nothing else.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, orSet, pnCounter, query, replicated, text } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { outcome } from './outcome.ts'

const Note = replicated(
  'note',
  { body: text(), title: text(), edits: pnCounter(), tags: orSet() },
  {
    write: command(z.string(), ({ state }, line) => {
      state.body.insert(state.body.length, line)
      state.edits.add(1)
    }),
    rename: command(z.string(), ({ state }, title) => {
      state.title.remove(0, state.title.length)
      state.title.insert(0, title)
    }),
    tag: command(z.string(), ({ state }, tag) => state.tags.add(tag)),
    read: query(({ state }) => state.body.toString()),
    edits: query(({ state }) => state.edits.value)
  }
)

/** An update that holds this text runs into the deadline, wherever it has to be merged. */
const poison = '☠'
const utf8 = new TextDecoder('utf-8')

interface Setup extends Partial<TestClusterOptions> {
  isPoisoned?: (text: string) => boolean
  mergeUs?: number
}

interface World extends AsyncDisposable {
  readonly cluster: TestCluster
  readonly logged: string[]
  /** Merges that the sandboxes of all nodes were asked for. */
  readonly jobs: { background: boolean; parts: number; isOnto: boolean; wantsSnapshot: boolean }[]
  /** From now on the poison is none. */
  cure(): void
}

async function world(seed: number, options: Setup = {}): Promise<World> {
  const { isPoisoned = text => text.includes(poison), mergeUs = 200, ...rest } = options
  const logged: string[] = []
  const jobs: World['jobs'] = []
  let isCured = false
  const log = (message: string, fields: unknown) => logged.push(`${message} ${JSON.stringify(fields)}`)
  const logger = { debug() {}, info: log, warn: log, error: log }
  const cluster = await createTestCluster({
    actors: [Note],
    seed,
    shards: 4,
    logger: () => logger,
    ...rest,
    sandbox: {
      mergeUs,
      trouble: ({ parts, isBackground, onto, wantsSnapshot }) => {
        jobs.push({ background: isBackground === true, parts: parts.length, isOnto: onto !== undefined, wantsSnapshot })
        return !isCured && parts.some(part => isPoisoned(utf8.decode(part.bytes))) ? 'deadline' : undefined
      }
    }
  })
  return {
    cluster,
    logged,
    jobs,
    cure: () => {
      isCured = true
    },
    [Symbol.asyncDispose]: () => cluster[Symbol.asyncDispose]()
  }
}

function equalDigests(cluster: TestCluster): boolean {
  const digests = cluster.nodes().map(node => node.digest())
  return new Set(digests).size === 1
}

test('what others write is read, written on and watched on every node', async () => {
  await using made = await world(1)
  const { cluster } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  await cluster.settle(note(0).write('a'))
  await cluster.run(200)
  await cluster.settle(note(1).write('b'))
  await cluster.run(200)
  await cluster.settle(note(2).write('c'))
  await cluster.run(200)
  for (const node of [0, 1, 2]) assert.equal(await cluster.settle(note(node).read()), 'abc')
  assert.deepEqual(await cluster.settle(note(0).state()), { body: 'abc', title: '', edits: 3, tags: [] })
  assert.ok(made.jobs.length > 0)
})

test('a node merges nothing apart that it wrote itself', async () => {
  await using made = await world(2, { nodes: 1 })
  const note = made.cluster.actor(0)(Note, 'n')
  for (const line of 'abcdefgh') await made.cluster.settle(note.write(line))
  assert.equal(await made.cluster.settle(note.read()), 'abcdefgh')
  assert.deepEqual(made.jobs, [])
})

test('poison that comes by gossip makes its actor unreadable, and no other', async () => {
  await using made = await world(3)
  const { cluster } = made
  const note = (node: number, id = 'n') => cluster.actor(node)(Note, id)
  await cluster.settle(note(0).write('good'))
  await cluster.settle(note(0, 'other').write('fine'))
  await cluster.settle(note(0).write(poison))
  await cluster.run(500)
  for (const node of [1, 2]) {
    assert.equal(await outcome(cluster.settle(note(node).read())), 'SHOAL_UNREADABLE')
    assert.equal(await outcome(cluster.settle(note(node).write('more'))), 'SHOAL_UNREADABLE')
    assert.equal(await outcome(cluster.settle(note(node).state())), 'SHOAL_UNREADABLE')
    assert.equal(await outcome(cluster.settle(note(node).watch().next())), 'SHOAL_UNREADABLE')
    assert.equal(await cluster.settle(note(node, 'other').read()), 'fine')
  }
  assert.equal(await cluster.settle(note(0).read()), `good${poison}`, 'whoever wrote it had it open')
  const told = made.logged.filter(line => line.includes('unreadable'))
  assert.equal(told.length, 2, 'each node tells once')
  assert.match(told[0] ?? '', /note\/n.*2000 ms/)
})

test('the updates of an unreadable actor are stored, forwarded and repaired', async () => {
  await using made = await world(4)
  const { cluster } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  // Node 2 hears of it from node 1 alone, which cannot open it.
  cluster.partition([0, 1], [2])
  await cluster.settle(note(0).write(poison))
  await cluster.run(500)
  assert.equal(await outcome(cluster.settle(note(1).read())), 'SHOAL_UNREADABLE')
  cluster.heal()
  cluster.partition([0], [1, 2])
  await cluster.until(() => cluster.node(1).digest() === cluster.node(2).digest(), 60_000)
  assert.equal(await outcome(cluster.settle(note(2).read())), 'SHOAL_UNREADABLE', 'it came by catch-up')
  cluster.heal()
  await cluster.until(() => equalDigests(cluster), 60_000)
  await cluster.settle(note(0).write('on'))
  await cluster.until(() => equalDigests(cluster), 60_000)
  made.cure()
  for (const node of [0, 1, 2]) {
    cluster.kill(node)
    cluster.boot(node)
  }
  await cluster.until(() => cluster.isWhole(), 60_000)
  for (const node of [0, 1, 2]) assert.equal(await cluster.settle(note(node).read()), `${poison}on`)
})

test('after a restart the poison is where it was, and the node serves the rest', async () => {
  await using made = await world(5)
  const { cluster } = made
  const note = (node: number, id = 'n') => cluster.actor(node)(Note, id)
  await cluster.settle(note(0, 'other').write('fine'))
  await cluster.settle(note(0).write(poison))
  await cluster.run(500)
  for (const node of [0, 1, 2]) {
    cluster.kill(node, { isPowerLoss: true })
    cluster.boot(node)
    await cluster.until(() => cluster.isWhole(), 60_000)
  }
  for (const node of [0, 1, 2]) {
    assert.equal(
      await outcome(cluster.settle(note(node).read())),
      'SHOAL_UNREADABLE',
      'also for who wrote it: it had it open'
    )
    assert.equal(await cluster.settle(note(node, 'other').read()), 'fine')
  }
  await cluster.until(() => equalDigests(cluster), 60_000)
})

test('an unreadable actor is tried again after a minute, and sooner when its parts change', async () => {
  await using made = await world(6, { nodes: 2 })
  const { cluster, jobs } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  await cluster.settle(note(0).write(poison))
  await cluster.run(200)
  assert.equal(await outcome(cluster.settle(note(1).read())), 'SHOAL_UNREADABLE')
  const tries = () => jobs.length
  const first = tries()
  for (let s = 0; s < 40; s++) {
    assert.equal(await outcome(cluster.settle(note(1).read())), 'SHOAL_UNREADABLE')
    await cluster.run(1000)
  }
  assert.equal(tries(), first, 'nothing has changed')
  made.cure()
  await cluster.run(30_000)
  assert.equal(await cluster.settle(note(1).read()), poison, 'a minute has passed')
})

test('a change is tried at once, but repeated failures ever more seldom', async () => {
  await using made = await world(7, { nodes: 2 })
  const { cluster, jobs } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  await cluster.settle(note(0).write(poison))
  await cluster.run(200)
  assert.equal(await outcome(cluster.settle(note(1).read())), 'SHOAL_UNREADABLE')
  const before = jobs.length
  for (let s = 0; s < 120; s++) {
    await cluster.settle(note(0).write('x'))
    await cluster.run(1000)
    assert.equal(await outcome(cluster.settle(note(1).read())), 'SHOAL_UNREADABLE')
  }
  const tries = jobs.length - before
  assert.ok(tries >= 3 && tries <= 10, `${tries} tries in two minutes`)
})

test('messages of an actor keep their order while it is vetted, and those of others overtake', async () => {
  await using made = await world(8, { nodes: 2, sandbox: {} })
  const { cluster } = made
  const note = (node: number, id = 'n') => cluster.actor(node)(Note, id)
  await cluster.settle(note(0).write(`${poison}`))
  await cluster.settle(note(0, 'other').write('-'))
  await cluster.run(200)
  await cluster.settle(note(1, 'other').read())
  made.cure()
  const order: string[] = []
  const write = (line: string) =>
    note(1)
      .write(line)
      .then(() => order.push(line))
  const other = note(1, 'other')
    .read()
    .then(() => order.push('other'))
  await cluster.settle(Promise.all([write('a'), write('b'), write('c'), other]))
  assert.deepEqual(order, ['other', 'a', 'b', 'c'])
  assert.equal(await cluster.settle(note(1).read()), `${poison}abc`)
})

test('a call whose deadline passes while its actor is vetted has no effect, and says so', async () => {
  await using made = await world(9, { nodes: 2 })
  const { cluster } = made
  await cluster.settle(cluster.actor(0)(Note, 'n').write(poison))
  await cluster.run(200)
  const note = cluster.actor(1)(Note, 'n')
  assert.equal(await outcome(cluster.settle(note.write('late', { deadlineMs: 300 }))), 'SHOAL_DEADLINE')
  await cluster.run(2000)
  assert.equal(await cluster.settle(cluster.actor(0)(Note, 'n').read()), poison)
})

test('nor has one whose deadline passes during a merge that succeeds', async () => {
  await using made = await world(14, { nodes: 2, mergeUs: 500_000 })
  const { cluster } = made
  await cluster.settle(cluster.actor(0)(Note, 'n').write('a'))
  await cluster.run(200)
  const note = cluster.actor(1)(Note, 'n')
  assert.equal(await outcome(cluster.settle(note.write('late', { deadlineMs: 300 }))), 'SHOAL_DEADLINE')
  await cluster.run(2000)
  assert.equal(await cluster.settle(note.read()), 'a')
})

test('a handler sees what its node wrote before, however often others write meanwhile', async () => {
  for (let seed = 20; seed < 26; seed++) {
    await using made = await world(seed)
    const { cluster } = made
    const note = (node: number) => cluster.actor(node)(Note, 'n')
    let done = 0
    const writes: Promise<unknown>[] = []
    for (let i = 0; i < 60; i++) {
      for (const node of [0, 1, 2]) {
        writes.push(
          note(node)
            .write(`${node}`)
            .then(() => done++)
        )
        if (i % 3 === 0) writes.push(note(node).state())
      }
      await cluster.run(3)
    }
    await cluster.settle(Promise.all(writes))
    await cluster.until(() => equalDigests(cluster), 60_000)
    assert.equal(done, 180)
    for (const node of [0, 1, 2]) {
      const { body, edits } = await cluster.settle(note(node).state())
      assert.equal(edits, 180, `seed ${seed}`)
      assert.equal([...body].sort().join(''), '0'.repeat(60) + '1'.repeat(60) + '2'.repeat(60), `seed ${seed}`)
    }
  }
})

test('a keystroke of another goes onto the document that is open, and asks for no snapshot', async () => {
  await using made = await world(10, { nodes: 2 })
  const { cluster, jobs } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  await cluster.settle(note(0).write('x'.repeat(1000)))
  await cluster.run(200)
  await cluster.settle(note(1).read())
  jobs.length = 0
  for (let i = 0; i < 20; i++) {
    await cluster.settle(note(0).write('k'))
    await cluster.run(200)
    await cluster.settle(note(1).read())
  }
  assert.equal(jobs.length, 20)
  for (const job of jobs) assert.deepEqual(job, { background: false, parts: 1, isOnto: true, wantsSnapshot: false })
})

test('where the sandbox has lost what it had open, it gets the whole document again', async () => {
  await using made = await world(12, { nodes: 2 })
  const { cluster, jobs } = made
  const note = (node: number, id = 'n') => cluster.actor(node)(Note, id)
  await cluster.settle(note(0).write('first'))
  await cluster.run(200)
  assert.equal(await cluster.settle(note(1).read()), 'first')
  // The merge that comes to grief takes the thread and its documents along.
  await cluster.settle(note(0, 'bad').write(poison))
  await cluster.run(200)
  assert.equal(await outcome(cluster.settle(note(1, 'bad').read())), 'SHOAL_UNREADABLE')
  jobs.length = 0
  await cluster.settle(note(0).write(' second'))
  await cluster.run(200)
  assert.equal(await cluster.settle(note(1).read()), 'first second')
  assert.deepEqual(
    jobs.map(job => [job.isOnto, job.parts]),
    [
      [true, 1],
      [false, 2]
    ]
  )
})

test('an exclusive actor moves with its documents, and not with poison into the hands of others', async () => {
  const Page = exclusive(
    'page',
    { body: text() },
    {
      write: command(z.string(), ({ state }, line) => {
        state.body.insert(state.body.length, line)
        return state.body.length
      })
    }
  )
  await using made = await world(13, { actors: [Page, Note] })
  const { cluster } = made
  /** Asked of the node that stays. */
  const ownerOf = (id: string) =>
    [0, 1, 2].find(node => cluster.running(node)?.id === cluster.node(0).owner(Page, id)) ?? -1
  const page = (node: number, id: string) => cluster.actor(node)(Page, id)
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
  for (const id of ids) await cluster.settle(page(0, id).write('12345'))
  const lost = ownerOf(ids.find(id => ownerOf(id) !== 0) ?? 'a')
  const [bad = '', good = ''] = ids.filter(id => ownerOf(id) === lost)
  assert.ok(lost > 0 && good !== '', 'a seed under which another node owns two of them')
  await cluster.settle(page(0, bad).write(poison))
  await cluster.run(500)
  cluster.kill(lost)
  await cluster.until(() => ownerOf(bad) >= 0 && ownerOf(bad) !== lost, 60_000)
  assert.equal(await outcome(cluster.settle(page(0, bad).write('x'))), 'SHOAL_UNREADABLE')
  assert.equal(await cluster.settle(page(0, good).write('x')), 6)
})

test('a document that others write to is folded though nobody opens it here', async () => {
  await using made = await world(11, { nodes: 2 })
  const { cluster, jobs } = made
  const note = (node: number) => cluster.actor(node)(Note, 'n')
  for (let i = 0; i < 700; i++) {
    await cluster.settle(note(0).write('k'))
    await cluster.run(15)
  }
  await cluster.run(1000)
  assert.ok(jobs.some(job => job.background))
  assert.ok(jobs.length < 10, `${jobs.length} merges`)
  await cluster.until(() => equalDigests(cluster), 60_000)
  // What was folded is on the disk.
  jobs.length = 0
  cluster.kill(1)
  cluster.boot(1)
  await cluster.until(() => cluster.isWhole(), 60_000)
  assert.equal(await cluster.settle(note(1).read()), 'k'.repeat(700))
  assert.equal(jobs.length, 1)
  assert.ok((jobs[0]?.parts ?? 0) < 500, `${jobs[0]?.parts} parts`)
})

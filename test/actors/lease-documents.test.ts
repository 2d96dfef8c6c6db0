/**
 * Documents in the states of leased actors: they go on with every owner, with all that was acknowledged and nothing else, and what cannot be
 * opened costs its actor only.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, json, list, pnCounter, query, text } from 'shoal'
import { automergeText } from 'shoal/automerge'
import { createTestCluster, type SandboxJob, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { codeOf, outcome } from './outcome.ts'
import { served } from './support/served.ts'

const Page = exclusive(
  'page',
  { body: text(), lines: list<string>(), last: json(), log: automergeText(), edits: pnCounter() },
  {
    write: command(z.string(), ({ state }, line) => {
      state.body.insert(state.body.length, line)
      state.lines.push(line)
      state.last.set(['line'], line)
      state.log.insert(0, line)
      state.edits.add(1)
      return state.edits.value
    }),
    fail: command(({ state }) => {
      state.body.insert(0, 'never')
      state.log.insert(0, 'never')
      throw new Error('no')
    }),
    read: query(({ state }) => state.body.toString())
  },
  { partition: 'lease' }
)

/** One text, and nothing that keeps what was removed. */
const Sheet = exclusive(
  'sheet',
  { body: text() },
  {
    write: command(z.string(), ({ state }, line) => {
      state.body.insert(state.body.length, line)
      return state.body.length
    }),
    clear: command(({ state }) => state.body.remove(0, state.body.length)),
    length: query(({ state }) => state.body.length)
  },
  { partition: 'lease' }
)

const leaseMs = 1000
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Page, Sheet], seed: 1, leases: { leaseMs }, ...options })

/** The number of the node that owns the page by the ring. */
function ownerOf(cluster: TestCluster, id = 'a'): number {
  const owner = cluster.nodes()[0]?.owner(Page, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

function stateAfter(lines: readonly string[]) {
  return {
    body: lines.join(''),
    lines: [...lines],
    last: { line: lines.at(-1) ?? '' },
    log: lines.toReversed().join(''),
    edits: lines.length
  }
}

test('a document goes on with every owner, through deaths, hand-offs and edits that failed, and all of them show the same', async () => {
  await using cluster = await start({ nodes: 4 })
  const page = (node: number) => cluster.actor(node)(Page, 'a')
  const lines: string[] = []
  const write = async (node: number) => {
    const line = `<${lines.length}>`
    lines.push(line)
    assert.equal(await served(cluster, () => page(node).write(line)), lines.length)
  }
  const owners = new Set<number>()
  for (const how of ['kill', 'leave', 'kill', 'leave', 'kill'] as const) {
    const owner = ownerOf(cluster)
    owners.add(owner)
    for (const node of [0, 1, 2, 3]) await write(node)
    assert.equal(await cluster.settle(outcome(page(owner).fail())), 'SHOAL_HANDLER_FAILED')
    if (how === 'leave') await cluster.leave(owner)
    else cluster.kill(owner)
    await cluster.until(() => ownerOf(cluster) !== owner)
    const caller = (owner + 1) % 4
    assert.equal(await served(cluster, () => page(caller).read()), lines.join(''))
    await write(caller)
    assert.deepEqual(await served(cluster, () => page(caller).state()), stateAfter(lines))
    cluster.boot(owner)
    await cluster.until(() => cluster.isWhole(), 20_000)
  }
  for (const node of [0, 1, 2, 3]) assert.deepEqual(await served(cluster, () => page(node).state()), stateAfter(lines))
})

test('many edits at once, from all nodes, are made one after the other and once each', async () => {
  await using cluster = await start()
  const edits = Array.from({ length: 60 }, (_, i) =>
    cluster
      .actor(i % 3)(Page, 'a')
      .write(`<${i}>`)
  )
  const counts = await cluster.settle(Promise.all(edits))
  assert.deepEqual(
    [...counts].sort((a, b) => a - b),
    edits.map((_, i) => i + 1)
  )
  const lines: string[] = []
  for (const [i, count] of counts.entries()) lines[count - 1] = `<${i}>`
  assert.deepEqual(await cluster.settle(cluster.actor(0)(Page, 'a').state()), stateAfter(lines))
})

test('edits that no majority has leave no trace, also where who made them owns the actor again', async () => {
  const jobs: SandboxJob[] = []
  await using cluster = await start({
    sandbox: {
      trouble: job => {
        jobs.push(job)
        return undefined
      }
    }
  })
  const page = (node: number) => cluster.actor(node)(Page, 'a')
  await cluster.settle(page(0).write('<base>'))
  const owner = ownerOf(cluster)
  const others = [0, 1, 2].filter(node => node !== owner)
  const [caller = 0] = others
  // So that the sandbox of the old owner has the document of before open.
  cluster.kill(owner)
  cluster.boot(owner)
  await cluster.until(() => cluster.isWhole(), 20_000)
  await served(cluster, () => page(caller).write('<kept>'))
  assert.equal(ownerOf(cluster), owner)
  cluster.partition([owner], others)
  const lost = ['<lost>', '<gone>'].map(line => page(owner).write(line, { deadlineMs: 400 }).then(String, codeOf))
  assert.deepEqual(await cluster.settle(Promise.all(lost)), ['SHOAL_INDETERMINATE', 'SHOAL_INDETERMINATE'])
  // Its lease ends.
  cluster.pause(owner)
  await served(cluster, () => page(caller).write('<other>'))
  cluster.heal()
  cluster.resume(owner)
  await cluster.until(
    () => cluster.isWhole() && cluster.node(caller).owner(Page, 'a') === cluster.node(owner).id,
    20_000
  )
  await served(cluster, () => page(caller).write('<last>'))
  const lines = ['<base>', '<kept>', '<other>', '<last>']
  for (const node of [owner, ...others])
    assert.deepEqual(await served(cluster, () => page(node).state()), stateAfter(lines))
  assert.ok(jobs.length > 0)
  assert.ok(
    jobs.every(({ onto }) => onto === undefined),
    'nothing is merged onto what may have been excluded'
  )
})

/** What holds this text runs into the deadline of the sandbox. */
const poison = '☠'
const utf8 = new TextDecoder('utf-8')

async function poisoned(): Promise<{
  cluster: TestCluster
  jobs: SandboxJob[]
  cure(): void
  lost: number
  logged: string[]
}> {
  const jobs: SandboxJob[] = []
  const logged: string[] = []
  let isCured = false
  const log = (message: string, fields: unknown) => logged.push(`${message} ${JSON.stringify(fields)}`)
  const cluster = await start({
    shards: 1,
    logger: () => ({ debug() {}, info: log, warn: log, error: log }),
    sandbox: {
      trouble: job => {
        jobs.push(job)
        return !isCured && job.parts.some(part => utf8.decode(part.bytes).includes(poison)) ? 'deadline' : undefined
      }
    }
  })
  await cluster.settle(cluster.actor(0)(Page, 'good').write('fine'))
  await cluster.settle(cluster.actor(0)(Sheet, 'bad').write('was good'))
  await cluster.settle(cluster.actor(0)(Sheet, 'bad').write(poison))
  assert.deepEqual(jobs, [], 'whoever wrote it has it open')
  const lost = ownerOf(cluster)
  cluster.kill(lost)
  await cluster.until(() => ownerOf(cluster) !== lost)
  const cure = () => {
    isCured = true
  }
  return { cluster, jobs, cure, lost, logged }
}

test('a document that the next owner cannot open makes its actor unreadable and no other, and is whole when it can', async () => {
  const { cluster, jobs, cure, lost, logged } = await poisoned()
  await using _ = cluster
  const [caller = 0, other = 1] = [0, 1, 2].filter(node => node !== lost)
  const bad = (node: number) => cluster.actor(node)(Sheet, 'bad')
  assert.equal(await served(cluster, () => cluster.actor(caller)(Page, 'good').read()), 'fine')
  for (const node of [caller, other]) {
    const asked = [
      () => bad(node).length(),
      () => bad(node).write('x'),
      () => bad(node).state(),
      () => bad(node).watch().next()
    ]
    for (const ask of asked) assert.equal(await outcome(cluster.settle<unknown>(ask())), 'SHOAL_UNREADABLE')
    assert.equal(await cluster.settle(cluster.actor(node)(Page, 'good').read()), 'fine')
  }
  const tries = jobs.filter(({ document }) => document.startsWith('sheet/bad')).length
  assert.equal(tries, 1, 'it is not tried again at once')
  const told = logged.filter(line => line.includes('unreadable'))
  assert.equal(told.length, 1)
  assert.match(told[0] ?? '', /sheet\/bad.*2000 ms/)
  cure()
  await cluster.run(61_000)
  assert.equal(await served(cluster, () => bad(other).write('!')), `was good${poison}!`.length)
  assert.deepEqual(await cluster.settle(bad(caller).state()), { body: `was good${poison}!` })
})

test('an owner vets a document once, and its own edits never', async () => {
  const { cluster, jobs, lost, cure } = await poisoned()
  await using _ = cluster
  cure()
  const caller = (lost + 1) % 3
  const page = cluster.actor(caller)(Page, 'good')
  await served(cluster, () => page.read())
  jobs.length = 0
  const watch = page.watch()
  await cluster.settle(watch.next())
  for (let i = 0; i < 20; i++) {
    await cluster.settle(page.write('k'))
    await cluster.settle(watch.next())
  }
  assert.deepEqual(jobs, [])
})

test('messages of an actor keep their order while it is vetted, those of others overtake, and one that is late has no effect', async () => {
  const { cluster, lost, cure } = await poisoned()
  await using _ = cluster
  const caller = (lost + 1) % 3
  await served(cluster, () => cluster.actor(caller)(Page, 'good').read())
  const order: string[] = []
  const bad = cluster.actor(caller)(Sheet, 'bad')
  const late = bad.write('late', { deadlineMs: 300 }).catch(codeOf)
  const waits = bad.length().catch(error => order.push(codeOf(error)))
  const other = cluster
    .actor(caller)(Page, 'good')
    .write('!')
    .then(() => order.push('other'))
  assert.equal(await cluster.settle(late), 'SHOAL_DEADLINE')
  await cluster.settle(Promise.all([waits, other]))
  assert.deepEqual(order, ['other', 'SHOAL_UNREADABLE'])
  cure()
  await cluster.run(61_000)
  assert.equal(await served(cluster, () => bad.length()), `was good${poison}`.length)
})

test('a text takes no more than fits into its record, stays as it was then, and has room again when it is emptied', async () => {
  await using cluster = await start({ nodes: 1 })
  const sheet = cluster.actor(0)(Sheet, 's')
  let length = 0
  for (const chunk of [150_000, 10_000, 1000]) {
    let refused: unknown
    for (let i = 0; i < 20 && refused === undefined; i++) {
      await cluster.settle(sheet.write('x'.repeat(chunk))).then(
        now => {
          assert.equal(now, length + chunk)
          length = now
        },
        error => {
          refused = codeOf(error)
        }
      )
    }
    assert.equal(refused, 'SHOAL_LIMIT')
    assert.equal(await cluster.settle(sheet.length()), length)
  }
  assert.ok(length > 1_040_000, `${length} characters`)
  await cluster.settle(sheet.clear())
  assert.equal(await cluster.settle(sheet.write('x'.repeat(150_000))), 150_000)
})

test('a watch shows a document that takes long to vet, and leaves memory meanwhile', async () => {
  const Idle = { ...Sheet, options: { ...Sheet.options, passivateAfterMs: 1 } }
  await using cluster = await start({ actors: [Idle], sandbox: { mergeUs: 700_000 } })
  await cluster.settle(cluster.actor(0)(Idle, 'a').write('kept'))
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Idle, 'a'))
  cluster.kill(owner)
  await cluster.until(() => cluster.node((owner + 1) % 3).owner(Idle, 'a') !== cluster.machine(owner).id)
  for (let i = 0; i < 3; i++) {
    const watch = cluster
      .actor((owner + 1) % 3)(Idle, 'a')
      .watch()
    assert.deepEqual((await cluster.settle(watch.next())).value, { body: 'kept' })
    await watch.return?.()
    await cluster.run(2000)
  }
})

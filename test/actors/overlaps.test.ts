/** What both sides of a cut did to one actor of mode `merge` is told, all of it and nothing else. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { command, exclusive, type Overlap, pnCounter, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { type FoundOverlap, markTold, overlapsIn } from '../../src/actors/requests/overlaps.ts'
import { requestsField, tagOf } from '../../src/actors/requests/ran-commands.ts'
import { noteRequest } from '../../src/actors/requests/request-log.ts'
import {
  type ActorState,
  CausalContext,
  type Covers,
  type Delta,
  emptyState,
  encodeState,
  type Json,
  joinStates,
  lwwRegister,
  openView,
  orMap,
  Transaction
} from '../../src/crdt/index.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { changed } from '../cluster/lease/patched-loading.ts'
import { overlapMutants } from './support/overlap-zoo.ts'
import { assertAllTold, overlappingRun } from './support/overlapping-run.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 8)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds of cuts, pauses and deaths: overlaps that are told are those that were, and no acknowledged update is lost`, {
  timeout: 600_000
}, async t => {
  let [pairs, twice, incomplete, reports] = [0, 0, 0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      const report = await overlappingRun(seed)
      assertAllTold(report)
      pairs += report.truth.size
      twice += [...report.told.values()].filter(times => times > 1).length
      reports += report.reports.length
      incomplete += report.reports.filter(({ isComplete }) => !isComplete).length
    } catch (error) {
      throw new Error(`seed ${seed} failed`, { cause: error })
    }
  }
  t.diagnostic(
    `${pairs} pairs of commands overlapped, ${twice} told twice; ${reports} reports, ${incomplete} incomplete`
  )
  assert.ok(pairs > 0)
})

interface World {
  readonly cluster: TestCluster
  readonly told: readonly Overlap[]
  /** What handlers were told to run. */
  readonly ran: ReadonlySet<string>
  readonly metrics: CountingMetrics
  add(node: number): Promise<unknown>
  life(node: number): { readonly node: string; readonly incarnation: string }
}

const ids = ['a', 'b', 'c']

/** Three nodes that can be cut from each other, and calls of a counter `a`. */
async function started(onOverlap: (overlap: Overlap) => unknown = () => {}): Promise<World> {
  const told: Overlap[] = []
  const ran = new Set<string>()
  const Counter = exclusive(
    'counter',
    { sum: pnCounter() },
    {
      add: command(({ state, request }) => {
        ran.add(String(request))
        state.sum.add(1)
      }),
      back: command(({ state }) => state.sum.add(-1))
    },
    {
      onOverlap(overlap, actor) {
        told.push(overlap)
        if (overlap.id === 'c') void actor(Counter, 'c').back()
        else onOverlap(overlap)
      }
    }
  )
  const metrics = new CountingMetrics()
  const cluster = await createTestCluster({ actors: [Counter], seed: 1, metrics: () => metrics })
  const add = async (node: number) => {
    for (const id of ids) await cluster.settle(cluster.actor(node)(Counter, id).add())
  }
  const life = (node: number) => ({ node: cluster.node(node).id, incarnation: cluster.node(node).incarnation })
  return { cluster, told, ran, metrics, add, life }
}

const ofActor = (told: readonly Overlap[], id: string) => told.filter(overlap => overlap.id === id)
const sum = async ({ cluster }: World, id: string) =>
  ((await cluster.settle(cluster.node(0).describe('counter', id))).state as { sum: number }).sum

/** Node 0 goes its own way, until all are whole again. */
async function cutOff(world: World, during: () => Promise<void>): Promise<void> {
  const { cluster } = world
  cluster.partition([0], [1, 2])
  await cluster.run(8000)
  await during()
  cluster.heal()
  await cluster.until(() => cluster.isWhole(), 60_000)
}

test('what two sides of a cut did is told once, by whoever serves the actor then, with the owners, the requests and the methods', async () => {
  const world = await started()
  await using cluster = world.cluster
  await world.add(0)
  const heard: Overlap[] = []
  for (const node of cluster.nodes()) node.on('overlap', overlap => heard.push(overlap))
  await cutOff(world, async () => {
    await world.add(0)
    await world.add(1)
    await world.add(2)
  })
  await cluster.run(5000)
  const [overlap, ...more] = ofActor(world.told, 'a')
  assert.ok(overlap !== undefined && more.length === 0)
  assert.equal(overlap.kind, 'counter')
  assert.equal(overlap.isComplete, true)
  const alone = overlap.sides.find(({ node }) => node === cluster.node(0).id)
  const others = overlap.sides.find(({ node }) => node !== cluster.node(0).id)
  assert.equal(alone?.incarnation, cluster.node(0).incarnation)
  const origin = (node: number) => `${world.life(node).node}.${world.life(node).incarnation}`
  assert.deepEqual(alone?.commands, [{ request: `${origin(0)}/4`, method: 'add' }])
  assert.deepEqual(
    others?.commands.map(({ request, method }) => `${request} ${method}`),
    [`${origin(1)}/1 add`, `${origin(2)}/1 add`]
  )
  for (const { commands } of overlap.sides) for (const { request } of commands) assert.ok(world.ran.has(request))
  assert.equal(world.metrics.all()['shoal_overlaps_total'], ids.length)
  assert.deepEqual(new Set(heard), new Set(world.told))
  await cluster.run(30_000)
  assert.equal(world.told.length, ids.length)
  assert.equal(await sum(world, 'a'), 4)
})

test('a program can mend what it is told of, and what its callback throws disturbs nothing', async () => {
  const world = await started(() => {
    throw new Error('cannot')
  })
  await using cluster = world.cluster
  await cutOff(world, async () => {
    await world.add(0)
    await world.add(1)
  })
  await cluster.run(5000)
  assert.equal(world.told.length, ids.length)
  assert.equal(await sum(world, 'a'), 2)
  assert.equal(await sum(world, 'c'), 1)
})

test('owners that change without a cut overlap in nothing', async () => {
  const world = await started()
  await using cluster = world.cluster
  for (let round = 0; round < 3; round++) {
    const leaver = round % 3
    await world.add(leaver)
    await cluster.leave(leaver)
    await world.add((leaver + 1) % 3)
    cluster.boot(leaver)
    await cluster.until(() => cluster.isWhole(), 30_000)
    await world.add((leaver + 2) % 3)
  }
  await cluster.run(5000)
  assert.deepEqual(world.told, [])
})

test('what was not told when all nodes stopped is told when the actor is used again', async () => {
  const world = await started()
  await using cluster = world.cluster
  await cutOff(world, async () => {
    await world.add(0)
    await world.add(1)
  })
  await cluster.run(300)
  assert.deepEqual(world.told, [])
  for (let number = 0; number < 3; number++) cluster.kill(number)
  for (let number = 0; number < 3; number++) cluster.boot(number)
  await cluster.until(() => cluster.isWhole(), 60_000)
  await world.add(0)
  await cluster.run(6000)
  assert.deepEqual(world.told.map(({ id }) => id).sort(), ids)
})

test('an owner that starts anew before it has told tells within a minute, though nobody calls', async () => {
  for (const restarted of [0, 1, 2]) {
    const world = await started()
    await using cluster = world.cluster
    await cutOff(world, async () => {
      await world.add(0)
      await world.add(1)
    })
    await cluster.run(300)
    assert.deepEqual(world.told, [])
    cluster.kill(restarted)
    cluster.boot(restarted)
    await cluster.until(() => cluster.isWhole(), 60_000)
    await cluster.run(60_000)
    assert.deepEqual(world.told.map(({ id }) => id).sort(), ids)
  }
})

test('a side that did more than is kept is told with its latest commands, and as not complete', async () => {
  const world = await started()
  await using cluster = world.cluster
  await cutOff(world, async () => {
    for (let i = 0; i < 50; i++) await world.add(0)
    await world.add(1)
  })
  await cluster.run(5000)
  const [overlap] = ofActor(world.told, 'a')
  assert.equal(overlap?.isComplete, false)
  const commands = overlap?.sides.find(({ node }) => node === cluster.node(0).id)?.commands ?? []
  assert.ok(commands.length >= 24 && commands.length <= 31, `${commands.length}`)
  assert.ok(commands.at(-1)?.request.endsWith('/148'))
  assert.equal(await sum(world, 'a'), 51)
})

/** A replica of one actor, and an owner that runs commands on it. */
class Owner {
  state: ActorState = emptyState
  context = CausalContext.empty
  readonly #origin: string
  #seq = 0

  constructor(name: string) {
    this.#origin = `${name}.${name.repeat(22)}`
  }

  /** One command; answers what it changed. `answered`: all requests are, up to its own. */
  run(number: number, seenByAll: Covers, isAnswered = true, gaps = CausalContext.empty): Delta {
    const { state, context: covers } = this
    const origin = this.#origin
    const nextDot = () => ({ origin, seq: ++this.#seq })
    const transaction = new Transaction({ state, covers, origin, nextDot, now: () => this.#seq, clientId: () => 1 })
    const request = { session: 's', number, lowWater: isAnswered ? number : 0 }
    const times = { nowMs: 0, deadlineMs: 1000 }
    noteRequest(transaction, {
      request,
      method: 'm',
      reply: undefined,
      ...times,
      base: state,
      gaps,
      seenByAll
    })
    const delta = transaction.delta ?? assert.fail('it changed nothing')
    this.join(delta)
    return delta
  }

  join({ state, context }: Delta): void {
    this.state = joinStates(this.state, this.context, state, context)
    this.context = this.context.union(context)
  }
}

test('who has not heard yet that an entry was taken away is not told that what came after had not seen it', () => {
  const [a, b, c, d] = [new Owner('a'), new Owner('b'), new Owner('c'), new Owner('d')]
  const first = a.run(1, CausalContext.empty)
  for (const owner of [b, c, d]) owner.join(first)
  const seenByAll = a.context
  // One that is not answered yet, and keeps none of the rest from going.
  const second = b.run(2, seenByAll)
  assert.equal(d.context.covers(second.context), false)
  c.join(second)
  const third = c.run(3, seenByAll)
  const fourth = c.run(4, seenByAll)
  for (const late of [third, fourth]) {
    const copy = new Owner('e')
    copy.join({ state: d.state, context: d.context })
    copy.join(late)
    assert.deepEqual(overlapsIn(copy.state), [])
  }
})

/** Written: which owner, its seq, when, and what. */
type Entry = readonly [owner: number, seq: number, stampMs: number, entry: Json]

function logOf(entries: readonly Entry[]): ActorState {
  const schema = { [requestsField]: orMap(lwwRegister<Json>(null)) }
  let state = emptyState
  for (const [owner, seq, stampMs, entry] of entries) {
    const origin = originOf(owner)
    const transaction = new Transaction({
      ...{ state, covers: CausalContext.empty, origin, nextDot: () => ({ origin, seq }) },
      ...{ now: () => stampMs, clientId: () => 1 }
    })
    openView(schema, transaction)[requestsField].at(`${owner}/${seq}`).set(entry)
    state = transaction.state
  }
  return state
}

function originOf(owner: number): string {
  return `n${owner}.${String(owner).padStart(22, '0')}`
}

/** Told and noted, until there is no more to tell. */
function tellAll(state: ActorState): FoundOverlap[] {
  const told: FoundOverlap[] = []
  let seq = 0
  let now = state
  for (let found = overlapsIn(now); found.length > 0; found = overlapsIn(now)) {
    assert.ok(found.length <= 64, `${found.length} at once`)
    const transaction = new Transaction({
      ...{
        state: now,
        covers: CausalContext.empty,
        origin: 'teller',
        nextDot: () => ({ origin: 'teller', seq: ++seq })
      },
      ...{ now: () => 0, clientId: () => 1 }
    })
    markTold(transaction, found)
    now = transaction.state
    told.push(...found)
  }
  return told
}

test('what a command had seen after gaps takes a few numbers, however many commands there were, and is told from what it had not', () => {
  const gaps = CausalContext.empty.with(originOf(1), 1, 1).with(originOf(1), 100, 109)
  const missed = (seq: number) => seq === 1 || (seq >= 100 && seq <= 109)
  const entries = Array.from({ length: 500 }, (_, i): Entry => [1, i + 1, 1, [1e15, null, 'm']])
  const owner = new Owner('b')
  owner.state = logOf(entries.filter(([, seq]) => !missed(seq)))
  const delta = owner.run(1, CausalContext.empty, false, gaps)
  const whole = joinStates(logOf(entries), CausalContext.empty.with(originOf(1), 1, 500), delta.state, delta.context)
  const [overlap, ...more] = overlapsIn(whole)
  assert.equal(more.length, 0)
  const unseen = overlap?.sides.flatMap(({ commands }) => commands).filter(({ origin }) => origin === originOf(1))
  assert.deepEqual(
    unseen?.map(({ seq }) => seq),
    entries.map(([, seq]) => seq).filter(missed)
  )
  assert.ok(encodeState(delta.state).length < 200, `${encodeState(delta.state).length} bytes`)
  const many = Array.from({ length: 200 }, (_, i) => 2 * i + 1)
  const holes = many.reduce((context, seq) => context.with(originOf(1), seq, seq), CausalContext.empty)
  const other = new Owner('c')
  other.state = logOf(entries.filter(([, seq]) => !holes.has(originOf(1), seq)))
  assert.ok(encodeState(other.run(1, CausalContext.empty, false, holes).state).length < 300)
})

test('entries of a form that nobody writes, and those without a method, make no overlap', () => {
  const odd: Json[] = [
    null,
    'x',
    [],
    [1],
    {},
    [1, null, 7, {}],
    [1, null, 'm', { a: 'b', c: 1.5, '': 2 }],
    [{}, {}, {}, [{}]]
  ]
  assert.deepEqual(overlapsIn(logOf(odd.map((entry, i) => [i, 1, i, entry]))), [])
})

test('of many owners those with the latest commands are compared, and told some at a time, as not complete', () => {
  const told = tellAll(logOf(Array.from({ length: 100 }, (_, i) => [i, 1, (i * 37) % 100, [1, null, 'm']])))
  assert.equal(told.length, (32 * 31) / 2)
  assert.ok(told.every(({ isComplete }) => !isComplete))
  const latest = Array.from({ length: 100 }, (_, i) => i).filter(i => (i * 37) % 100 >= 68)
  const named = new Set(told.flatMap(({ sides }) => sides.map(({ origin }) => origin)))
  assert.deepEqual([...named].sort(), latest.map(originOf).sort())
})

test('of many commands the latest are compared: all pairs of them are told, once, in parts', () => {
  const owners = 4
  const entries: Entry[] = []
  // Each second one has seen the first of each other owner, so that neighbours are not told together.
  for (let seq = 1; seq <= 300; seq++)
    for (let owner = 0; owner < owners; owner++) {
      const seen = Object.fromEntries(Array.from({ length: owners }, (_, i) => [tagOf(originOf(i)), seq % 2]))
      entries.push([
        owner,
        1000 + seq,
        seq,
        [1, null, 'm', { ...seen, [tagOf(originOf(3 - owner))]: seq % 2 ? 1290 : 0 }]
      ])
    }
  const told = tellAll(logOf(entries))
  const pairs = new Set<string>()
  for (const { sides, isComplete } of told) {
    assert.equal(isComplete, false)
    for (const left of sides[0].commands)
      for (const right of sides[1].commands) {
        const pair = `${left.request} ${right.request}`
        assert.ok(left.seq > 1172 && right.seq > 1172, pair)
        assert.ok(!pairs.has(pair), pair)
        pairs.add(pair)
      }
  }
  assert.ok(told.length > 64)
  // All 128 of each; of the two pairs that say so, odd ones had seen those up to 1290.
  assert.ok(pairs.size > 4 * 128 * 128)
})

test('onOverlap is a function, of exclusive kinds of mode merge', () => {
  const state = { sum: pnCounter() }
  const onOverlap = () => {}
  assert.throws(() => replicated('r', state, {}, { onOverlap }), TypeError)
  assert.throws(() => exclusive('e', state, {}, { partition: 'lease', onOverlap }), TypeError)
  assert.throws(() => exclusive('e', state, {}, { onOverlap: 'x' as never }), TypeError)
  assert.equal(exclusive('e', state, {}, { onOverlap }).onOverlap, onOverlap)
})

test('each bug of the zoo of overlaps changes one place of the sources', () => {
  for (const bug of overlapMutants)
    for (const change of [bug, bug.also ?? []].flat()) {
      const source = readFileSync(`src/${change.file}`, 'utf8')
      assert.notEqual(changed(source, change), source, bug.name)
    }
})

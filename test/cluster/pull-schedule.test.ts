/** Which shards are pulled from whom, with pulls that the test ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PullSchedule } from '../../src/cluster/pull-schedule.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

interface Pull {
  readonly peer: string
  readonly shards: readonly number[]
  readonly isCompare: boolean
  end(error?: Error): Promise<void>
}

const unequal = (shards: readonly number[]) => shards.map(shard => [shard, Uint8Array.of(1)] as const)
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

function schedule(sources: number) {
  const world = new SimulatedWorld({ seed: 1 })
  const { clock } = world
    .machine('a')
    .boot({ clusterKey: new Uint8Array(32), facts: { cluster: 'c', shards: 4, protocol: 1 } })
  const pulls: Pull[] = []
  const settled = new Set<number>()
  const long: string[] = []
  const open = (peer: string, shards: readonly number[], isCompare: boolean) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    pulls.push({
      peer,
      shards,
      isCompare,
      async end(error) {
        if (error === undefined) resolve()
        else reject(error)
        await new Promise(setImmediate)
      }
    })
    return promise
  }
  const behindMs: number[] = []
  const made = new PullSchedule({
    clock,
    logger: silentLogger,
    events: {
      pull: (peer, shards) => open(peer, shards, false),
      compare: (peer, shards) => open(peer, shards, true),
      sources: () => sources,
      isSettled: shard => settled.has(shard),
      caughtUp: ms => behindMs.push(ms),
      tookLong: peer => long.push(peer)
    }
  })
  return { made, pulls, settled, long, behindMs, world, last: () => pulls.at(-1) }
}

test('a joiner asks several peers for different shards at once', () => {
  const { made, pulls } = schedule(4)
  for (const peer of ['p', 'q', 'r', 's']) made.want(peer, unequal(range(0, 256)))
  assert.deepEqual(
    pulls.map(({ peer }) => peer),
    ['p', 'q', 'r', 's']
  )
  const asked = pulls.flatMap(({ shards }) => shards)
  assert.equal(new Set(asked).size, asked.length, 'no shard is asked for twice at a time')
  for (const { shards } of pulls) assert.ok(shards.length <= 256 / 4, `${shards.length} of one`)
})

test('a source that never ends keeps its shards from the others for half a minute, and no longer', async () => {
  const { made, pulls, world } = schedule(1)
  made.want('slow', unequal(range(0, 20)))
  made.want('other', unequal(range(0, 20)))
  await world.time.run({ untilMs: world.time.nowMs + 29_000 })
  assert.equal(pulls.length, 1)
  await world.time.run({ untilMs: world.time.nowMs + 2000 })
  assert.deepEqual(
    pulls.map(({ peer, shards }) => [peer, shards.length]),
    [
      ['slow', 20],
      ['other', 20]
    ]
  )
  // What it brings in the end takes nothing from those who pull now, and it is asked for nothing meanwhile.
  made.want('third', unequal(range(0, 20)))
  await pulls[0]?.end()
  assert.equal(pulls.length, 2)
  await pulls[1]?.end()
  assert.equal(pulls.length, 3)
})

test('of two peers one is asked for everything in one pull', () => {
  const { made, pulls } = schedule(1)
  made.want('p', unequal(range(0, 256)))
  assert.equal(pulls.length, 1)
  assert.equal(pulls[0]?.shards.length, 256)
})

test('who is done goes on with what is left, until there is nothing', async () => {
  const { made, pulls, settled } = schedule(2)
  made.want('p', unequal(range(0, 100)))
  made.want('q', unequal(range(0, 100)))
  for (let at = 0; at < pulls.length; at++) {
    const pull = pulls[at]
    for (const shard of pull?.shards ?? []) settled.add(shard)
    await pull?.end()
  }
  assert.equal(settled.size, 100)
  assert.ok(pulls.length >= 4)
  assert.equal(pulls.flatMap(({ shards }) => shards).length, 100, 'what one has brought is not asked for again')
})

test('when a source dies, its shards go to another at once', async () => {
  const { made, pulls } = schedule(2)
  made.want('p', unequal(range(0, 10)))
  made.want('q', unequal(range(0, 10)))
  assert.equal(pulls.length, 1, 'all ten are under way')
  made.unlinked('p')
  await pulls[0]?.end(new Error('the link ended'))
  assert.deepEqual(pulls[1]?.peer, 'q')
  assert.deepEqual(pulls[1]?.shards, range(0, 10))
})

test('a pull that broke off is tried again, later each time, without a new beacon', async () => {
  const { made, pulls, world } = schedule(1)
  made.want('p', unequal([1, 2]))
  let beforeMs = 0
  for (let round = 0; round < 4; round++) {
    await pulls[round]?.end(new Error('busy'))
    assert.equal(pulls.length, round + 1, 'not at once')
    const sinceMs = world.time.nowMs
    await world.time.run({ condition: () => pulls.length > round + 1, untilMs: sinceMs + 60_000 })
    assert.ok(world.time.nowMs - sinceMs >= beforeMs)
    beforeMs = world.time.nowMs - sinceMs
    assert.deepEqual(pulls[round + 1]?.shards, [1, 2])
  }
  assert.ok(beforeMs <= 2000)
})

test('a gap is pulled beside whatever is under way, twice at a time and no more', () => {
  const { made, pulls } = schedule(1)
  made.want('p', unequal([1]))
  made.wantAtOnce('p', [1])
  assert.equal(pulls.length, 1, 'it is on its way from there')
  for (const shard of [2, 3, 4, 5]) made.wantAtOnce('p', [shard])
  assert.deepEqual(
    pulls.map(({ shards }) => shards),
    [[1], [2], [3]]
  )
})

test('shards that are settled, or dropped, are not asked for', async () => {
  const { made, pulls, settled } = schedule(1)
  settled.add(1)
  made.want('p', unequal([1]))
  assert.equal(pulls.length, 0)
  made.want('p', unequal([1, 2, 3]))
  assert.deepEqual(pulls[0]?.shards, [2, 3])
  settled.add(2)
  settled.add(3)
  await pulls[0]?.end(new Error('not stored'))
  assert.equal(pulls.length, 1)
})

test('a compare waits for nobody, and is left out where the peer is busy', () => {
  const { made, pulls } = schedule(1)
  made.compare('p', [1])
  made.compare('p', [2])
  made.compare('q', [2])
  assert.deepEqual(
    pulls.map(({ peer, isCompare }) => [peer, isCompare]),
    [
      ['p', true],
      ['q', true]
    ]
  )
  assert.ok(made.isPulling(1) && made.isBusy('p'))
})

test('after a long pull the peer is asked whether it has more', async () => {
  const { made, pulls, world, long } = schedule(1)
  made.want('p', unequal([1]))
  await world.time.run({ untilMs: world.time.nowMs + 1500 })
  await pulls[0]?.end()
  assert.deepEqual(long, ['p'])
})

test('how long a shard was behind is counted from the first word of it, over pulls that broke off, and never twice', async () => {
  const { made, pulls, world, behindMs, settled } = schedule(1)
  const pass = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  made.want('p', unequal([1, 2]))
  await pass(100)
  await pulls[0]?.end(new Error('not stored'))
  settled.add(2)
  await pass(200)
  await pulls[1]?.end()
  assert.deepEqual(
    behindMs.map(ms => Math.round(ms)),
    [300, 300]
  )
  made.want('p', unequal([3]))
  await pass(100)
  made.unlinked('p')
  await pulls[2]?.end(new Error('gone'))
  await pass(1000)
  made.want('q', unequal([3]))
  await pulls[3]?.end()
  assert.equal(Math.round(behindMs.at(-1) ?? -1), 0, 'what went with its only source has no time')
  assert.equal(behindMs.length, 3)
})

test('who waits until shards are fetched waits for what is pulled and what comes after it, and not for what has failed', async () => {
  const { made, pulls } = schedule(2)
  let isFetched = false
  made.want('p', unequal(range(0, 40)))
  void made.fetched([3, 30]).then(() => {
    isFetched = true
  })
  const first = pulls[0]
  assert.ok(first !== undefined)
  assert.ok(first.shards.includes(3) && !first.shards.includes(30))
  await first.end()
  assert.equal(isFetched, false, 'one of the two is still to come')
  for (let i = 1; !isFetched; i++) await pulls[i]?.end(new Error('broke off'))
  assert.ok(pulls.length < 4)
  await made.fetched([3, 30])
})

test('nobody waits for what is fetched longer than a shard is left to one source', async () => {
  const { made, world } = schedule(1)
  let isFetched = false
  made.want('slow', unequal(range(0, 20)))
  const wait = made.fetched([3]).then(() => {
    isFetched = true
  })
  await world.time.run({ untilMs: world.time.nowMs + 29_000 })
  assert.equal(isFetched, false)
  await world.time.run({ untilMs: world.time.nowMs + 2000 })
  await wait
})

test('that time does not begin anew with each stream that breaks off, and waiting ends when nobody wants it any more', async () => {
  const { made, pulls, world } = schedule(2)
  const startedMs = world.time.nowMs
  let isFetched = false
  let isWanted = true
  let isGivenUp = false
  made.want('p', unequal([3]))
  made.want('q', unequal([3]))
  void made.fetched([3]).then(() => {
    isFetched = true
  })
  void made
    .fetched([3], () => isWanted)
    .then(() => {
      isGivenUp = true
    })
  let ended = 0
  while (!isFetched && world.time.nowMs < startedMs + 120_000) {
    await world.time.run({ untilMs: world.time.nowMs + 3000 })
    if (world.time.nowMs > startedMs + 10_000) isWanted = false
    await pulls[ended++]?.end(new Error('stalled'))
    if (world.time.nowMs < startedMs + 9000) assert.ok(!isGivenUp)
    if (world.time.nowMs > startedMs + 20_000) assert.ok(isGivenUp)
  }
  assert.ok(ended > 5, 'two take turns')
  assert.ok(world.time.nowMs <= startedMs + 34_000, `${world.time.nowMs - startedMs} ms`)
})

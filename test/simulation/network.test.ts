/** What the simulated network does that a real one does only on a bad day. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from '../../src/ports/errors.ts'
import type { Cut } from '../../src/simulation/link-conditions.ts'
import { settled } from '../../src/simulation/settle.ts'
import { type SimulatedPorts, SimulatedWorld } from '../../src/simulation/world.ts'
import { Observed } from '../ports/network-world.ts'

const admission = { clusterKey: new Uint8Array(32), facts: { cluster: 'test', shards: 8, protocol: 1 } }
const never = { min: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY }

class Pair {
  readonly world: SimulatedWorld
  readonly a: Observed
  readonly b: Observed
  readonly ports: { a: SimulatedPorts; b: SimulatedPorts }

  constructor(seed: number, fabric: ConstructorParameters<typeof SimulatedWorld>[0]['fabric'] = {}) {
    this.world = new SimulatedWorld({ seed, fabric })
    this.ports = { a: this.world.machine('a').boot(admission), b: this.world.machine('b').boot(admission) }
    this.a = new Observed(this.ports.a.network)
    this.b = new Observed(this.ports.b.network)
  }

  static async linked(seed: number): Promise<Pair> {
    const pair = new Pair(seed)
    for (const node of [pair.a, pair.b]) await settled(pair.world.time, node.network.start(node))
    await pair.dial(pair.a, pair.b)
    return pair
  }

  async dial(from: Observed, to: Observed): Promise<void> {
    await settled(this.world.time, from.network.dial(to.network.addresses()))
    await this.pass(10)
  }

  cut(how: Partial<Cut> = {}): void {
    this.world.fabric.cut('a', 'b', how)
  }

  async pass(ms: number): Promise<void> {
    await this.world.time.run({ untilMs: this.world.time.nowMs + ms })
  }

  send(from: Observed, to: Observed, ...values: number[]): boolean {
    return values.every(value => from.network.send(to.network.self, 'calls', Uint8Array.of(value)))
  }

  heard(node: Observed): number[] {
    return node.records.map(record => record.bytes[0] ?? -1)
  }

  end(): void {
    assert.deepEqual([...this.a.violations, ...this.b.violations], [])
  }
}

function forSeeds(claim: string, check: (seed: number) => Promise<void>): void {
  test(claim, async () => {
    for (let seed = 1; seed <= 20; seed++) {
      try {
        await check(seed)
      } catch (error) {
        throw new Error(`seed ${seed}`, { cause: error })
      }
    }
  })
}

forSeeds('records into a cut vanish, and both ends notice only after a while', async seed => {
  const pair = await Pair.linked(seed)
  pair.cut()
  pair.send(pair.a, pair.b, 1, 2)
  await pair.pass(4_000)
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [['b'], ['a']])
  await pair.pass(12_000)
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [[], []])
  assert.deepEqual(pair.heard(pair.b), [])
  pair.end()
})

forSeeds('a cut of one way leaves the other open until the link ends', async seed => {
  const pair = await Pair.linked(seed)
  pair.world.fabric.cutOneWay('a', 'b')
  pair.send(pair.a, pair.b, 1)
  pair.send(pair.b, pair.a, 2)
  await pair.pass(1_000)
  assert.deepEqual([pair.heard(pair.a), pair.heard(pair.b)], [[2], []])
  await pair.pass(20_000)
  assert.deepEqual(
    [pair.a.linkHistory, pair.b.linkHistory],
    [
      ['+b', '-b'],
      ['+a', '-a']
    ]
  )
  pair.end()
})

forSeeds('a stream that lost a record does not go on when the cut heals', async seed => {
  const pair = await Pair.linked(seed)
  pair.cut()
  pair.send(pair.a, pair.b, 1)
  await pair.pass(500)
  pair.world.fabric.heal()
  pair.send(pair.a, pair.b, 2)
  await pair.pass(500)
  assert.deepEqual(pair.heard(pair.b), [])
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [[], []])
  await pair.dial(pair.b, pair.a)
  assert.ok(pair.send(pair.a, pair.b, 3))
  await pair.pass(10)
  assert.deepEqual(pair.heard(pair.b), [3])
  pair.end()
})

forSeeds('a cut in which nothing was sent harms nobody', async seed => {
  const pair = await Pair.linked(seed)
  pair.cut()
  await pair.pass(500)
  pair.world.fabric.heal()
  await pair.pass(30_000)
  assert.ok(pair.send(pair.a, pair.b, 1))
  await pair.pass(10)
  assert.deepEqual([pair.heard(pair.b), pair.a.linkHistory], [[1], ['+b']])
  pair.end()
})

forSeeds('records that wait for a cut to heal arrive in their order', async seed => {
  const pair = await Pair.linked(seed)
  pair.send(pair.a, pair.b, 1)
  pair.cut({ records: 'wait' })
  for (const value of [2, 3, 4]) {
    pair.send(pair.a, pair.b, value)
    await pair.pass(2)
  }
  pair.send(pair.a, pair.b, 5)
  pair.world.fabric.heal()
  pair.send(pair.a, pair.b, 6)
  await pair.pass(0.5)
  pair.send(pair.a, pair.b, 7)
  await pair.pass(100)
  assert.deepEqual(pair.heard(pair.b), [1, 2, 3, 4, 5, 6, 7])
  assert.deepEqual(pair.a.linkHistory, ['+b'])
  pair.end()
})

forSeeds('a cut may go unnoticed for ever', async seed => {
  const pair = await Pair.linked(seed)
  pair.cut({ detectionMs: never })
  pair.send(pair.a, pair.b, 1)
  await pair.pass(3_600_000)
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [['b'], ['a']])
  pair.a.network.unlink('b')
  await pair.pass(1_000)
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [[], ['a']])
  pair.world.fabric.heal()
  await pair.pass(1_000)
  assert.deepEqual(pair.b.network.links(), [])
  pair.end()
})

forSeeds('a dial into a cut fails, whichever way is cut, and leaves no link', async seed => {
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'a']
  ] as const) {
    const pair = await Pair.linked(seed)
    pair.a.network.unlink('b')
    await pair.pass(100)
    pair.world.fabric.cutOneWay(from, to)
    await assert.rejects(
      settled(pair.world.time, pair.a.network.dial(pair.b.network.addresses())),
      error => isShoalError(error) && error.code === 'SHOAL_DIAL_FAILED'
    )
    await pair.pass(1_000)
    assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [[], []])
    pair.end()
  }
})

forSeeds('the kernel of a killed process tells its peers; that of a dead machine does not', async seed => {
  for (const isPowerLoss of [false, true]) {
    const pair = await Pair.linked(seed)
    pair.world.machine('a').kill({ isPowerLoss })
    await pair.pass(100)
    assert.deepEqual(pair.b.network.links(), isPowerLoss ? ['a'] : [])
    await pair.pass(20_000)
    assert.deepEqual(pair.b.linkHistory, ['+a', '-a'])
    assert.deepEqual(pair.a.linkHistory, ['+b'])
    pair.end()
  }
})

forSeeds('a machine that comes back under its name replaces the link that its peer still has', async seed => {
  const pair = await Pair.linked(seed)
  pair.world.machine('a').kill({ isPowerLoss: true })
  const again = new Observed(pair.world.machine('a').boot(admission).network)
  await settled(pair.world.time, again.network.start(again))
  assert.equal(again.network.self, 'a')
  await pair.dial(again, pair.b)
  assert.deepEqual(pair.b.linkHistory, ['+a', '-a', '+a'])
  assert.ok(pair.send(pair.b, again, 1))
  await pair.pass(60_000)
  assert.deepEqual(pair.heard(again), [1])
  assert.deepEqual(pair.b.linkHistory, ['+a', '-a', '+a'])
  assert.deepEqual([...again.violations, ...pair.b.violations], [])
})

forSeeds('a paused process hears nothing, answers no dial, and catches up in order', async seed => {
  const pair = await Pair.linked(seed)
  pair.ports.b.process.pause()
  pair.send(pair.a, pair.b, 1)
  await pair.pass(10)
  pair.send(pair.a, pair.b, 2, 3)
  await pair.pass(60_000)
  assert.deepEqual([pair.heard(pair.b), pair.a.network.links()], [[], ['b']])
  pair.ports.b.process.resume()
  await pair.pass(10)
  assert.deepEqual(pair.heard(pair.b), [1, 2, 3])
  pair.a.network.unlink('b')
  await pair.pass(100)
  pair.ports.b.process.pause()
  const dial = settled(pair.world.time, pair.a.network.dial(pair.b.network.addresses()))
  await assert.rejects(dial, error => isShoalError(error) && error.code === 'SHOAL_DIAL_FAILED')
  pair.ports.b.process.resume()
  await pair.pass(100)
  assert.deepEqual([pair.a.network.links(), pair.b.network.links()], [[], []])
  pair.end()
})

test('a peer that does not read fills the queue, and only that of its own channel', async () => {
  const pair = await Pair.linked(1)
  pair.ports.b.process.pause()
  const block = new Uint8Array(1024 * 1024)
  let taken = 0
  while (taken < 100 && pair.a.network.send('b', 'bulk', block)) {
    taken++
    await pair.pass(10)
  }
  assert.ok(taken < 100)
  assert.ok(pair.a.network.send('b', 'control', block))
  pair.ports.b.process.resume()
  await pair.pass(60_000)
  assert.equal(pair.b.records.length, taken + 1)
  pair.end()
})

forSeeds('a reset ends the link at both ends, and another can be made', async seed => {
  const pair = await Pair.linked(seed)
  pair.world.fabric.reset('a', 'b')
  await pair.pass(100)
  assert.deepEqual(
    [pair.a.linkHistory, pair.b.linkHistory],
    [
      ['+b', '-b'],
      ['+a', '-a']
    ]
  )
  await pair.dial(pair.b, pair.a)
  assert.deepEqual(pair.a.network.links(), ['b'])
  pair.end()
})

forSeeds(
  'what was sent while a link was slow does not stay slow when the link is fast again, and keeps its order',
  async seed => {
    const pair = await Pair.linked(seed)
    const way = { from: 'a', to: 'b' }
    pair.world.fabric.setConditions({ bytesPerMs: 2, spikeProbability: 0.5 }, way)
    for (let value = 0; value < 20; value++) {
      pair.a.network.send('b', 'calls', new Uint8Array(1 + ((value * 7_919) % 9_000)).fill(value))
      await pair.pass(1)
    }
    await pair.pass(50)
    const early = pair.heard(pair.b).length
    assert.ok(early < 20, 'all arrived over the slow link')
    // First into a cut that lasts until the link is fast, then on it.
    if (seed % 2 === 0) pair.cut({ records: 'wait', detectionMs: never })
    pair.world.fabric.setConditions({ bytesPerMs: 100_000, spikeProbability: 0 }, way)
    pair.send(pair.a, pair.b, 20)
    await pair.pass(2)
    if (seed % 2 === 0) {
      assert.equal(pair.heard(pair.b).length, early)
      pair.world.fabric.heal()
      pair.send(pair.a, pair.b, 21)
    }
    await pair.pass(2)
    assert.deepEqual(
      pair.heard(pair.b),
      Array.from({ length: 21 + (seed % 2 === 0 ? 1 : 0) }, (_, value) => value)
    )
    pair.end()
  }
)

test('what waits for a cut does not wait for the slow link that it was sent over', async () => {
  const pair = await Pair.linked(1)
  const way = { from: 'a', to: 'b' }
  pair.cut({ records: 'wait', detectionMs: never })
  pair.send(pair.a, pair.b, 1)
  await pair.pass(2)
  pair.world.fabric.setConditions({ bytesPerMs: 2 }, way)
  pair.a.network.send('b', 'calls', new Uint8Array(100_000).fill(2))
  await pair.pass(2)
  pair.world.fabric.heal() // what waited is behind what is slow
  await pair.pass(2)
  assert.deepEqual(pair.heard(pair.b), [])
  pair.world.fabric.setConditions({ bytesPerMs: 100_000 }, way)
  await pair.pass(3)
  assert.deepEqual(pair.heard(pair.b), [1, 2])
  pair.end()
})

test('publications are lost, doubled and late about as often as they are meant to be', async () => {
  const pair = await Pair.linked(7)
  pair.world.fabric.setConditions({ publishLoss: 0.2, publishDuplication: 0.1, publishReordering: 0.3 })
  for (let index = 0; index < 2_000; index++) {
    pair.a.network.publish(Uint8Array.of(index >> 8, index))
    await pair.pass(1)
  }
  await pair.pass(1_000)
  const order = pair.b.publications.map(bytes => ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0))
  const distinct = new Set(order).size
  const late = order.filter(
    (value, index) => value < Math.max(0, ...order.slice(Math.max(0, index - 100), index))
  ).length
  assert.ok(distinct > 1_550 && distinct < 1_750, `${distinct} of 2,000 arrived`)
  assert.ok(order.length - distinct > 80 && order.length - distinct < 260, `${order.length - distinct} were doubled`)
  assert.ok(late > 300, `${late} were late`)
  pair.end()
})

test('a deaf link carries records and no publications', async () => {
  const pair = new Pair(1)
  pair.world.fabric.setConditions({ deafProbability: 1 })
  for (const node of [pair.a, pair.b]) await settled(pair.world.time, node.network.start(node))
  await pair.dial(pair.a, pair.b)
  assert.equal(pair.a.network.publish(Uint8Array.of(1)), 1)
  assert.ok(pair.send(pair.a, pair.b, 2))
  await pair.pass(1_000)
  assert.deepEqual([pair.heard(pair.b), pair.b.publications], [[2], []])
  pair.end()
})

test('with discovery, every node hears where the others are', async () => {
  const heard: string[] = []
  const pair = new Pair(1, { hasDiscovery: true })
  pair.a.discovered = (addresses?: readonly string[]) => heard.push(`a: ${addresses}`)
  pair.b.discovered = (addresses?: readonly string[]) => heard.push(`b: ${addresses}`)
  for (const node of [pair.a, pair.b]) await settled(pair.world.time, node.network.start(node))
  await pair.pass(100)
  assert.deepEqual(heard.sort(), ['a: /sim/1/p2p/b', 'b: /sim/0/p2p/a'])
})

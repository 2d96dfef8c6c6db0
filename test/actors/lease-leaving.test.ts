/** A node with leased actors leaves, or stops: it gives up all its shards by one write to the lease store, and calls wait but do not fail. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query } from 'shoal'
import { TestCluster } from 'shoal/testing'
import { sessionFrom, sessionKey } from '../../src/cluster/lease/lease-registers.ts'
import { type LeaseStore, storeFailed } from '../../src/ports/lease-store.ts'

const Account = exclusive(
  'account',
  { sum: pnCounter() },
  {
    add: command(({ state }) => {
      state.sum.add(1)
      return state.sum.value
    }),
    sum: query(({ state }) => state.sum.value)
  },
  { partition: 'lease' }
)

interface Asked {
  readonly node: number
  readonly what: 'read' | 'list' | 'write' | 'remove' | 'end'
  readonly key: string
}

interface Watched {
  readonly cluster: TestCluster
  /** Of the lease store, in order. */
  readonly asked: Asked[]
  /** Answers with what is to become of a call; `undefined`: what always does. */
  trouble: ((asked: Asked) => 'request lost' | 'answer lost' | undefined) | undefined
}

function watched(options: { nodes: number; shards: number; leaseMs?: number; seed?: number }): Watched {
  const { nodes, shards, leaseMs = 5000, seed = 1 } = options
  const cluster = new TestCluster({ actors: [Account], nodes, shards, seed, leases: { leaseMs } })
  const it: Watched = { cluster, asked: [], trouble: undefined }
  const open = cluster.leaseStore.open.bind(cluster.leaseStore)
  cluster.leaseStore.open = ports => {
    const store = open(ports)
    const machines = cluster.world.machines()
    const node = machines.findIndex(({ process }) => process === ports.process)
    const own = sessionKey(machines[node]?.id ?? '')
    const call = async <T>(asked: Asked, made: () => Promise<T>): Promise<T> => {
      it.asked.push(asked)
      const trouble = it.trouble?.(asked)
      if (trouble !== 'request lost') {
        const answer = await made()
        if (trouble === undefined) return answer
      }
      throw storeFailed(asked.key, 'no answer')
    }
    const observed: LeaseStore = {
      read: (key, deadlineMs) => call({ node, what: 'read', key }, () => store.read(key, deadlineMs)),
      list: (key, deadlineMs) => call({ node, what: 'list', key }, () => store.list(key, deadlineMs)),
      remove: (key, version, deadlineMs) =>
        call({ node, what: 'remove', key }, () => store.remove(key, version, deadlineMs)),
      write: (key, value, expected, deadlineMs) => {
        const isEnd = key === own && sessionFrom({ key, value, version: '' }).isOver
        const made = () => store.write(key, value, expected, deadlineMs)
        return call({ node, what: isEnd ? 'end' : 'write', key }, made)
      },
      close: () => store.close()
    }
    return observed
  }
  return it
}

/** Clients who add ones, one call at a time each, at any node that runs. */
class Adders {
  answered = 0
  readonly failed: string[] = []
  readonly waitsMs: number[] = []
  readonly #cluster: TestCluster
  readonly #ids: readonly string[]
  #isStopped = false
  readonly #all: Promise<unknown>

  constructor(cluster: TestCluster, ids: readonly string[], pauseMs: number) {
    this.#cluster = cluster
    this.#ids = ids
    this.#all = Promise.all(ids.map((id, n) => this.#go(id, n, pauseMs)))
  }

  /** Ends them, and checks that of each actor there is what was answered, once. */
  async end(): Promise<void> {
    this.#isStopped = true
    await this.#cluster.settle(this.#all)
    // One each was added at the beginning.
    let sum = -this.#ids.length
    for (const id of this.#ids) sum += await this.#cluster.settle(anyNode(this.#cluster).actor(Account, id).sum())
    assert.deepEqual([this.failed, sum], [[], this.answered])
  }

  async #go(id: string, n: number, pauseMs: number): Promise<void> {
    const { time } = this.#cluster.world
    for (let count = n; !this.#isStopped; count++) {
      const beganMs = time.nowMs
      const node = anyNode(this.#cluster, count)
      try {
        await node.actor(Account, id).add()
        this.answered++
        this.waitsMs.push(time.nowMs - beganMs)
      } catch (error) {
        // Its own node is not what a client has left.
        if (!isShoalError(error) || error.code !== 'SHOAL_STOPPED') this.failed.push(String(error))
      }
      await new Promise<void>(resolve => time.schedule(pauseMs * 1000, undefined, resolve))
    }
  }
}

function anyNode(cluster: TestCluster, count = 0) {
  const serving = cluster.nodes().filter(node => node.unready() === undefined)
  return serving[count % serving.length] ?? assert.fail('no node serves')
}

const names = (count: number) => Array.from({ length: count }, (_, n) => `a${n}`)

/** All are there, and so are their shards. */
async function begun(it: Watched, ids: readonly string[]): Promise<void> {
  const { cluster } = it
  await cluster.start()
  for (let i = 0; i < ids.length; i += 32)
    await cluster.settle(Promise.all(ids.slice(i, i + 32).map(id => cluster.actor(0)(Account, id).add())))
}

test('a node that leaves gives up all its shards by one write, and tells the store of none of them', async () => {
  const it = watched({ nodes: 4, shards: 128 })
  await using cluster = it.cluster
  const ids = names(256)
  await begun(it, ids)
  it.asked.length = 0
  const beganMs = cluster.world.time.nowMs
  assert.deepEqual(await cluster.leave(3), { handedOver: true })
  assert.ok(cluster.world.time.nowMs - beganMs < 2000)
  const asked = it.asked.filter(({ node }) => node === 3)
  assert.deepEqual(
    asked.filter(({ what, key }) => what === 'end' || key.startsWith('shard/')).map(({ what }) => what),
    // It looks now and then whether others still need its disk.
    ['end', ...asked.flatMap(({ what }) => (what === 'list' ? [what] : []))]
  )
  // Others read, claim and open each shard that it was a replica of, once, and a new replica asks who it is that speaks to it.
  const others = it.asked.filter(({ node, what }) => node !== 3 && what !== 'list')
  const opened = new Set(others.flatMap(({ what, key }) => (what === 'write' && key.startsWith('shard/') ? [key] : [])))
  assert.ok(opened.size > 64)
  assert.equal(others.filter(({ what, key }) => what === 'write' && key.startsWith('shard/')).length, 2 * opened.size)
  assert.ok(others.length <= 5 * opened.size + 30, `${others.length} calls for ${opened.size} shards`)
  for (const id of ids) assert.equal(await cluster.settle(cluster.actor(0)(Account, id).sum()), 1)
})

test('no call fails while a node leaves, though the lease store takes 100 ms to answer', async () => {
  const it = watched({ nodes: 3, shards: 64 })
  await using cluster = it.cluster
  const ids = names(128)
  await begun(it, ids)
  cluster.leaseStore.conditions.latencyMs = { min: 50, max: 51 }
  await cluster.run(5000)
  const adders = new Adders(cluster, ids, 100)
  await cluster.run(500)
  assert.deepEqual(await cluster.leave(2), { handedOver: true })
  await cluster.run(2000)
  await adders.end()
  const worstMs = Math.max(...adders.waitsMs)
  assert.ok(worstMs < 1500, `${worstMs} ms`)
})

for (const trouble of ['request lost', 'answer lost'] as const)
  test(`where the ${trouble === 'request lost' ? 'end of a session' : 'answer to it'} is lost, the leaving node says it again, and no call fails`, async () => {
    const it = watched({ nodes: 4, shards: 16 })
    await using cluster = it.cluster
    const ids = names(32)
    await begun(it, ids)
    const adders = new Adders(cluster, ids, 50)
    let losses = 2
    it.trouble = ({ what }) => (what === 'end' && losses-- > 0 ? trouble : undefined)
    assert.deepEqual(await cluster.leave(3), { handedOver: true })
    await cluster.run(1000)
    await adders.end()
    assert.ok(Math.max(...adders.waitsMs) < 4000)
  })

for (const seed of [1, 2, 3])
  test(`seed ${seed}: a leaving node that dies before its session has ended is taken over from when its lease is over, with all that it had acknowledged`, async () => {
    const it = watched({ nodes: 4, shards: 16, leaseMs: 3000, seed })
    await using cluster = it.cluster
    const ids = names(32)
    await begun(it, ids)
    const sums = new Map(ids.map(id => [id, 1]))
    let isStopped = false
    const adder = async (id: string) => {
      for (; !isStopped; await new Promise<void>(resolve => cluster.world.time.schedule(50_000, undefined, resolve)))
        await cluster
          .actor(0)(Account, id)
          .add()
          .then(
            sum => void sums.set(id, sum),
            () => {}
          )
    }
    const all = Promise.all(ids.map(adder))
    await cluster.run(500)
    const dies = Promise.withResolvers<void>()
    it.trouble = ({ node, what }) => {
      if (node !== 3 || what !== 'end') return undefined
      cluster.world.time.schedule(0, undefined, () => {
        cluster.kill(3)
        dies.resolve()
      })
      return 'request lost'
    }
    cluster
      .node(3)
      .leave()
      .catch(() => {})
    await cluster.settle(dies.promise)
    const diedMs = cluster.world.time.nowMs
    isStopped = true
    await cluster.settle(all)
    for (const id of ids) {
      let sum: number | undefined
      while (sum === undefined) {
        const asked = cluster.actor(1)(Account, id).sum()
        sum = await cluster.settle(asked.catch(() => undefined))
        if (sum === undefined) await cluster.run(20)
      }
      assert.ok(sum >= (sums.get(id) ?? 0), `${id}: ${sum}, and ${sums.get(id)} was shown`)
    }
    const tookMs = cluster.world.time.nowMs - diedMs
    assert.ok(tookMs < 3000 + 1000, `${tookMs} ms`)
  })

test('a node leaves in a bounded time while the lease store is away, and nothing is lost', async () => {
  const it = watched({ nodes: 4, shards: 16, leaseMs: 2000 })
  await using cluster = it.cluster
  const ids = names(32)
  await begun(it, ids)
  cluster.leaseStore.conditions.isDown = true
  const beganMs = cluster.world.time.nowMs
  assert.deepEqual(await cluster.leave(3), { handedOver: false })
  assert.ok(cluster.world.time.nowMs - beganMs < 2000 + 8000 + 1500)
  cluster.leaseStore.conditions.isDown = false
  await cluster.run(3000)
  for (const id of ids) assert.equal(await cluster.settle(cluster.actor(0)(Account, id).sum()), 1)
})

test('a node that stops without leaving ends its session, too: others need not wait for its lease', async () => {
  const it = watched({ nodes: 4, shards: 16, leaseMs: 30_000 })
  await using cluster = it.cluster
  const ids = names(32)
  await begun(it, ids)
  const stopped = cluster.node(3).stop()
  await cluster.settle(stopped)
  cluster.kill(3)
  const endedMs = cluster.world.time.nowMs
  for (const id of ids) {
    let sum: number | undefined
    while (sum === undefined) {
      const asked = cluster.actor(0)(Account, id).sum()
      sum = await cluster.settle(asked.catch(() => undefined))
      if (sum === undefined) await cluster.run(20)
    }
    assert.equal(sum, 1)
  }
  const tookMs = cluster.world.time.nowMs - endedMs
  assert.ok(tookMs < 10_000, `${tookMs} ms`)
})

test('a node that stops while the lease store is away does so in a moment', async () => {
  const it = watched({ nodes: 3, shards: 16 })
  await using cluster = it.cluster
  await begun(it, names(8))
  cluster.leaseStore.conditions.isDown = true
  await cluster.run(200)
  const beganMs = cluster.world.time.nowMs
  await cluster.settle(cluster.node(2).stop())
  assert.ok(cluster.world.time.nowMs - beganMs < 1000)
})

test('a rolling restart of eight nodes under load fails no call, loses none and doubles none', async t => {
  const it = watched({ nodes: 8, shards: 32 })
  await using cluster = it.cluster
  const ids = names(60)
  await begun(it, ids)
  const adders = new Adders(cluster, ids, 150)
  for (let number = 0; number < 8; number++) {
    await cluster.run(500)
    assert.deepEqual(await cluster.leave(number), { handedOver: true })
    cluster.boot(number)
    await cluster.until(() => cluster.isWhole())
  }
  await cluster.run(500)
  await adders.end()
  const waits = adders.waitsMs.toSorted((a, b) => a - b)
  const at = (share: number) => (waits[Math.floor(share * (waits.length - 1))] ?? 0).toFixed(1)
  t.diagnostic(`${waits.length} calls: median ${at(0.5)}, p99 ${at(0.99)}, worst ${at(1)} ms`)
  assert.ok(Number(at(1)) < 1000)
})

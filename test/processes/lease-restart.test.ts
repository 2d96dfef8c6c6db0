/**
 * Nodes with leased actors are restarted one after the other, over a real lease store, while clients add to counters: no call fails, none is
 * lost and none counts twice. `SHOAL_NODES=8 SHOAL_CLIENTS=40` is more.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeasedProcesses } from '../histories/leased-processes.ts'
import { quantile } from '../histories/take-over.ts'
import { ask, call } from './support/http.ts'
import { LeaseStoreServer } from './support/lease-store-server.ts'
import type { NodeProcess } from './support/node-process.ts'
import { pause } from './support/until.ts'

const nodeCount = Number(process.env['SHOAL_NODES'] ?? 4)
const clientCount = Number(process.env['SHOAL_CLIENTS'] ?? 12)
const paceMs = 40
const counters = 60
const store = (['postgres', 'etcd'] as const).find(kind => LeaseStoreServer.missing(kind) === undefined)
const skip = store === undefined ? 'NOT TESTED: this machine has neither a PostgreSQL nor an etcd server' : false

/** Clients who add ones, each through any node that is not about to leave, as behind a balancer that looks at readiness. */
class Adders {
  /** Nodes that get no new calls; those that they have are to be answered. */
  readonly resting = new Set<NodeProcess>()
  readonly added = new Map<string, number>()
  readonly failed: string[] = []
  readonly waitsMs: number[] = []
  readonly #nodes: readonly NodeProcess[]
  readonly #all: Promise<unknown>
  #isStopped = false

  constructor(nodes: readonly NodeProcess[]) {
    this.#nodes = nodes
    this.#all = Promise.all(Array.from({ length: clientCount }, (_, n) => this.#go(n)))
  }

  async end(): Promise<void> {
    this.#isStopped = true
    await this.#all
  }

  async #go(first: number): Promise<void> {
    for (let n = first * 7; !this.#isStopped; n++) {
      const nodes = this.#nodes.filter(node => !this.resting.has(node))
      const node = nodes[n % nodes.length] ?? assert.fail('no node serves')
      await this.#add(node, `c${n % counters}`)
      await pause(paceMs)
    }
  }

  async #add(node: NodeProcess, id: string): Promise<void> {
    const beganMs = performance.now()
    try {
      const path = `/v1/actors/counter-cell/${id}/add`
      const { status, body } = await ask('POST', node.http, path, { amount: 1 })
      if (status === 200) this.added.set(id, (this.added.get(id) ?? 0) + 1)
      else this.failed.push(`${id} by ${node.name}: ${status} ${JSON.stringify(body)}`)
    } catch (error) {
      this.failed.push(`${id} by ${node.name}: ${error}`)
    }
    this.waitsMs.push(performance.now() - beganMs)
  }
}

test('nodes are restarted one after the other under load, and no call fails, is lost or counts twice', {
  timeout: 600_000,
  skip
}, async t => {
  await using processes = await LeasedProcesses.start({
    seed: 1,
    store: store ?? 'postgres',
    nodes: nodeCount,
    leaseMs: 5_000
  })
  const { nodes } = processes
  const adders = new Adders(nodes)
  await pause(2_000)
  const calmMs = adders.waitsMs.length
  const leavesMs: number[] = []
  for (const node of nodes) {
    adders.resting.add(node)
    const beganMs = performance.now()
    node.signal('SIGTERM')
    await node.exited()
    leavesMs.push(Math.round(performance.now() - beganMs))
    await node.start()
    await processes.allAlive()
    adders.resting.delete(node)
  }
  await pause(1_000)
  await adders.end()
  const told = (waits: readonly number[]) => [0.5, 0.99, 1].map(share => quantile(waits, share)?.toFixed(0)).join(' / ')
  t.diagnostic(`${store}, ${nodes.length} nodes: ${adders.waitsMs.length} calls, ${adders.failed.length} failed`)
  t.diagnostic(`median, p99 and worst: ${told(adders.waitsMs)} ms; before: ${told(adders.waitsMs.slice(0, calmMs))} ms`)
  t.diagnostic(`each node was gone after ${leavesMs.join(' ')} ms`)
  assert.deepEqual(adders.failed.slice(0, 10), [], `${adders.failed.length} of ${adders.waitsMs.length} calls failed`)
  const [node] = nodes
  assert.ok(node !== undefined && adders.waitsMs.length > 100)
  for (const [id, count] of adders.added)
    assert.equal(await call<number>(node.http, `counter-cell/${id}/read`), count, id)
})

/**
 * Nodes with leased actors are restarted one after the other, over a real lease store, while clients add to counters: no acknowledged call is
 * lost, none counts twice, and who is refused is told truly. How many are refused depends on how busy the machine is: with `SHOAL_STRICT=1`, for
 * one that has nothing else to do, none may be. `SHOAL_NODES=8 SHOAL_CLIENTS=40` is more.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leaseWithoutEffect } from '../histories/leased-cells.ts'
import { LeasedProcesses } from '../histories/leased-processes.ts'
import { quantile } from '../histories/take-over.ts'
import { ask, call } from './support/http.ts'
import { LeaseStoreServer } from './support/lease-store-server.ts'
import type { NodeProcess } from './support/node-process.ts'
import { pause, until } from './support/until.ts'

const nodeCount = Number(process.env['SHOAL_NODES'] ?? 4)
const clientCount = Number(process.env['SHOAL_CLIENTS'] ?? 12)
const paceMs = 40
const counters = 60
const isStrict = process.env['SHOAL_STRICT'] === '1'
/** No promise: the time that a busy machine may take. */
const patienceMs = 120_000
/** A node that is about to end says the last. */
const withoutEffect = new Set([...leaseWithoutEffect, 'SHOAL_STOPPED'])
const store = (['postgres', 'etcd'] as const).find(kind => LeaseStoreServer.missing(kind) === undefined)
const skip = store === undefined ? 'NOT TESTED: this machine has neither a PostgreSQL nor an etcd server' : false

/** Clients who add ones, each through any node that is not about to leave, as behind a balancer that looks at readiness. */
class Adders implements AsyncDisposable {
  /** Nodes that get no new calls; those that they have are to be answered. */
  readonly resting = new Set<NodeProcess>()
  readonly added = new Map<string, number>()
  /** Of each counter, those of which nobody knows. */
  readonly inDoubt = new Map<string, number>()
  readonly failed: string[] = []
  /** Failures that say neither that there was no effect nor that nobody knows. */
  readonly untold: string[] = []
  readonly waitsMs: number[] = []
  readonly #nodes: readonly NodeProcess[]
  readonly #all: Promise<unknown>
  #isStopped = false

  constructor(nodes: readonly NodeProcess[]) {
    this.#nodes = nodes
    this.#all = Promise.all(Array.from({ length: clientCount }, (_, n) => this.#go(n)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
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
    const path = `/v1/actors/counter-cell/${id}/add`
    const told = await ask('POST', node.http, path, { amount: 1 }).catch(String)
    this.waitsMs.push(performance.now() - beganMs)
    if (typeof told === 'string') this.#fail(id, node, told, undefined)
    else if (told.status === 200) increment(this.added, id)
    else this.#fail(id, node, JSON.stringify(told), (told.body as { code?: string } | undefined)?.code ?? '')
  }

  /** Without a code where the connection broke, or nothing came by it. */
  #fail(id: string, node: NodeProcess, text: string, code: string | undefined): void {
    const failure = `${id} by ${node.name}: ${text}`
    this.failed.push(failure)
    if (code === undefined || code === 'SHOAL_INDETERMINATE') increment(this.inDoubt, id)
    else if (!withoutEffect.has(code)) this.untold.push(failure)
  }
}

function increment(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1)
}

test('nodes are restarted one after the other under load, and no acknowledged call is lost or counts twice', {
  timeout: 600_000,
  skip
}, async t => {
  await using processes = await LeasedProcesses.start({
    seed: 1,
    store: store ?? 'postgres',
    nodes: nodeCount,
    leaseMs: 5_000,
    aliveDeadlineMs: patienceMs
  })
  const { nodes } = processes
  await using adders = new Adders(nodes)
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
  await adders[Symbol.asyncDispose]()
  const told = (waits: readonly number[]) => [0.5, 0.99, 1].map(share => quantile(waits, share)?.toFixed(0)).join(' / ')
  t.diagnostic(`${store}, ${nodes.length} nodes: ${adders.waitsMs.length} calls, ${adders.failed.length} failed`)
  for (const failure of adders.failed.slice(0, 10)) t.diagnostic(failure)
  t.diagnostic(`median, p99 and worst: ${told(adders.waitsMs)} ms; before: ${told(adders.waitsMs.slice(0, calmMs))} ms`)
  t.diagnostic(`each node was gone after ${leavesMs.join(' ')} ms`)
  assert.deepEqual(adders.untold, [], 'failures that say nothing of the effect')
  if (isStrict) assert.equal(adders.failed.length, 0, `of ${adders.waitsMs.length} calls`)
  const [node] = nodes
  assert.ok(node !== undefined && adders.added.size > 0)
  for (const [id, count] of adders.added) {
    const { value } = await until(`${id} answers`, patienceMs, () => call<number>(node.http, `counter-cell/${id}/read`))
    const most = count + (adders.inDoubt.get(id) ?? 0)
    assert.ok(value >= count && value <= most, `${id} is ${value}, of ${count} acknowledged, ${most} perhaps`)
  }
})

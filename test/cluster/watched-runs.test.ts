/**
 * Level B with watchers: seeds of all faults, while every node watches every actor that only grows. No watch ever goes back, and each
 * that has not given up ends with the state that its node answers.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError, type ShoalNode } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import { faultyRun } from './support/faulty-run.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 15)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

interface Watched {
  readonly node: ShoalNode
  readonly name: string
  last: number
  state: string
  changes: number
  error: unknown
}

/** Actors that the workload only adds to. */
const names = ['counter/c0', 'counter/c1', 'cart/c0', 'cart/c1', 'document/d0', 'account/a0'] as const

/** How much is in a state: the sum, or so many words. */
function sizeOf(name: string, state: unknown): number {
  const text = JSON.stringify(state)
  if (name.startsWith('counter') || name.startsWith('account')) return Number(/-?\d+/.exec(text)?.[0])
  return [...text.matchAll(/\bw\d+\b/g)].length
}

/** What goes wrong with a node or its disk is told to its watches, too. */
const understood = new Set(['SHOAL_UNAVAILABLE', 'SHOAL_DISK', 'SHOAL_CORRUPT', 'SHOAL_STOPPED', 'SHOAL_UNKNOWN_KIND'])
const lookForNodesEveryUs = 100_000
const settleUs = 1_500_000

class Eyes {
  readonly watches: Watched[] = []
  readonly wrong: string[] = []
  readonly #known = new Set<ShoalNode>()

  started(cluster: TestCluster): void {
    const look = () => {
      for (const node of cluster.nodes()) {
        if (this.#known.has(node)) continue
        this.#known.add(node)
        for (const name of names) void this.#follow(node, name)
      }
      cluster.world.time.schedule(lookForNodesEveryUs, undefined, look)
    }
    look()
  }

  converged(cluster: TestCluster): void {
    cluster.world.time.schedule(settleUs, undefined, () => {
      for (const watch of this.watches)
        if (cluster.nodes().includes(watch.node)) this.#compare(cluster, watch).catch(() => {})
    })
  }

  async #follow(node: ShoalNode, name: string): Promise<void> {
    const watch: Watched = { node, name, last: Number.NEGATIVE_INFINITY, state: '', changes: 0, error: undefined }
    this.watches.push(watch)
    try {
      for await (const state of node.watch(...partsOf(name))) {
        const size = sizeOf(name, state)
        if (!(size >= watch.last)) this.wrong.push(`${node.id}: ${name} went from ${watch.last} to ${size}`)
        watch.last = size
        watch.state = JSON.stringify(state)
        watch.changes++
      }
    } catch (error) {
      watch.error = error
      if (!isShoalError(error) || !understood.has(error.code)) this.wrong.push(`${node.id}: ${name}: ${error}`)
    }
  }

  async #compare(cluster: TestCluster, watch: Watched): Promise<void> {
    const { node, name } = watch
    const { state } = await node.describe(...partsOf(name))
    // Its process may have ended meanwhile.
    if (watch.error !== undefined || !cluster.nodes().includes(node)) return
    if (JSON.stringify(state) !== watch.state)
      this.wrong.push(`${node.id}: ${name} is ${JSON.stringify(state)}, and its watch ended with ${watch.state}`)
  }
}

function partsOf(name: string): [kind: string, id: string] {
  const [kind = '', id = ''] = name.split('/')
  return [kind, id]
}

test(`${seeds} seeds of faults: no watch goes back, and each ends with the state that all have`, {
  timeout: 1_200_000
}, async t => {
  let changes = 0
  let watches = 0
  let givenUp = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const eyes = new Eyes()
    let cluster: TestCluster | undefined
    await faultyRun(
      { seed, ...(seed % 2 === 0 ? { replicas: 2 } : {}) },
      {
        started(started) {
          cluster = started
          eyes.started(started)
        },
        converged() {
          if (cluster !== undefined) eyes.converged(cluster)
        }
      }
    )
    assert.deepEqual(eyes.wrong, [], `seed ${seed}`)
    watches += eyes.watches.length
    givenUp += eyes.watches.filter(({ error }) => error !== undefined).length
    changes += eyes.watches.reduce((sum, watch) => sum + watch.changes, 0)
  }
  t.diagnostic(`seeds ${first} to ${first + seeds - 1}: ${watches} watches, ${changes} states, ${givenUp} gave up`)
  assert.ok(changes > 100 * seeds, 'too little was shown to say anything')
})

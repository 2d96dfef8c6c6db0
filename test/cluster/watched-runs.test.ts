/**
 * Level B with watchers: seeds of all faults, while every node watches every actor that only grows. No watch ever goes back, and each
 * ends with the state that all nodes answer, unless what it has shown was lost with a disk.
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
  size: number
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
  return wordsOf(text).length
}

function wordsOf(text: string): string[] {
  return [...text.matchAll(/\bw\d+\b/g)].map(([word]) => word)
}

/** What goes wrong with a node or its disk is told to its watches, too. */
const understood = new Set(['SHOAL_UNAVAILABLE', 'SHOAL_DISK', 'SHOAL_CORRUPT', 'SHOAL_STOPPED', 'SHOAL_UNKNOWN_KIND'])
const lookEveryUs = 100_000

class Eyes {
  readonly watches: Watched[] = []
  readonly wrong: string[] = []
  waiting = 0
  readonly #known = new Set<ShoalNode>()
  #running: ReadonlySet<ShoalNode> = new Set()
  /** As it was read last. */
  readonly #last = new Map<string, string>()
  #isQuiet = false

  started(cluster: TestCluster): void {
    const look = () => {
      this.#running = new Set(cluster.nodes())
      for (const node of this.#running) {
        if (this.#known.has(node)) continue
        this.#known.add(node)
        for (const name of names) void this.#follow(node, name)
      }
      if (this.#isQuiet) for (const name of names) this.#read(name).catch(() => {})
      cluster.world.time.schedule(lookEveryUs, undefined, look)
    }
    look()
  }

  /** Nothing is written any more. */
  converged(): void {
    this.#isQuiet = true
  }

  /** The run is over, some seconds after it was quiet. */
  ended(): void {
    for (const { node, name, state, size, error } of this.watches) {
      if (error !== undefined || !this.#running.has(node)) continue
      const last = this.#last.get(name) ?? ''
      // What was shown is gone for good with a disk: the watch waits for it, and gives up in a moment.
      const isGone = wordsOf(state).some(word => !wordsOf(last).includes(word))
      if (isGone || size > sizeOf(name, JSON.parse(last))) this.waiting++
      else if (state !== last) this.wrong.push(`${node.id}: ${name} is ${last}, and its watch ended with ${state}`)
    }
  }

  async #read(name: string): Promise<void> {
    const [kind, id] = partsOf(name)
    const node = [...this.#running].find(node => node.definitions().some(definition => definition.kind === kind))
    if (node !== undefined) this.#last.set(name, JSON.stringify((await node.describe(kind, id)).state))
  }

  async #follow(node: ShoalNode, name: string): Promise<void> {
    const watch: Watched = { node, name, size: Number.NEGATIVE_INFINITY, state: '', changes: 0, error: undefined }
    this.watches.push(watch)
    try {
      for await (const state of node.watch(...partsOf(name))) {
        const size = sizeOf(name, state)
        if (!(size >= watch.size)) this.wrong.push(`${node.id}: ${name} went from ${watch.size} to ${size}`)
        watch.size = size
        watch.state = JSON.stringify(state)
        watch.changes++
      }
    } catch (error) {
      watch.error = error
      if (!isShoalError(error) || !understood.has(error.code)) this.wrong.push(`${node.id}: ${name}: ${error}`)
    }
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
  let waiting = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const eyes = new Eyes()
    await faultyRun(
      { seed, ...(seed % 2 === 0 ? { replicas: 2 } : {}) },
      {
        started: cluster => eyes.started(cluster),
        converged: () => eyes.converged()
      }
    )
    eyes.ended()
    assert.deepEqual(eyes.wrong, [], `seed ${seed}`)
    watches += eyes.watches.length
    waiting += eyes.waiting
    givenUp += eyes.watches.filter(({ error }) => error !== undefined).length
    changes += eyes.watches.reduce((sum, watch) => sum + watch.changes, 0)
  }
  t.diagnostic(
    `seeds ${first} to ${first + seeds - 1}: ${watches} watches, ${changes} states, ${givenUp} gave up, ${waiting} would have`
  )
  assert.ok(changes > 100 * seeds, 'too little was shown to say anything')
})

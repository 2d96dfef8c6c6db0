/**
 * What a node wrote to its disk before it was damaged, batch by batch, and what its peers hold: one run of three simulated nodes.
 *
 * At first all write and are equal; then the first node is cut off, all go on writing and removing, and it dies. The books say of
 * each write who had it: everybody, only the victim, or only its peers.
 */
import type { DiskWrite } from '../../src/ports/disk.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import type { StoreRoot } from '../../src/simulation/sorted-store.ts'
import { TestCluster } from '../../src/testing.ts'
import { actors } from '../support/shop.ts'

export const victim = 0
export const shards = 4

/** Whose disk has it for certain. */
export type Holder = 'all' | 'victim' | 'peers'

export interface Token {
  readonly actor: string
  readonly text: string
  readonly added: Holder
  readonly author: number
  /** How many batches were on the victim's disk when it was acknowledged. */
  readonly addedBatch: number
  removed: Holder | undefined
  removedBatch: number
}

/** Of a counter: what was added once, by whom and when. */
export interface Addition {
  readonly holder: Holder
  readonly batch: number
}

export interface History {
  readonly seed: number
  /** All that the victim wrote to its disk. */
  readonly batches: readonly (readonly DiskWrite[])[]
  /** How many of them it had written when it was cut off. */
  readonly batchesBeforeCut: number
  /** The disks of the others. */
  readonly peers: readonly StoreRoot[]
  readonly tokens: readonly Token[]
  readonly counters: ReadonlyMap<string, readonly Addition[]>
}

export interface HistoryOptions {
  readonly seed: number
  /** Writes before the cut, and during it. */
  readonly writes: number
  /** Actors of each kind. */
  readonly actors: number
}

export async function makeHistory({ seed, writes, actors: count }: HistoryOptions): Promise<History> {
  await using cluster = new TestCluster({ actors, nodes: 3, seed: `damage ${seed}`, shards })
  const random = new SeededRandom(`history ${seed}`)
  const image = cluster.machine(victim).disk
  const batches: DiskWrite[][] = []
  const append = image.append.bind(image)
  image.append = batch => {
    batches.push(batch.map(write => ({ ...write })))
    return append(batch)
  }
  await cluster.start()
  const author = new Author(cluster, random, count, batches)
  await author.write(writes, 'all')
  await cluster.until(() => isEqual(cluster), 30_000)
  const batchesBeforeCut = batches.length
  cluster.partition([victim], [1, 2])
  await author.write(writes, 'cut')
  await cluster.until(() => isEqual(cluster, [1, 2]), 30_000)
  cluster.kill(victim)
  const peers = [1, 2].map(number => cluster.machine(number).disk.backup())
  return { seed, batches, batchesBeforeCut, peers, tokens: author.tokens, counters: author.counters }
}

class Author {
  readonly tokens: Token[] = []
  readonly counters = new Map<string, Addition[]>()
  readonly #cluster: TestCluster
  readonly #random: SeededRandom
  readonly #actors: number
  readonly #batches: readonly unknown[]
  /** So many tokens are on all nodes that hear of each other. */
  #seen = 0

  constructor(cluster: TestCluster, random: SeededRandom, actors: number, batches: readonly unknown[]) {
    this.#cluster = cluster
    this.#random = random
    this.#actors = actors
    this.#batches = batches
  }

  async write(count: number, phase: 'all' | 'cut'): Promise<void> {
    for (let n = 0; n < count; n++) {
      const node = this.#random.below(3)
      const holder = phase === 'all' ? 'all' : node === victim ? 'victim' : 'peers'
      const id = `${this.#random.below(this.#actors)}`
      // What is removed must have been seen by who removes it.
      const removable = this.tokens.filter(
        ({ removed, added, author }, at) =>
          removed === undefined && (added === 'all' || added === holder) && (at < this.#seen || author === node)
      )
      if (removable.length > 5 && this.#random.chance(0.2)) {
        const token = this.#random.pick(removable)
        await this.#call(node, 'tags', token.actor, 'remove', token.text)
        token.removed = holder
        token.removedBatch = this.#batches.length
      } else if (this.#random.chance(0.4)) {
        await this.#call(node, 'counter', id, 'add', 1)
        const additions = this.counters.get(id) ?? []
        additions.push({ holder, batch: this.#batches.length })
        this.counters.set(id, additions)
      } else {
        // Of some length, so that the files have many pages.
        const text = `${phase} ${n} ${'x'.repeat(this.#random.below(60))}`
        await this.#call(node, 'tags', id, 'add', text)
        const addedBatch = this.#batches.length
        this.tokens.push({
          actor: id,
          text,
          author: node,
          added: holder,
          addedBatch,
          removed: undefined,
          removedBatch: 0
        })
      }
      if (n % 10 !== 9) continue
      if (phase === 'all') await this.#cluster.until(() => isEqual(this.#cluster), 30_000)
      else await this.#cluster.until(() => isEqual(this.#cluster, [1, 2]), 30_000)
      this.#seen = this.tokens.length
    }
  }

  async #call(node: number, kind: string, id: string, method: string, argument: unknown): Promise<void> {
    await this.#cluster.settle(this.#cluster.node(node).call(kind, id, method, argument))
  }
}

function isEqual(cluster: TestCluster, numbers: readonly number[] = [0, 1, 2]): boolean {
  return new Set(numbers.map(number => cluster.node(number).digest())).size === 1
}

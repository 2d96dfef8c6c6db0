/**
 * What the network suite needs of a world, and what it keeps in every world: a record of all that a node was told, with the
 * promises that hold at every moment (links alternate, records only over a link, nothing from inside a call) checked on the way.
 */
import assert from 'node:assert/strict'
import type { Channel, ClusterFacts, Network, NetworkEvents, PeerId } from '../../src/ports/network.ts'

export interface NetworkWorld {
  /** A node that is not started yet, with an identity of its own. What is left out is equal for all nodes of this world. */
  make(options?: NodeOptions): Network | Promise<Network>
  /** Waits, in the world's own time, until the condition holds; throws when `deadlineMs` have passed. */
  until(condition: () => boolean, deadlineMs: number): Promise<void>
  dispose(): Promise<void>
}

export interface NodeOptions {
  clusterKey?: Uint8Array
  facts?: Partial<ClusterFacts>
}

export interface Arrival {
  readonly peer: PeerId
  readonly channel: Channel
  readonly bytes: Uint8Array
}

/** Generous: it is there to fail a hang. */
export const deadlineMs = 20_000

export class Observed implements NetworkEvents {
  readonly network: Network
  readonly records: Arrival[] = []
  readonly publications: Uint8Array[] = []
  readonly writers = new Set<PeerId>()
  readonly refusals: { peer: PeerId | undefined; reason: string }[] = []
  /** `+peer` and `-peer`, in order. */
  readonly linkHistory: string[] = []
  readonly violations: string[] = []
  readonly #linked = new Set<PeerId>()
  #isInsideCall = false

  constructor(network: Network) {
    this.network = network
  }

  /** Calls the network and notes whether it called back before it returned. */
  call<Result>(use: (network: Network) => Result): Result {
    this.#isInsideCall = true
    try {
      return use(this.network)
    } finally {
      this.#isInsideCall = false
    }
  }

  linksSeen(peer: PeerId): number {
    return this.linkHistory.filter(entry => entry === `+${peer}`).length
  }

  linksLost(peer: PeerId): number {
    return this.linkHistory.filter(entry => entry === `-${peer}`).length
  }

  hasLink(peer: PeerId): boolean {
    return this.#linked.has(peer)
  }

  linked(peer: PeerId): void {
    this.#check('linked')
    if (this.#linked.has(peer)) this.violations.push(`linked twice with ${peer}`)
    this.#linked.add(peer)
    this.linkHistory.push(`+${peer}`)
  }

  unlinked(peer: PeerId): void {
    this.#check('unlinked')
    if (!this.#linked.delete(peer)) this.violations.push(`unlinked from ${peer} without a link`)
    this.linkHistory.push(`-${peer}`)
  }

  record(peer: PeerId, channel: Channel, bytes: Uint8Array): void {
    this.#check('record')
    if (!this.#linked.has(peer)) this.violations.push(`a record of ${peer} without a link`)
    this.records.push({ peer, channel, bytes: bytes.slice() })
  }

  published(bytes: Uint8Array, writer: PeerId): void {
    this.#check('published')
    this.writers.add(writer)
    this.publications.push(bytes.slice())
  }

  discovered(): void {
    this.#check('discovered')
  }

  refused(peer: PeerId | undefined, reason: string): void {
    this.#check('refused')
    this.refusals.push({ peer, reason })
  }

  #check(event: string): void {
    if (this.#isInsideCall) this.violations.push(`${event} was called from inside a call`)
  }
}

/** One test's world, with short hands for what every test does. */
export class Scene {
  readonly #world: NetworkWorld
  readonly #nodes: Observed[] = []

  constructor(world: NetworkWorld) {
    this.#world = world
  }

  until(condition: () => boolean): Promise<void> {
    return this.#world.until(condition, deadlineMs)
  }

  /** The outcome of a promise that needs the world's time to pass. */
  async settle<Result>(promise: Promise<Result>): Promise<Result> {
    let isSettled = false
    const done = promise.then(
      () => {
        isSettled = true
      },
      () => {
        isSettled = true
      }
    )
    await this.until(() => isSettled)
    await done
    return promise
  }

  /** The code of the error that a promise ends with. */
  async failure(promise: Promise<unknown>): Promise<string> {
    try {
      await this.settle(promise)
    } catch (error) {
      return codeOf(error)
    }
    return assert.fail('it was expected to fail')
  }

  async make(options?: NodeOptions): Promise<Observed> {
    const node = new Observed(await this.#world.make(options))
    this.#nodes.push(node)
    return node
  }

  async start(options?: NodeOptions): Promise<Observed> {
    const node = await this.make(options)
    await this.settle(node.call(network => network.start(node)))
    return node
  }

  dial(from: Observed, to: Observed): Promise<PeerId> {
    return from.call(network => network.dial(to.network.addresses()))
  }

  async link(from: Observed, to: Observed): Promise<void> {
    await this.settle(this.dial(from, to))
    await this.until(() => from.hasLink(to.network.self) && to.hasLink(from.network.self))
  }

  async end(): Promise<void> {
    for (const node of this.#nodes) await this.settle(node.call(network => network.stop()))
    await this.#world.dispose()
    for (const node of this.#nodes) assert.deepEqual(node.violations, [])
  }
}

export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : `no code: ${String(error)}`
}

/**
 * A node that outlives a failed disk: full, read-only for a while, or a sync that was refused.
 *
 * A commit that failed ends the incarnation: nobody knows which of its seqs reached the disk, so none may be given out again.
 * The node is stopped at once, so that the others see it die and take over what it owns; it answers `SHOAL_DISK` meanwhile. Once the
 * disk takes a synced write again, a fresh incarnation is put together over what the disk holds, behind the same `ShoalNode`.
 */

import type { AnyDefinition } from './actors/definitions/definition.ts'
import type { ActorOf, CallOptions } from './actors/definitions/reference.ts'
import type { SetAsideRecord } from './actors/leased/set-aside.ts'
import { NodeListeners } from './node-listeners.ts'
import { checkId, referenceTo } from './node-reference.ts'
import { LastingWatch } from './node-watch.ts'
import type { Clock, Timer } from './ports/clock.ts'
import { isShoalError, ShoalError } from './ports/errors.ts'
import type { Logger } from './ports/logger.ts'
import type { Metrics } from './ports/metrics.ts'
import type { ActorView, LeaveOutcome, MembersView, NodeEvents, ShoalNode } from './shoal-node.ts'

export interface RecoveryParts {
  /** Puts a node together over fresh ports, under a fresh incarnation, and starts it. */
  begin(): Promise<ShoalNode>
  /** Throws while the disk takes no synced writes. */
  probe(): Promise<void>
  /** For the waits between two tries; outlives the incarnations, and is stopped in the end by `ended`. */
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  ended?(): void
}

/** Until the disk is tried again: twice as long after each further failure, in milliseconds. */
const minWaitMs = 1000
const maxWaitMs = 10_000
/** A disk that fails again sooner than this after a recovery is tried more and more seldom, in milliseconds. */
const soundAfterMs = 60_000

/** These will not pass by themselves. */
const lasting: ReadonlySet<string> = new Set(['SHOAL_CORRUPT', 'SHOAL_CLUSTER_MISMATCH'])

/** Rejects where the first start fails. */
export async function createRecoveringNode(parts: RecoveryParts): Promise<ShoalNode> {
  return new RecoveringNode(parts, await parts.begin())
}

class RecoveringNode implements ShoalNode {
  readonly id: string
  readonly name: string
  readonly region: string
  readonly zone: string
  readonly shards: number
  readonly actor: ActorOf
  readonly #parts: RecoveryParts
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  readonly #failures
  readonly #isFailed
  readonly #listeners: NodeListeners
  #life: ShoalNode | undefined
  #incarnation = ''
  #addresses: readonly string[] = []
  #refusedPeers: readonly string[] = []
  /** Why there is no life now. */
  #reason = ''
  #lifeSinceMs = 0
  #failedTries = 0
  #recovering: Promise<void> | undefined
  #wait: { readonly timer: Timer; readonly end: () => void } | undefined
  #nextLife: PromiseWithResolvers<void> | undefined
  #isEnding = false
  #stopping: Promise<void> | undefined

  constructor(parts: RecoveryParts, life: ShoalNode) {
    this.#parts = parts
    this.#listeners = new NodeListeners(parts.logger)
    this.id = life.id
    this.name = life.name
    this.region = life.region
    this.zone = life.zone
    this.shards = life.shards
    this.#definitions = new Map(life.definitions().map(definition => [definition.kind, definition]))
    this.actor = (definition, id) => referenceTo(this, this.#definitions, definition, id)
    this.#failures = parts.metrics.counter('shoal_disk_failures_total', 'Commits that failed and ended an incarnation')
    this.#isFailed = parts.metrics.gauge(
      'shoal_disk_failed',
      '1 while the disk takes no writes and the node waits for it'
    )
    this.#adopt(life)
  }

  get incarnation(): string {
    return this.#incarnation
  }

  addresses(): readonly string[] {
    return this.#life?.addresses() ?? this.#addresses
  }

  definitions(): readonly AnyDefinition[] {
    return [...this.#definitions.values()]
  }

  members(): MembersView {
    return this.#alive().members()
  }

  links(): readonly string[] {
    return this.#life?.links() ?? []
  }

  ring(): readonly string[] {
    return this.#alive().ring()
  }

  forget(id: string): void {
    this.#alive().forget(id)
  }

  owner(definition: AnyDefinition, id: string): string | null {
    return this.#alive().owner(definition, id)
  }

  digest(): string {
    return this.#alive().digest()
  }

  call(kind: string, id: string, method: string, argument: unknown, options?: CallOptions): Promise<unknown> {
    const life = this.#life
    if (life === undefined) return Promise.reject(this.#lifeless())
    return life.call(kind, id, method, argument, options)
  }

  async describe(kind: string, id: string): Promise<ActorView> {
    return this.#alive().describe(kind, id)
  }

  watch(kind: string, id: string): AsyncIterableIterator<unknown> {
    checkId(id)
    const first = this.#alive().watch(kind, id)
    return new LastingWatch(first, async () => (await this.#untilAlive())?.watch(kind, id))
  }

  watchText(kind: string, id: string): AsyncIterableIterator<string> {
    checkId(id)
    const first = this.#alive().watchText(kind, id)
    return new LastingWatch(first, async () => (await this.#untilAlive())?.watchText(kind, id))
  }

  backup(options?: { readonly withIdentity?: boolean }): AsyncIterableIterator<Uint8Array> {
    return this.#alive().backup(options)
  }

  setAside(): AsyncIterableIterator<SetAsideRecord> {
    return this.#alive().setAside()
  }

  unready(): string | undefined {
    if (this.#life !== undefined) return this.#life.unready()
    return this.#isEnding ? 'stopped' : this.#reason
  }

  on<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void {
    return this.#listeners.add(event, listener)
  }

  refuse(peers: readonly string[]): void {
    this.#refusedPeers = peers
    this.#life?.refuse(peers)
  }

  async leave(): Promise<LeaveOutcome> {
    this.#isEnding = true
    try {
      return (await this.#life?.leave()) ?? { handedOver: false }
    } finally {
      await this.stop()
    }
  }

  stop(): Promise<void> {
    this.#isEnding = true
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #stop(): Promise<void> {
    this.#wait?.timer.cancel()
    this.#wait?.end()
    await this.#life?.stop()
    await this.#recovering
    this.#nextLife?.resolve()
    this.#parts.ended?.()
  }

  // ---- lives -----------------------------------------------------------------------------------------------------------------

  #alive(): ShoalNode {
    if (this.#life !== undefined) return this.#life
    throw this.#lifeless()
  }

  #lifeless(): ShoalError {
    return this.#isEnding
      ? new ShoalError('SHOAL_STOPPED', 'this node is not running', { retryable: true })
      : new ShoalError('SHOAL_DISK', this.#reason, { retryable: true })
  }

  /** The next incarnation, or `undefined` when there will be none. */
  async #untilAlive(): Promise<ShoalNode | undefined> {
    while (this.#life === undefined && !this.#isEnding) {
      this.#nextLife ??= Promise.withResolvers()
      await this.#nextLife.promise
    }
    return this.#isEnding ? undefined : this.#life
  }

  #adopt(life: ShoalNode): void {
    this.#life = life
    this.#lifeSinceMs = this.#parts.clock.elapsed()
    this.#incarnation = life.incarnation
    this.#addresses = life.addresses()
    life.on('members', members => this.#listeners.tell('members', members))
    life.on('damaged', damage => this.#listeners.tell('damaged', damage))
    life.on('refused', refusal => this.#listeners.tell('refused', refusal))
    life.on('differ', difference => this.#listeners.tell('differ', difference))
    life.on('overlap', overlap => this.#listeners.tell('overlap', overlap))
    life.on('failed', ({ error }) => this.#failed(life, error))
    if (this.#refusedPeers.length > 0) life.refuse(this.#refusedPeers)
    this.#isFailed.set(0)
    this.#nextLife?.resolve()
    this.#nextLife = undefined
  }

  #failed(life: ShoalNode, error: unknown): void {
    if (this.#life !== life) return
    if (this.#isEnding || !isShoalError(error) || error.code !== 'SHOAL_DISK') {
      this.#listeners.tell('failed', { error })
      return
    }
    if (this.#parts.clock.elapsed() - this.#lifeSinceMs > soundAfterMs) this.#failedTries = 0
    this.#life = undefined
    this.#reason = `the disk has failed (${reasonOf(error)}); nothing is written until it takes writes again`
    this.#failures.add()
    this.#isFailed.set(1)
    this.#parts.logger.error('the disk has failed; this node waits until it takes writes again', { err: error })
    this.#listeners.tell('diskFailed', { error })
    this.#recovering = this.#recover(life)
  }

  async #recover(ended: ShoalNode): Promise<void> {
    const startMs = this.#parts.clock.elapsed()
    try {
      await ended.stop()
    } catch (error) {
      this.#parts.logger.warn('the failed incarnation did not stop cleanly', { err: error })
    }
    while (!this.#isEnding) {
      await this.#pause(Math.min(maxWaitMs, minWaitMs * 2 ** this.#failedTries++))
      if (this.#isEnding) return
      try {
        await this.#parts.probe()
        await this.#beginAgain(startMs)
        return
      } catch (error) {
        if (isShoalError(error) && lasting.has(error.code)) {
          this.#reason = error.message
          this.#parts.logger.error('the disk is back, and this node cannot go on with what it holds', { err: error })
          this.#listeners.tell('failed', { error })
          return
        }
        this.#parts.logger.warn('the disk takes no writes yet', { err: error })
      }
    }
  }

  async #beginAgain(startMs: number): Promise<void> {
    const life = await this.#parts.begin()
    if (this.#isEnding) {
      await life.stop()
      return
    }
    this.#adopt(life)
    const outageMs = Math.round(this.#parts.clock.elapsed() - startMs)
    const { incarnation } = life
    this.#parts.logger.info('the disk takes writes again; this node goes on', { incarnation, outageMs })
    this.#listeners.tell('diskRecovered', { incarnation, outageMs })
  }

  #pause(waitMs: number): Promise<void> {
    return new Promise(end => {
      this.#wait = { timer: this.#parts.clock.after(waitMs, end), end }
    })
  }
}

/** The disk's own words are at the bottom of a chain of causes. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}

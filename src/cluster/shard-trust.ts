/**
 * Which shards are as they were written, as far as this process has looked.
 *
 * What a disk holds at the start is believed only after it was looked through, and so again when something in it proves wrong.
 * Until then a shard's context may claim what is lost. It takes commands and fresh pushes, whose dots nobody can have claimed; but it
 * is not served to peers, not filled from them, and what it seems to have had before is confirmed to nobody.
 */
import type { ShoalError } from '../ports/errors.ts'

export interface TrustEvents {
  /** There is a shard to be looked through, or another one first. */
  work(): void
  /** What is under way with the shard may rest on what is not there. */
  doubted(shard: number): void
}

export class ShardTrust {
  readonly #unverified = new Set<number>()
  /** Asked for: these go first. */
  readonly #wanted = new Set<number>()
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  /** Grows when a shard comes under suspicion, so that a look that began before does not count. */
  readonly #suspicions = new Map<number, number>()
  #ended: ShoalError | undefined
  #events: TrustEvents = { work() {}, doubted() {} }

  watch(events: TrustEvents): void {
    this.#events = events
    if (this.#unverified.size > 0) events.work()
  }

  isVerified(shard: number): boolean {
    return !this.#unverified.has(shard)
  }

  /** Resolves when these shards are verified, and has them looked through before others. */
  async verified(shards: readonly number[]): Promise<void> {
    const open = shards.filter(shard => this.#unverified.has(shard))
    if (open.length === 0) return
    if (this.#ended !== undefined) throw this.#ended
    for (const shard of open) this.#wanted.add(shard)
    this.#events.work()
    await Promise.all(open.map(shard => this.#wait(shard)))
  }

  #wait(shard: number): Promise<void> {
    let waiting = this.#waiting.get(shard)
    if (waiting === undefined) {
      waiting = Promise.withResolvers<void>()
      this.#waiting.set(shard, waiting)
    }
    return waiting.promise
  }

  /** What the disk has of it must be looked through. */
  suspect(shard: number): void {
    this.#unverified.add(shard)
    this.#suspicions.set(shard, this.suspicions(shard) + 1)
    this.#events.doubted(shard)
    this.#events.work()
  }

  /** It is stored no more: what is under way with it must not count should it be stored again. */
  dropped(shard: number): void {
    this.#suspicions.set(shard, this.suspicions(shard) + 1)
    this.#events.doubted(shard)
    this.trust(shard)
  }

  suspicions(shard: number): number {
    return this.#suspicions.get(shard) ?? 0
  }

  /** It was looked through, or cut down to what is there. */
  trust(shard: number): void {
    this.#unverified.delete(shard)
    this.#wanted.delete(shard)
    this.#waiting.get(shard)?.resolve()
    this.#waiting.delete(shard)
  }

  /** Nothing is looked through any more: whoever waits for it, waits in vain. */
  end(error: ShoalError): void {
    this.#ended = error
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }

  get unverifiedCount(): number {
    return this.#unverified.size
  }

  /** The shard to be looked through next. */
  next(): number | undefined {
    const [wanted] = this.#wanted
    if (wanted !== undefined) return wanted
    const [shard] = this.#unverified
    return shard
  }
}

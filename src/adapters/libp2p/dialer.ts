/**
 * Dials that end with a link: every address is tried, a slow one does not hold up the next, and a dial that loses the race
 * against another connection of the pair answers with that one.
 */
import { CODE_P2P, type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { DialTicket } from './doorkeeper.ts'
import { isRefusal, type Outcome, refusal } from './handshake.ts'

/** Time until the next address is tried while the one before has not answered, in milliseconds. */
const staggerMs = 300
/** How long a dial whose connection was given up waits for the one that should have replaced it, in milliseconds. */
const replacementMs = 1_000
const maxAddresses = 32

export interface DialerHost {
  readonly self: PeerId
  readonly clock: Clock
  readonly dialDeadlineMs: number
  isRefused(peer: PeerId): boolean
  refused(peer: PeerId, reason: string): void
  /** A link exists, though it may not be up yet. */
  hasLink(peer: PeerId): boolean
  /** Resolves when the link with this peer is up. Rejects after the time, or when `firstLinkOnly` and the present one ends. */
  untilUp(peer: PeerId, withinMs: number, firstLinkOnly: boolean): Promise<void>
  connect(address: Multiaddr, ticket: DialTicket, signal: AbortSignal): Promise<unknown>
}

export class Dialer {
  readonly #host: DialerHost
  /** By address, so that dials of one address at the same time share one connection. */
  readonly #attempts = new Map<string, Promise<PeerId>>()
  readonly #stopped = new AbortController()

  constructor(host: DialerHost) {
    this.#host = host
  }

  /** Dials under way fail. */
  stop(): void {
    this.#stopped.abort()
  }

  dial(addresses: readonly string[]): Promise<PeerId> {
    const { clock, dialDeadlineMs } = this.#host
    const failures: Error[] = []
    const targets = addresses.slice(0, maxAddresses)
    return new Promise((resolve, reject) => {
      let running = 0
      let next = clock.after(0, () => {})
      const fail = (): void => {
        deadline.cancel()
        next.cancel()
        reject(worstOf(failures, addresses))
      }
      const deadline = clock.after(dialDeadlineMs, fail)
      const tryNext = (): void => {
        next.cancel()
        const address = targets.shift()
        if (address === undefined || this.#stopped.signal.aborted) {
          if (running === 0) fail()
          return
        }
        running++
        next = clock.after(staggerMs, tryNext)
        this.#attempt(address).then(
          peer => {
            targets.length = 0
            deadline.cancel()
            next.cancel()
            resolve(peer)
          },
          (error: Error) => {
            running--
            failures.push(error)
            tryNext()
          }
        )
      }
      tryNext()
    })
  }

  #attempt(address: string): Promise<PeerId> {
    const known = this.#attempts.get(address)
    if (known !== undefined) return known
    const attempt = this.#connect(address).finally(() => this.#attempts.delete(address))
    this.#attempts.set(address, attempt)
    return attempt
  }

  async #connect(address: string): Promise<PeerId> {
    const { clock, dialDeadlineMs, self } = this.#host
    const { target, named } = parse(address)
    if (named === self) throw dialFailed(`${address} is this node itself`)
    if (named !== undefined) {
      if (this.#host.isRefused(named)) {
        const error = refusal('peer', `peer ${named} is refused by this node`)
        this.#host.refused(named, error.message)
        throw error
      }
      if (await this.#comesUp(named, dialDeadlineMs)) return named
    }
    const abort = new AbortController()
    const started = clock.elapsed()
    const giveUp = (): void => abort.abort()
    const deadline = clock.after(dialDeadlineMs, giveUp)
    this.#stopped.signal.addEventListener('abort', giveUp)
    try {
      const { outcome, peer } = await this.#shake(target, address, abort.signal)
      const remainingMs = Math.max(0, dialDeadlineMs - (clock.elapsed() - started))
      if (outcome === 'linked') await this.#surviving(peer, remainingMs)
      else await this.#host.untilUp(peer, remainingMs, false)
      return peer
    } finally {
      deadline.cancel()
      this.#stopped.signal.removeEventListener('abort', giveUp)
    }
  }

  /** There is a link, and it is up or comes up. */
  async #comesUp(peer: PeerId, withinMs: number): Promise<boolean> {
    if (!this.#host.hasLink(peer)) return false
    try {
      await this.#host.untilUp(peer, withinMs, true)
      return true
    } catch {
      return false
    }
  }

  /** Either this connection comes up, or it is given up for another one that does. */
  async #surviving(peer: PeerId, remainingMs: number): Promise<void> {
    if (await this.#comesUp(peer, remainingMs)) return
    await this.#host.untilUp(peer, Math.min(remainingMs, replacementMs), false)
  }

  #shake(target: Multiaddr, address: string, signal: AbortSignal): Promise<{ outcome: Outcome; peer: PeerId }> {
    return new Promise((resolve, reject) => {
      const ticket: DialTicket = {
        settle: (outcome, peer) => resolve({ outcome, peer }),
        fail: error => reject(isShoalError(error) ? asDialError(error, address) : dialFailed(address, error))
      }
      this.#host.connect(target, ticket, signal).catch((error: unknown) => reject(dialFailed(address, error)))
    })
  }
}

function parse(address: string): { target: Multiaddr; named: PeerId | undefined } {
  try {
    const target = multiaddr(address)
    const components = target.getComponents()
    if (components.length === 0) throw new TypeError('it is empty')
    return { target, named: components.findLast(component => component.code === CODE_P2P)?.value }
  } catch (cause) {
    throw dialFailed(`${JSON.stringify(address)} is not a multiaddr`, cause)
  }
}

function asDialError(error: ShoalError, address: string): ShoalError {
  return isRefusal(error) ? error : dialFailed(address, error)
}

function dialFailed(what: string, cause?: unknown): ShoalError {
  const why = cause === undefined ? '' : `: ${cause instanceof Error ? cause.message : String(cause)}`
  return new ShoalError('SHOAL_DIAL_FAILED', `${what}${why}`, { retryable: true, cause })
}

/** A refusal says more than an address at which nobody was. */
function worstOf(failures: readonly Error[], addresses: readonly string[]): Error {
  const found = failures.find(isRefusal)
  if (found !== undefined) return found
  const reasons = failures.map(failure => failure.message)
  const list = addresses.length === 0 ? 'no address was given' : `no answer from ${addresses.join(', ').slice(0, 500)}`
  return dialFailed(list, reasons.length === 0 ? undefined : reasons.join('; ').slice(0, 1_000))
}

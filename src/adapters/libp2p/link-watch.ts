/**
 * Looks at the links twice a second: keeps idle ones alive, and ends those that are none any more (nothing arrives, or publications
 * do not reach the peer although it is linked), so that the cluster dials anew.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { figuresOf } from './figures.ts'
import type { Gossip } from './gossip.ts'
import type { Link } from './link.ts'

const lookMs = 500
/** A look that comes later than this says more about this node than about its peers, in milliseconds. */
const lateLookMs = 250
/** Every so many looks a keep-alive goes out on each link. */
const looksPerKeepAlive = 10
/** So many looks are left out for a new link, whose publications have yet to find their way. */
const graceLooks = 3

export interface LinkWatchHost {
  readonly clock: Clock
  readonly deafLimitMs: number
  readonly silenceLimitMs: number
  readonly figures: Pick<ReturnType<typeof figuresOf>, 'deaf' | 'silent'>
  readonly gossip: Pick<Gossip, 'isDeaf' | 'linked'>
  links(): readonly Link[]
}

export class LinkWatch {
  readonly #host: LinkWatchHost
  #timer: Timer | undefined
  #looks = 0
  #lookedAtMs = 0

  constructor(host: LinkWatchHost) {
    this.#host = host
  }

  start(): void {
    this.#lookedAtMs = this.#host.clock.elapsed()
    this.#timer = this.#host.clock.after(lookMs, () => this.#look())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  /** Counted in looks, and not in those that come late: a node that was stopped or is starved itself accuses nobody. */
  #look(): void {
    const { clock, links } = this.#host
    const isLate = clock.elapsed() - this.#lookedAtMs > lookMs + lateLookMs
    this.#lookedAtMs = clock.elapsed()
    this.#timer = clock.after(lookMs, () => this.#look())
    this.#looks++
    for (const link of links()) {
      if (!link.isUp) continue
      if (this.#looks % looksPerKeepAlive === 0) link.sendKeepAlive()
      if (!isLate) this.#judge(link)
    }
  }

  #judge(link: Link): void {
    const { deafLimitMs, figures, gossip, silenceLimitMs } = this.#host
    link.silentLooks++
    link.looks++
    const isDeaf = gossip.isDeaf(link.peer)
    link.deafLooks = isDeaf && link.looks > graceLooks ? link.deafLooks + 1 : 0
    // gossipsub tries once to open its stream. A second try may spare the link.
    if (isDeaf && link.deafLooks <= 1 && link.connection !== undefined) gossip.linked(link.peer, link.connection)
    if (link.silentLooks * lookMs > silenceLimitMs) {
      figures.silent.add()
      link.close('nothing was heard of the peer for too long')
    } else if (link.deafLooks * lookMs >= deafLimitMs) {
      figures.deaf.add()
      link.close('publications do not reach the peer')
    }
  }
}

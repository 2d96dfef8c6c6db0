/**
 * The links of one simulated process: which there are, and how each begins and ends. An end tells the other one, unless the way there
 * is cut, or nobody is left to tell.
 */
import type { PeerId } from '../ports/network.ts'
import type { Path, SimulatedFabric } from './fabric.ts'
import type { LinkEnd } from './link.ts'
import { type Cut, plainCut } from './link-conditions.ts'
import type { SimulatedProcess } from './process.ts'

/** `tell`: the other end hears of it, unless the way there is cut. */
type Ending = 'tell' | 'hush'

export class LinkTable {
  readonly #fabric: SimulatedFabric
  readonly #process: SimulatedProcess
  readonly #tell: (what: 'linked' | 'unlinked', peer: PeerId) => void
  readonly #ends = new Map<PeerId, LinkEnd>()
  /** Links that ended, of which `unlinked` was not told yet. */
  readonly #owedUnlinked = new Set<PeerId>()
  /** Of those, the peers of links that are up. */
  readonly #upPeers = new Set<PeerId>()
  /** The same, worked out when it is asked for after a change. */
  #peers: readonly PeerId[] | undefined

  constructor(
    fabric: SimulatedFabric,
    process: SimulatedProcess,
    tell: (what: 'linked' | 'unlinked', peer: PeerId) => void
  ) {
    this.#fabric = fabric
    this.#process = process
    this.#tell = tell
  }

  /** Peers with a link. */
  peers(): readonly PeerId[] {
    this.#peers ??= [...this.#upPeers]
    return this.#peers
  }

  up(): LinkEnd[] {
    return [...this.#ends.values()].filter(({ state }) => state === 'up')
  }

  get(peer: PeerId): LinkEnd | undefined {
    return this.#ends.get(peer)
  }

  isUp(peer: PeerId): boolean {
    return this.#ends.get(peer)?.state === 'up'
  }

  add(end: LinkEnd): void {
    this.#ends.set(end.peer.owner.self, end)
  }

  open(end: LinkEnd): void {
    if (end.state !== 'opening') return
    const peer = end.peer.owner.self
    this.#payUnlinked(peer)
    end.state = 'up'
    this.#upPeers.add(peer)
    this.#peers = undefined
    this.#tell('linked', peer)
  }

  end(end: LinkEnd, how: Ending): void {
    if (end.state === 'closed') return
    const peer = end.peer.owner
    const wasUp = end.state === 'up'
    end.close()
    if (this.#ends.get(peer.self) === end) this.#ends.delete(peer.self)
    if (wasUp) {
      this.#upPeers.delete(peer.self)
      this.#peers = undefined
      this.#owedUnlinked.add(peer.self)
      this.#process.schedule(0, () => this.#payUnlinked(peer.self))
    }
    if (how === 'tell') this.#hangUp(end, 0)
  }

  endAll(): void {
    for (const end of [...this.#ends.values()]) this.end(end, 'tell')
  }

  /** This node reads on. */
  release(): void {
    for (const end of this.#ends.values()) end.peer.release()
  }

  /** The process is gone; with `isPowerLoss` its kernel, too. */
  died(isPowerLoss: boolean): void {
    const { random, options } = this.#fabric
    for (const end of this.#ends.values()) {
      end.close()
      const { peer } = end
      if (!isPowerLoss) this.#hangUp(end, random.between(options.hangUpMs.min, options.hangUpMs.max) * 1000)
      else {
        const noticedMs = random.between(plainCut.detectionMs.min, plainCut.detectionMs.max)
        peer.owner.process.schedule(noticedMs * 1000, () => peer.owner.table.end(peer, 'hush'))
      }
    }
    this.#ends.clear()
    this.#upPeers.clear()
    this.#peers = undefined
  }

  // ---- what the fabric and the other ends tell -------------------------------------------------------------------------------

  /** Bytes were changed on their way. The encryption notices, and a stream that lost something cannot go on. */
  receivedCorrupt(end: LinkEnd): void {
    this.#fabric.sightings.see('network: corrupt bytes ended a link')
    this.end(end, 'tell')
  }

  /** Links over this path die when this end notices. */
  pathWasCut(path: Path, cut: Cut): void {
    const end = this.#over(path)
    if (end === undefined) return
    const noticedMs = this.#fabric.random.between(cut.detectionMs.min, cut.detectionMs.max)
    if (!Number.isFinite(noticedMs)) return // Infinity minus itself is no number either: never
    this.#process.schedule(noticedMs * 1000, () => {
      if (path.cut !== cut || end.state === 'closed') return
      this.#fabric.sightings.see('network: a cut ended a link')
      this.end(end, 'tell')
    })
  }

  pathWasHealed(path: Path): void {
    const end = this.#over(path)
    if (end === undefined) return
    const isBroken = end.hasHole || end.peer.hasHole || end.peer.state === 'closed'
    if (isBroken) this.#process.schedule(this.#fabric.latencyUs(path, 0), () => this.end(end, 'tell'))
    else if (end.path === path) end.release()
  }

  /** What is under way need not take as long as it would have. */
  pathIsFaster(path: Path): void {
    const end = this.#over(path)
    if (end !== undefined) (end.path === path ? end : end.peer).hasten()
  }

  wasReset(peer: PeerId): void {
    const end = this.#ends.get(peer)
    if (end === undefined) return
    this.#fabric.sightings.see('network: a link was reset')
    this.#process.schedule(this.#fabric.latencyUs(end.path, 0), () => this.end(end, 'hush'))
  }

  /** This process's end of the link over this path, whichever of the two ways it is. */
  #over(path: Path): LinkEnd | undefined {
    const isEnd = (end: LinkEnd | undefined) => end !== undefined && (end.path === path || end.peer.path === path)
    return [path.from.id, path.to.id].map(id => this.#ends.get(id)).find(isEnd)
  }

  #hangUp(end: LinkEnd, delayUs: number): void {
    const { peer } = end
    this.#fabric.time.schedule(delayUs, undefined, () => {
      this.#fabric.post(end.path, () => peer.owner.process.schedule(0, () => peer.owner.table.end(peer, 'hush')))
    })
  }

  #payUnlinked(peer: PeerId): void {
    if (this.#owedUnlinked.delete(peer)) this.#tell('unlinked', peer)
  }
}

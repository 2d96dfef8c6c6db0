/**
 * One node's part in a lease shard, as what others say to it reaches it: it promises, accepts, fetches, lets others fetch, and brings
 * answers to the owner or the claimant that this node may be.
 *
 * Answers leave when what they say is on the disk.
 */
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import type { TailRoom } from './entry-tail.ts'
import { EpochWriter } from './epoch-writer.ts'
import { Fetch } from './fetch.ts'
import type { Journal } from './journal.ts'
import type { NamedEntry } from './lease-layout.ts'
import type { LeaseBody, LeaseMessage, Want } from './lease-messages.ts'
import { compareStamps, type Lineage, maxEpochLeap, origin, positionOf, type Stamp } from './lineage.ts'
import type { Replica } from './replica.ts'
import type { Sealing } from './sealing.ts'
import type { Turns } from './turns.ts'

export interface LeaseShardParts {
  readonly self: PeerId
  readonly clock: Clock
  readonly logger: Logger
  readonly journal: Journal
  readonly replica: Replica
  /** Of all shards. */
  readonly tails: TailRoom
  /** For fetches of all shards. */
  readonly fetches: Turns
  send(peer: PeerId, epoch: number, body: LeaseBody): boolean
}

type Message<Kind> = LeaseMessage & { readonly kind: Kind }

const pageEntries = 512
const pageBytes = 128 * 1024
/** Pages that are read for others at once; who asks for more asks again. */
const maxPagesUnderWay = 4

export class LeaseShard {
  readonly replica: Replica
  readonly #parts: LeaseShardParts
  /** The largest epoch that a replica has told of, or that this node has tried to claim: the next claim is above it. */
  #largestKnown = 0
  #claimed = 0
  /** Who waits for a promise to be on the disk. */
  readonly #sealers = new Map<PeerId, number>()
  #owner: { readonly peer: PeerId; readonly epoch: number } | undefined
  #told = -1
  #fetch: Fetch | undefined
  #pages = 0
  sealing: Sealing | undefined
  /** What an operator was told that it takes to open it, and when. */
  told: { readonly needs: string; readonly atMs: number } | undefined
  #writer: EpochWriter | undefined
  /** Grows with whatever brings this node, or a replica that it gives everything, nearer to the end. */
  progress = 0
  /** Its records go from the disk just now: what comes is not heard, and comes again. */
  #isDropping = false
  /** How far others have come who fetch from this node. */
  readonly #scanned = new Map<PeerId, Stamp>()

  constructor(parts: LeaseShardParts) {
    this.#parts = parts
    this.replica = parts.replica
  }

  get largestEpoch(): number {
    return Math.max(this.#largestKnown, this.replica.promise)
  }

  /** This node claims that epoch, once only: whatever becomes of the try, what lets go of it must not find a later one under its name. */
  claims(epoch: number): void {
    this.#claimed = epoch
    this.#largestKnown = Math.max(this.#largestKnown, epoch)
  }

  receive(peer: PeerId, message: LeaseMessage): void {
    const { kind, epoch } = message
    if (this.#isDropping) return
    if (kind === 'seal') this.#seal(peer, epoch)
    else if (kind === 'entries') this.#entries(peer, message)
    else if (kind === 'fetch') void this.#servePage(peer, epoch, message.number, message.want)
    else if (kind === 'sealed') this.#sealed(peer, epoch, message.lineage)
    else if (kind === 'accepted') this.#accepted(peer, epoch, message.n)
    else if (kind === 'refused') this.#refused(peer, message)
    else if (kind === 'page' && peer === this.#fetch?.source && epoch === this.#fetch.epoch) {
      this.progress++
      this.#fetch.received(message.number, message)
    }
  }

  /** The same, after the replica has promised what the lease store says was claimed. */
  receiveChecked(peer: PeerId, message: LeaseMessage): void {
    this.#endBelow(this.replica.promise)
    this.receive(peer, message)
  }

  linked(peer: PeerId): void {
    this.#writer?.linked(peer)
    this.sealing?.linked(peer)
  }

  unlinked(peer: PeerId): void {
    if (this.#fetch?.source === peer) this.#fetch.stop('the link broke')
  }

  /** What this replica had when the batch was made is on the disk. */
  stored(): void {
    const { self, send } = this.#parts
    const { promise, lineage } = this.replica.stored
    for (const [peer, epoch] of this.#sealers) {
      if (epoch > promise) continue
      this.#sealers.delete(peer)
      if (epoch < promise) send(peer, epoch, { kind: 'refused', promised: promise })
      else if (peer === self) this.sealing?.answered(self, epoch, lineage)
      else send(peer, epoch, { kind: 'sealed', lineage })
    }
    const { epoch, n } = positionOf(lineage)
    if (epoch === this.#writer?.epoch) this.#writer.accepted(self, n)
    else if (epoch === this.#owner?.epoch && n > this.#told) this.#tell()
  }

  /** Promises an epoch that this node claims, and answers its sealing. */
  sealSelf(epoch: number): void {
    // What it wrote before it let go. To end that later would end this sealing, too.
    this.#writer?.stop(fencedBy(epoch))
    this.#writer = undefined
    this.#seal(this.#parts.self, epoch)
  }

  askToSeal(peer: PeerId, epoch: number): void {
    this.#parts.send(peer, epoch, { kind: 'seal' })
  }

  /** Makes this replica as the source is. Throws a retryable error where it breaks off. */
  async fetchFrom(source: PeerId, epoch: number): Promise<void> {
    this.#fetch?.stop('another fetch begins')
    const { clock, journal, send } = this.#parts
    const ask = (number: number, want: Want) => send(source, epoch, { kind: 'fetch', number, want })
    const fetch = new Fetch({ replica: this.replica, journal, clock, epoch, source, ask })
    this.#fetch = fetch
    const isClaimant = epoch === this.#claimed
    try {
      await this.#parts.fetches.take(() => fetch.run(), isClaimant ? 'first' : 'last')
    } finally {
      if (this.#fetch === fetch) this.#fetch = undefined
    }
  }

  /** From now on this node writes this epoch; it had promised it. */
  write(epoch: number, set: readonly PeerId[], last: number): EpochWriter {
    const { self, clock, tails, send } = this.#parts
    const body = (peer: PeerId, what: LeaseBody) => send(peer, epoch, what)
    const writer = new EpochWriter({ clock, self, epoch, set, replica: this.replica, last, tails, send: body })
    this.#writer = writer
    this.#scanned.clear()
    return writer
  }

  /** This node owns the shard no more, and claims it no more. */
  end(why: ShoalError): void {
    this.#writer?.stop(why)
    this.#writer = undefined
    this.sealing?.stop(why)
  }

  stop(): void {
    this.#fetch?.stop('this node has stopped')
  }

  get isDropping(): boolean {
    return this.#isDropping
  }

  /** Promises what was claimed, and drops what this replica has: it is none of those that are asked. Answers whether all is gone. */
  async drop(claimed: number, isStopped: () => boolean): Promise<boolean> {
    if (this.#isDropping || this.replica.promise > claimed || !this.#promise(this.#parts.self, claimed)) return false
    const isWriting = this.#writer?.isFenced === false
    if (isWriting || this.sealing !== undefined || this.#fetch !== undefined || this.#pages > 0) return false
    this.#isDropping = true
    try {
      return await this.#parts.journal.remove(this.replica, isStopped)
    } finally {
      this.#isDropping = false
    }
  }

  // ---- as a replica ----------------------------------------------------------------------------------------------------------

  /** `false`: a later one was promised, and the peer is told. */
  #promise(peer: PeerId, epoch: number): boolean {
    if (!this.replica.promiseTo(epoch)) {
      const { promise } = this.replica
      if (peer !== this.#parts.self) this.#parts.send(peer, epoch, { kind: 'refused', promised: promise })
      else if (this.sealing?.epoch === epoch) this.sealing.stop(fencedBy(promise))
      return false
    }
    this.#endBelow(epoch)
    return true
  }

  #endBelow(epoch: number): void {
    if (this.#writer !== undefined && this.#writer.epoch < epoch) this.end(fencedBy(epoch))
    if (this.sealing !== undefined && this.sealing.epoch < epoch) this.sealing.stop(fencedBy(epoch))
    if (this.#owner !== undefined && this.#owner.epoch < epoch) this.#owner = undefined
    if (this.#fetch !== undefined && this.#fetch.epoch < epoch) this.#fetch.stop('another epoch was promised')
  }

  #seal(peer: PeerId, epoch: number): void {
    if (!this.#promise(peer, epoch)) return
    this.#sealers.set(peer, epoch)
    if (this.replica.stored.promise === epoch) this.stored()
  }

  #entries(peer: PeerId, { epoch, after, entries, fetch }: Message<'entries'>): void {
    // An owner is named by its epoch: nobody else speaks for it.
    if (epoch === this.#writer?.epoch || !this.#promise(peer, epoch)) return
    if (this.#owner?.epoch !== epoch) {
      this.#owner = { peer, epoch }
      this.#told = -1
    }
    const position = positionOf(this.replica.lineage)
    if (position.epoch !== epoch || fetch) {
      if (position.epoch !== epoch || position.n < after) this.#follow(peer, epoch)
      else this.#tell()
      return
    }
    if (after <= position.n) for (const entry of entries.slice(position.n - after)) this.replica.append(entry)
    // New ones are answered when they are stored. Who repeats itself, or is too far ahead, is told at once.
    if (positionOf(this.replica.lineage).n === position.n) this.#tell()
  }

  /** Where this replica stands, to the owner of its epoch. */
  #tell(): void {
    const { epoch, n } = positionOf(this.replica.stored.lineage)
    if (this.#owner === undefined || epoch !== this.#owner.epoch) return
    this.#told = n
    this.#parts.send(this.#owner.peer, epoch, { kind: 'accepted', n })
  }

  #follow(peer: PeerId, epoch: number): void {
    if (this.#fetch?.source === peer && this.#fetch.epoch === epoch) return
    this.fetchFrom(peer, epoch).catch(error => {
      this.#parts.logger.debug('a replica of a lease shard does not have everything yet', {
        shard: this.replica.shard,
        err: error
      })
    })
  }

  async #servePage(peer: PeerId, epoch: number, number: number, want: Want): Promise<void> {
    const { replica } = this
    const { send, logger } = this.#parts
    if (this.#pages >= maxPagesUnderWay) return
    // Only to who was promised: then nothing changes here but by that epoch's owner.
    if (replica.mustAsk) return
    if (replica.promise !== epoch) {
      if (replica.promise > epoch) send(peer, epoch, { kind: 'refused', promised: replica.promise })
      return
    }
    this.#pages++
    try {
      this.#noteProgress(peer, want)
      const page = await this.#pageOf(want)
      if (replica.promise === epoch) send(peer, epoch, { kind: 'page', number, absent: [], ...page })
    } catch (error) {
      logger.error('a page of a lease shard could not be read', { shard: replica.shard, err: error })
    } finally {
      this.#pages--
    }
  }

  #noteProgress(peer: PeerId, want: Want): void {
    if (want.what !== 'scan' || this.#writer?.asks(peer) !== true) return
    if (compareStamps(want.after, this.#scanned.get(peer) ?? origin) <= 0) return
    this.#scanned.set(peer, want.after)
    this.progress++
  }

  async #pageOf(want: Want) {
    const { replica } = this
    if (want.what === 'scan') return replica.page(want.after, pageEntries, pageBytes)
    const entries: NamedEntry[] = []
    const absent: string[] = []
    let bytes = 0
    for (const actor of want.what === 'actors' ? want.actors : []) {
      const entry = replica.read(actor)
      if (entry === undefined) absent.push(actor)
      else entries.push({ ...entry, actor })
      bytes += entry?.state.length ?? 0
      // Those that are not told of are asked for again.
      if (bytes > pageBytes) break
    }
    return { entries, absent, cursor: positionOf([]), lineage: replica.lineage, isLast: false }
  }

  #sealed(peer: PeerId, epoch: number, lineage: Lineage): void {
    this.progress++
    this.sealing?.answered(peer, epoch, lineage)
  }

  #accepted(peer: PeerId, epoch: number, n: number): void {
    if (epoch === this.#writer?.epoch && this.#writer.accepted(peer, n)) this.progress++
  }

  /** Only who was asked says so. However far it is ahead: claim by claim it is reached. */
  #refused(peer: PeerId, { epoch, promised }: Message<'refused'>): void {
    if (promised <= epoch) return
    const isWriting = this.#writer?.epoch === epoch && this.#writer.asks(peer)
    const isSealing = this.sealing?.epoch === epoch && this.sealing.asks(peer)
    const isFetching = this.#fetch?.epoch === epoch && this.#fetch.source === peer
    if (!isWriting && !isSealing && !isFetching) return
    this.#largestKnown = Math.max(this.#largestKnown, Math.min(promised, epoch + maxEpochLeap))
    if (isWriting) this.end(fencedBy(promised))
    if (isSealing) this.sealing?.stop(fencedBy(promised))
    if (isFetching) this.#fetch?.stop('another epoch was promised')
  }
}

function fencedBy(epoch: number): ShoalError {
  return new ShoalError('SHOAL_NOT_OWNER', `a replica has promised epoch ${epoch} of the shard to another owner`, {
    retryable: true
  })
}

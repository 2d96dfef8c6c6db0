/**
 * Records of peers, each brought to the part that it is for. One that is not well-formed ends the link it came by, and who sends such
 * again and again is refused for a while. One that this node cannot take in just now, by no fault of the peer's, is lost as on a bad
 * network: all that matters is said again.
 */
import { isShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Channel, PeerId } from '../ports/network.ts'
import { isStoreEnd } from './group-commit.ts'
import { ackFrom, helloFrom, outlivedFrom, pingFrom, pingRequestFrom, tableHashFrom, twinFrom } from './member-wire.ts'
import type { Membership } from './membership.ts'
import type { Ownership } from './ownership.ts'
import type { PeerConduct } from './peer-conduct.ts'
import type { Rebalance } from './rebalance.ts'
import type { Replication } from './replication.ts'
import { type Calls, type Control, decodeBulk, decodeCalls, decodeControl } from './wire.ts'

export interface PeerRecordsParts {
  readonly membership: Membership
  readonly ownership: Ownership
  readonly replication: Replication
  readonly rebalance: Rebalance
  readonly conduct: PeerConduct
  readonly logger: Logger
  readonly metrics: Metrics
  calls(peer: PeerId, message: Calls): void
  /** Takes what is for the voters of the lease store or from them, and answers whether it was. */
  voting(peer: PeerId, message: Control): boolean
  unlink(peer: PeerId): void
}

export class PeerRecords {
  readonly #parts: PeerRecordsParts
  readonly #malformed

  constructor(parts: PeerRecordsParts) {
    this.#parts = parts
    this.#malformed = parts.metrics.counter(
      'shoal_malformed_records_total',
      'Records of peers that were not well-formed'
    )
  }

  receive(peer: PeerId, channel: Channel, bytes: Uint8Array): void {
    const { membership, replication } = this.#parts
    membership.heard(peer)
    this.#take(peer, channel, () => {
      if (channel === 'control') this.#control(peer, bytes)
      else if (channel === 'calls') this.#parts.calls(peer, decodeCalls(bytes))
      else if (channel === 'push') replication.receivePush(peer, bytes)
      else replication.receiveBulk(peer, decodeBulk(bytes))
    })
  }

  /** Of a node that stops: it asks the voters on, to end its session, and votes on. */
  receiveStopping(peer: PeerId, channel: Channel, bytes: Uint8Array): void {
    if (channel === 'control') this.#take(peer, channel, () => void this.#parts.voting(peer, decodeControl(bytes)))
  }

  /** The writer has made it, whoever has passed it on. */
  publication(writer: PeerId, bytes: Uint8Array): void {
    this.#take(writer, 'publications', () => this.#parts.replication.receivePublication(writer, bytes))
  }

  #take(peer: PeerId, channel: Channel | 'publications', read: () => void): void {
    const { conduct, logger } = this.#parts
    try {
      read()
    } catch (error) {
      if (isStoreEnd(error)) return
      if (isShoalError(error) && error.retryable) {
        logger.debug('a record could not be taken in now', { peer, channel, err: error })
        return
      }
      this.#malformed.add()
      const isTheirs = isShoalError(error) && error.code === 'SHOAL_MALFORMED'
      const refusedForMs = isTheirs ? conduct.offended(peer) : 0
      logger.warn('a record was refused; its link ends', { peer, channel, refusedForMs, err: error })
      this.#parts.unlink(peer)
    }
  }

  #control(peer: PeerId, bytes: Uint8Array): void {
    const { membership, ownership, replication, rebalance } = this.#parts
    const message = decodeControl(bytes)
    const held = (id: PeerId) => membership.member(id)
    if (this.#parts.voting(peer, message) || replication.receiveControl(peer, message)) return
    if (message.holdings != null) {
      rebalance.receive(peer, message.holdings)
      // More may be in common now than when the link came up.
      if ((message.holdings.stored?.length ?? 0) > 0) replication.greet(peer)
    }
    if (message.hello != null) {
      const knowsAll = membership.receiveHello(peer, helloFrom(message.hello, held), tableHashFrom(message.hello))
      const twin = twinFrom(message.hello)
      if (twin !== undefined) membership.receiveTwin(peer, twin)
      const outlived = outlivedFrom(message.hello)
      if (outlived !== undefined) membership.receiveOutlived(peer, outlived)
      if (message.hello.settled === true && knowsAll) ownership.settle()
    } else if (message.ping != null) {
      const { number, news, wallMs } = pingFrom(message.ping, held)
      membership.receivePing(peer, number, news, wallMs)
    } else if (message.ack != null) {
      const { number, news, wallMs } = ackFrom(message.ack, held)
      membership.receiveAck(peer, number, news, wallMs)
    } else if (message.nack != null) {
      membership.receiveNack(peer, message.nack.number ?? 0)
    } else if (message.pingRequest != null) {
      const { number, target, news } = pingRequestFrom(message.pingRequest, held)
      membership.receivePingRequest(peer, number, target, news)
    }
  }
}

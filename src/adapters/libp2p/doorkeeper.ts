/**
 * Nobody passes who has not shaken hands: a connection encrypter that runs the admission handshake between TLS and the muxer, so
 * that no stream, and no part of libp2p above, ever sees a stranger or a second connection of one pair.
 */
import type { ConnectionEncrypter, MessageStream, SecureConnectionOptions, SecuredConnection } from '@libp2p/interface'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Admission, PeerId } from '../../ports/network.ts'
import { isRefusal, type Outcome, shakeHandsAsAcceptor, shakeHandsAsDialer } from './handshake.ts'
import { HandshakeChannel } from './handshake-channel.ts'
import { type HandshakeFrame, malformed } from './handshake-frames.ts'
import { beginDial, forget, isIdle, judgeAccept, judgeCommit, judgeProof, newPair, type Pair } from './pair.ts'
import { Turns } from './turns.ts'
import { writeWhole } from './whole-writes.ts'

/**
 * Own dials shake hands one after the other: when a whole cluster starts at once on a busy machine, few that end beat many that
 * all run into their deadline. Who takes longer than this lets the next begin, in milliseconds.
 */
const patienceMs = 2_500

/** How long a refusal waits for the refused to hang up, in milliseconds. */
const lingerMs = 1_000

export interface Admitted {
  readonly id: number
  readonly peer: PeerId
  readonly direction: 'inbound' | 'outbound'
  /** The transport's connection, below TLS. Aborting it ends everything above. */
  readonly raw: MessageStream
  /** What the muxer writes to. */
  readonly secured: MessageStream
}

export interface DoorkeeperHost {
  readonly self: PeerId
  readonly admission: Admission
  readonly clock: Clock
  readonly handshakeDeadlineMs: number
  isRefused(peer: PeerId): boolean
  admitsClock(peer: PeerId, offsetMs: number): boolean
  /** From now on this is the link of that peer. Called inside the handshake, before the far side is told or anything is read. */
  admitted(link: Admitted): void
  /** The connection of a link ended. */
  ended(peer: PeerId, id: number): void
  refused(peer: PeerId, reason: string): void
}

/** Goes with a dial through libp2p to the encrypter, and brings back what became of it. */
export interface DialTicket {
  settle(outcome: Outcome, peer: PeerId): void
  fail(error: Error): void
}

export interface TicketOptions {
  readonly shoalTicket?: DialTicket
}

export class Doorkeeper {
  readonly #host: DoorkeeperHost
  readonly #pairs = new Map<PeerId, Pair>()
  readonly #waiting = new Map<PeerId, Set<() => void>>()
  readonly #turns: Turns
  #lastId = 0

  constructor(host: DoorkeeperHost) {
    this.#host = host
    this.#turns = new Turns(host.clock, patienceMs)
  }

  /** Wraps an encrypter that proves peer ids. */
  guard(inner: ConnectionEncrypter): ConnectionEncrypter {
    return {
      protocol: '/shoal/tls/1',
      secureOutbound: async (raw, options) => {
        const ticket = (options as TicketOptions | undefined)?.shoalTicket
        const endTurn = await this.#turns.take()
        try {
          this.#assertNeeded(options?.remotePeer?.toString(), ticket)
          return await this.#admit('outbound', raw, await inner.secureOutbound(raw, options), options, ticket)
        } catch (error) {
          ticket?.fail(asError(error))
          throw error
        } finally {
          endTurn()
        }
      },
      secureInbound: async (raw, options) =>
        this.#admit('inbound', raw, await inner.secureInbound(raw, options), options, undefined)
    }
  }

  /** The peer may have dialled us while the dial waited for its turn. */
  #assertNeeded(peer: PeerId | undefined, ticket: DialTicket | undefined): void {
    if (peer === undefined || this.#pairs.get(peer)?.link === undefined) return
    ticket?.settle('duplicate', peer)
    throw alreadyLinked(peer)
  }

  async #admit(
    direction: 'inbound' | 'outbound',
    raw: MessageStream,
    secured: SecuredConnection,
    options: SecureConnectionOptions | undefined,
    ticket: DialTicket | undefined
  ): Promise<SecuredConnection> {
    const peer = secured.remotePeer.toString()
    if (peer === this.#host.self) throw new ShoalError('SHOAL_DIAL_FAILED', 'this node answered its own dial')
    const id = ++this.#lastId
    const channel = new HandshakeChannel(secured.connection)
    const late = (): void => channel.fail(new ShoalError('SHOAL_DEADLINE', `the handshake with ${peer} took too long`))
    const deadline = this.#host.clock.after(this.#host.handshakeDeadlineMs, late)
    options?.signal?.addEventListener('abort', late)
    raw.addEventListener('close', () => this.#ended(peer, id))
    try {
      const outcome = await this.#shakeHands({ id, peer, direction, raw, secured: secured.connection }, channel)
      ticket?.settle(outcome, peer)
      if (outcome === 'linked') {
        writeWhole(secured.connection)
        writeWhole(raw)
        return secured
      }
      throw alreadyLinked(peer)
    } catch (error) {
      if (isRefusal(error)) this.#host.refused(peer, error.message)
      this.#ended(peer, id)
      throw error
    } finally {
      deadline.cancel()
      options?.signal?.removeEventListener('abort', late)
      channel.release()
    }
  }

  #shakeHands(link: Admitted, channel: HandshakeChannel): Promise<Outcome> {
    const { id, peer, direction, raw } = link
    const { admission, clock, self } = this.#host
    const assertOpen = (): void => {
      if (raw.status !== 'open') throw new ShoalError('SHOAL_DIAL_FAILED', `the connection to ${peer} ended`)
    }
    const common = {
      self,
      peer,
      admission,
      channel,
      sayLast: async (frame: HandshakeFrame) => {
        channel.send(frame)
        const giveUp = clock.after(lingerMs, () => channel.fail(malformed()))
        await channel.ended
        giveUp.cancel()
      },
      isRefused: () => this.#host.isRefused(peer),
      wallMs: () => clock.now(),
      admitsClock: (offsetMs: number) => this.#host.admitsClock(peer, offsetMs)
    }
    if (direction === 'outbound') {
      return shakeHandsAsDialer({
        ...common,
        beginDial: () => beginDial(this.#pair(peer), id),
        judgeAccept: async () => {
          for (;;) {
            assertOpen()
            const verdict = judgeAccept(this.#pair(peer), id)
            if (verdict === 'commit') this.#host.admitted(link)
            if (verdict !== 'wait') return verdict
            await Promise.race([this.#change(peer), channel.ended])
          }
        }
      })
    }
    return shakeHandsAsAcceptor({
      ...common,
      judgeProof: () => judgeProof(this.#pair(peer), id),
      judgeCommit: () => {
        assertOpen()
        const verdict = judgeCommit(this.#pair(peer), id)
        if (verdict === 'take') this.#host.admitted(link)
        this.#changed(peer)
        return verdict
      }
    })
  }

  #ended(peer: PeerId, id: number): void {
    const pair = this.#pairs.get(peer)
    if (pair === undefined) return
    const wasLink = pair.link?.id === id
    forget(pair, id)
    if (isIdle(pair)) this.#pairs.delete(peer)
    if (wasLink) this.#host.ended(peer, id)
    this.#changed(peer)
  }

  #pair(peer: PeerId): Pair {
    let pair = this.#pairs.get(peer)
    if (pair === undefined) {
      pair = newPair(this.#host.self < peer)
      this.#pairs.set(peer, pair)
    }
    return pair
  }

  #change(peer: PeerId): Promise<void> {
    return new Promise(resolve => {
      const waiting = this.#waiting.get(peer) ?? new Set()
      this.#waiting.set(peer, waiting.add(resolve))
    })
  }

  #changed(peer: PeerId): void {
    const waiting = this.#waiting.get(peer)
    this.#waiting.delete(peer)
    for (const wake of waiting ?? []) wake()
  }
}

function alreadyLinked(peer: PeerId): ShoalError {
  return new ShoalError('SHOAL_DIAL_FAILED', `${peer} is linked by another connection`)
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

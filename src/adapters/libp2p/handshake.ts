/**
 * The admission handshake, step by step, on a connection whose two peer ids TLS has proven. Five short frames:
 *
 *   dialer  hello{nonce}                           proof{mac, wall, facts}        commit
 *   acceptor            challenge{nonce, mac, wall}                       accept
 *
 * Each side can end it with `refused` or `duplicate`. Which connection of a pair stays is decided in `pair.ts`.
 */
import { randomBytes } from 'node:crypto'
import { ShoalError, type ShoalErrorCode } from '../../ports/errors.ts'
import type { Admission, PeerId } from '../../ports/network.ts'
import { differenceOf, isProof, type Parties, prove } from './cluster-proof.ts'
import type { HandshakeChannel } from './handshake-channel.ts'
import { type HandshakeFrame, malformed, nonceBytes, type Reason } from './handshake-frames.ts'

export interface HandshakeContext {
  readonly self: PeerId
  readonly peer: PeerId
  readonly admission: Admission
  readonly channel: HandshakeChannel
  /** Sends a last frame and gives the peer a moment to read it and to hang up, because a reset could overtake it. */
  sayLast(frame: HandshakeFrame): Promise<void>
  isRefused(): boolean
  /** This node's wall clock. */
  wallMs(): number
  /** Whether a peer with a clock so far ahead of this node's may be linked. */
  admitsClock(offsetMs: number): boolean
}

export interface DialerContext extends HandshakeContext {
  beginDial(): 'go' | 'duplicate'
  /** After `commit` the link exists. */
  judgeAccept(): Promise<'commit' | 'duplicate'>
}

export interface AcceptorContext extends HandshakeContext {
  judgeProof(): 'accept' | 'duplicate'
  /** After `take` the link exists. */
  judgeCommit(): 'take' | 'drop'
}

export type Outcome = 'linked' | 'duplicate'

export async function shakeHandsAsDialer(context: DialerContext): Promise<Outcome> {
  const { admission, channel, peer, self } = context
  if (context.beginDial() === 'duplicate') return 'duplicate'
  const dialerNonce = randomBytes(nonceBytes)
  channel.send({ type: 'hello', nonce: dialerNonce })
  const challenge = await expect(context, 'challenge')
  if (challenge.type === 'duplicate') return 'duplicate'
  const parties: Parties = { dialer: self, acceptor: peer, dialerNonce, acceptorNonce: challenge.nonce }
  if (!isProof(challenge.mac, prove(admission.clusterKey, 'acceptor', parties))) return refuse(context, 'key')
  if (context.isRefused()) return refuse(context, 'peer')
  const wallMs = context.wallMs()
  if (!context.admitsClock(challenge.wallMs - wallMs)) return refuse(context, 'clock')
  channel.send({ type: 'proof', mac: prove(admission.clusterKey, 'dialer', parties), wallMs, facts: admission.facts })
  const answer = await expect(context, 'accept')
  if (answer.type === 'duplicate') return 'duplicate'
  if (context.isRefused()) return refuse(context, 'peer')
  if ((await context.judgeAccept()) === 'duplicate') {
    channel.send({ type: 'duplicate' })
    return 'duplicate'
  }
  channel.send({ type: 'commit' })
  return 'linked'
}

export async function shakeHandsAsAcceptor(context: AcceptorContext): Promise<Outcome> {
  const { admission, channel, peer, self } = context
  const hello = await expect(context, 'hello')
  if (hello.type === 'duplicate') return 'duplicate'
  const acceptorNonce = randomBytes(nonceBytes)
  const parties: Parties = { dialer: peer, acceptor: self, dialerNonce: hello.nonce, acceptorNonce }
  const mac = prove(admission.clusterKey, 'acceptor', parties)
  channel.send({ type: 'challenge', nonce: acceptorNonce, mac, wallMs: context.wallMs() })
  const proof = await expect(context, 'proof')
  if (proof.type === 'duplicate') return 'duplicate'
  if (!isProof(proof.mac, prove(admission.clusterKey, 'dialer', parties))) return refuse(context, 'key')
  const difference = differenceOf(admission.facts, proof.facts)
  if (difference !== undefined) return refuse(context, 'facts', difference)
  if (context.isRefused()) return refuse(context, 'peer')
  if (!context.admitsClock(proof.wallMs - context.wallMs())) return refuse(context, 'clock')
  if (context.judgeProof() === 'duplicate') {
    await context.sayLast({ type: 'duplicate' })
    return 'duplicate'
  }
  channel.send({ type: 'accept' })
  const commit = await expect(context, 'commit')
  if (commit.type === 'duplicate') return 'duplicate'
  if (context.isRefused()) throw refusal('peer', `peer ${peer} is refused by this node`)
  return context.judgeCommit() === 'take' ? 'linked' : 'duplicate'
}

type FrameOf<Type extends HandshakeFrame['type']> = Extract<HandshakeFrame, { type: Type }>

/** The frame that must come now, or `duplicate`. Throws the peer's refusal. */
async function expect<Type extends HandshakeFrame['type']>(
  context: HandshakeContext,
  type: Type
): Promise<FrameOf<Type> | FrameOf<'duplicate'>> {
  const frame = await context.channel.receive()
  if (frame.type === 'refused') throw toldRefusal(context, frame)
  if (frame.type !== type && frame.type !== 'duplicate') throw malformed()
  return frame as FrameOf<Type> | FrameOf<'duplicate'>
}

async function refuse(context: HandshakeContext, reason: Reason, difference?: string): Promise<never> {
  const { admission, peer } = context
  const facts = reason === 'facts' ? { facts: admission.facts } : {}
  await context.sayLast({ type: 'refused', reason, ...facts })
  switch (reason) {
    case 'key':
      throw refusal(reason, `peer ${peer} is refused: it does not have this cluster's key`)
    case 'facts':
      throw refusal(reason, `peer ${peer} is refused: ${difference}`)
    case 'peer':
      throw refusal(reason, `peer ${peer} is refused by this node`)
    case 'clock':
      throw refusal(reason, `peer ${peer} is refused: its clock and this node's are too far apart`)
  }
}

function toldRefusal({ admission, peer }: HandshakeContext, frame: FrameOf<'refused'>): ShoalError {
  switch (frame.reason) {
    case 'key':
      return refusal('key', `peer ${peer} refused this node: it does not have that cluster's key`)
    case 'facts': {
      const difference = frame.facts === undefined ? undefined : differenceOf(admission.facts, frame.facts)
      return refusal('facts', `peer ${peer} refused this node: ${difference ?? 'the cluster facts differ'}`)
    }
    case 'peer':
      return refusal('peer', `peer ${peer} refuses this node`)
    case 'clock':
      return refusal('clock', `peer ${peer} refused this node: its clock and this node's are too far apart`)
  }
}

const codes: Readonly<Record<Reason, ShoalErrorCode>> = {
  key: 'SHOAL_CLUSTER_KEY',
  facts: 'SHOAL_CLUSTER_MISMATCH',
  peer: 'SHOAL_PEER_REFUSED',
  clock: 'SHOAL_CLOCK_OFFSET'
}

export function refusal(reason: Reason, message: string): ShoalError {
  return new ShoalError(codes[reason], message, { retryable: reason === 'peer' || reason === 'clock' })
}

export function isRefusal(error: unknown): error is ShoalError {
  return error instanceof ShoalError && Object.values<string>(codes).includes(error.code)
}

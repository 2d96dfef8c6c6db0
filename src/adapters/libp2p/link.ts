/**
 * One admitted connection to one peer. It is up when the streams of its channels are there: the dialer opens them, the
 * acceptor waits for them. When anything of it ends, all of it ends.
 */
import type { Connection, Stream } from '@libp2p/interface'
import { ShoalError } from '../../ports/errors.ts'
import type { Channel, PeerId } from '../../ports/network.ts'
import type { Admitted } from './doorkeeper.ts'
import { RecordStream } from './record-stream.ts'
import { inOneWrite } from './whole-writes.ts'

/** In the order of urgency. */
export const channels: readonly Channel[] = ['control', 'calls', 'push', 'bulk']

export function protocolOf(channel: Channel): string {
  return `/shoal/${channel}/1`
}

export interface LinkEvents {
  up(link: Link): void
  /** Once. `wasUp`: after `up`. */
  down(link: Link, wasUp: boolean, reason: string): void
  received(link: Link, channel: Channel, record: Uint8Array): void
  /** Something waits to be flushed. */
  needsFlush(link: Link): void
}

export class Link {
  readonly id: number
  readonly peer: PeerId
  readonly direction: 'inbound' | 'outbound'
  /** Looks at this link so far. */
  looks = 0
  /** Looks in a row at which nothing had been heard of the peer. */
  silentLooks = 0
  /** Looks in a row at which publications did not reach the peer. */
  deafLooks = 0
  #state: 'opening' | 'up' | 'down' = 'opening'
  #connection: Connection | undefined
  #peerHungUp: (() => void) | undefined
  readonly #raw: Admitted['raw']
  readonly #secured: Admitted['secured']
  readonly #events: LinkEvents
  readonly #maxQueuedBytes: number
  readonly #streams = new Map<Channel, RecordStream>()
  readonly #held: ReadonlySet<Channel>

  /** `held`: channels that wait to be read. The set is its giver's, who calls `hold` when it has changed. */
  constructor(admitted: Admitted, maxQueuedBytes: number, held: ReadonlySet<Channel>, events: LinkEvents) {
    this.id = admitted.id
    this.peer = admitted.peer
    this.direction = admitted.direction
    this.#raw = admitted.raw
    this.#secured = admitted.secured
    this.#maxQueuedBytes = maxQueuedBytes
    this.#held = held
    this.#events = events
  }

  get isUp(): boolean {
    return this.#state === 'up'
  }

  get isDown(): boolean {
    return this.#state === 'down'
  }

  get connection(): Connection | undefined {
    return this.#connection
  }

  /** The muxer is there. The dialer goes on to open the streams. */
  async connected(connection: Connection, signal: AbortSignal): Promise<void> {
    this.#connection = connection
    if (this.direction === 'inbound') return
    try {
      await Promise.all(
        channels.map(async channel => {
          const stream = await connection.newStream([protocolOf(channel)], { signal })
          this.attach(channel, stream)
        })
      )
    } catch (error) {
      this.close(`its streams could not be opened: ${String(error)}`)
    }
  }

  attach(channel: Channel, stream: Stream): void {
    if (this.#state !== 'opening' || this.#streams.has(channel)) {
      stream.abort(new ShoalError('SHOAL_MALFORMED', `a second stream for ${channel}`))
      return
    }
    this.#streams.set(
      channel,
      new RecordStream(stream, this.#maxQueuedBytes, {
        received: record => {
          if (this.isUp) this.#events.received(this, channel, record)
        },
        heard: () => {
          this.silentLooks = 0
        },
        drained: () => {
          if (this.isUp) this.#events.needsFlush(this)
        },
        ended: reason => {
          this.#peerHungUp?.()
          this.close(reason)
        }
      })
    )
    if (this.#streams.size < channels.length || stream.status !== 'open') return
    this.#state = 'up'
    this.#events.up(this)
    for (const each of this.#streams.values()) each.open()
    for (const held of this.#held) this.hold(held, true)
  }

  send(channel: Channel, record: Uint8Array): boolean {
    if (!this.isUp || this.#streams.get(channel)?.add(record) !== true) return false
    this.#events.needsFlush(this)
    return true
  }

  hold(channel: Channel, isHeld: boolean): void {
    if (this.isUp) this.#streams.get(channel)?.hold(isHeld)
  }

  sendKeepAlive(): void {
    this.#streams.get('control')?.addKeepAlive()
    this.#events.needsFlush(this)
  }

  queuedBytes(channel: Channel): number {
    return this.isUp ? (this.#streams.get(channel)?.queuedBytes ?? 0) : 0
  }

  /** In one write. Answers whether there was anything. */
  flush(): boolean {
    let frames = 0
    try {
      inOneWrite(this.#secured, () => {
        // In the order of urgency: where the connection is nearly full, control goes first.
        for (const channel of channels) frames += this.#streams.get(channel)?.flush() ?? 0
      })
    } catch (error) {
      this.close(`a write failed: ${String(error)}`)
    }
    return frames > 0
  }

  close(reason: string): void {
    if (this.#state === 'down') return
    const wasUp = this.#state === 'up'
    this.#state = 'down'
    this.#events.down(this, wasUp, reason)
    this.#raw.abort(new ShoalError('SHOAL_UNAVAILABLE', `the link with ${this.peer} ended: ${reason}`))
  }

  /**
   * Lets what was queued arrive first, for as long as the signal allows: it is the peer that hangs up, when it has read to the
   * end, because the end of a connection overtakes what TLS has not passed on yet. No event follows.
   */
  async closeGently(signal: AbortSignal): Promise<void> {
    const streams = this.isUp ? [...this.#streams.values()] : []
    this.#state = 'down'
    const hungUp = new Promise<void>(resolve => {
      this.#peerHungUp = resolve
      this.#raw.addEventListener('close', () => resolve())
      signal.addEventListener('abort', () => resolve())
    })
    try {
      await Promise.all(streams.map(stream => stream.finish(signal)))
      if (streams.length > 0 && this.#raw.status === 'open') await hungUp
    } catch {
      // It did not leave in time. The connection ends all the same.
    }
    this.#raw.abort(new ShoalError('SHOAL_STOPPED', 'this node stops'))
  }
}

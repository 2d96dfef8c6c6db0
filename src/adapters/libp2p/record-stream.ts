/**
 * One channel of one link: records over a libp2p stream, in order, with a limit on what is queued.
 *
 * libp2p's own write buffer stays small: a piece is handed over only while the stream takes more, so that what waits is counted
 * here. `onDrain()` of libp2p works once per stream; this listens to the event instead.
 */
import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { maxRecordBytes } from '../../ports/network.ts'
import { RecordReader, RecordWriter } from './record-framing.ts'
import { updateWindowSeldom } from './window-updates.ts'

/** Most bytes that a stream may have under way. */
export const maxWindowBytes = 4 * 1024 * 1024

export interface RecordStreamEvents {
  received(record: Uint8Array): void
  /** Something arrived, a record or a part of one or a keep-alive. */
  heard(): void
  /** The stream takes data again: `flush` it. */
  drained(): void
  ended(reason: string): void
}

export class RecordStream {
  readonly #stream: Stream
  readonly #maxQueuedBytes: number
  readonly #events: RecordStreamEvents
  readonly #reader = new RecordReader()
  readonly #writer = new RecordWriter()

  /** The stream is held back until `open`. */
  constructor(stream: Stream, maxQueuedBytes: number, events: RecordStreamEvents) {
    this.#stream = stream
    this.#maxQueuedBytes = maxQueuedBytes
    this.#events = events
    stream.maxWriteBufferLength = 2 * maxRecordBytes
    // What a peer may send to a stream that is held back: its window, which is smaller.
    stream.maxReadBufferLength = 2 * maxWindowBytes
    stream.addEventListener('close', () => events.ended('a stream ended'))
    stream.addEventListener('remoteCloseWrite', () => events.ended('the peer closed a stream'))
    if (stream.status === 'open') stream.pause()
  }

  /** Begins to deliver what arrives. */
  open(): void {
    this.#stream.addEventListener('message', this.#onMessage)
    this.#stream.addEventListener('drain', () => this.#events.drained())
    this.#stream.resume()
    updateWindowSeldom(this.#stream)
  }

  /** Held back, the peer's window fills, and then its queue. */
  hold(isHeld: boolean): void {
    if (this.#stream.status !== 'open') return
    if (isHeld) this.#stream.pause()
    else this.#stream.resume()
  }

  get queuedBytes(): number {
    return this.#writer.queuedBytes + this.#stream.writeBufferLength
  }

  /** `false`: the queue is full. What was queued leaves with the next `flush`. */
  add(record: Uint8Array): boolean {
    if (this.queuedBytes + record.length > this.#maxQueuedBytes) return false
    this.#writer.add(record)
    return true
  }

  addKeepAlive(): void {
    if (this.queuedBytes === 0) this.#writer.addKeepAlive()
  }

  /** Answers the number of pieces that were handed over. */
  flush(): number {
    let pieces = 0
    while (!this.#stream.writableNeedsDrain && this.#stream.status === 'open') {
      const piece = this.#writer.take()
      if (piece === undefined) break
      this.#stream.send(piece)
      pieces++
    }
    return pieces
  }

  /** Writes all that was queued, then says that nothing follows. Throws when the signal comes first. */
  async finish(signal: AbortSignal): Promise<void> {
    const stream = this.#stream
    for (this.flush(); this.queuedBytes > 0 && stream.status === 'open'; this.flush()) {
      signal.throwIfAborted()
      await new Promise<void>(resolve => {
        // libp2p goes on with its own buffer in a microtask after the event.
        stream.addEventListener('drain', () => queueMicrotask(resolve), { once: true })
        stream.addEventListener('close', () => resolve(), { once: true })
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
    }
    await stream.close({ signal })
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    this.#events.heard()
    try {
      this.#reader.push(event.data.subarray(), record => this.#events.received(record))
    } catch {
      this.#events.ended('malformed')
    }
  }
}

/** Whole frames over the byte stream of one connection, for the time of its handshake; then the stream is given back untouched. */
import type { MessageStream, StreamMessageEvent } from '@libp2p/interface'
import { ShoalError } from '../../ports/errors.ts'
import { decodeFrame, encodeFrame, type HandshakeFrame, malformed, maxFrameBytes } from './handshake-frames.ts'

/** What may arrive beyond the frame under way: the first words of a muxer that follow a `commit` at once. */
const maxBufferedBytes = 512 * 1024

export class HandshakeChannel {
  readonly #stream: MessageStream
  #buffered: Buffer = Buffer.alloc(0)
  #failure: Error | undefined
  #waiting: PromiseWithResolvers<HandshakeFrame> | undefined
  readonly #ended = Promise.withResolvers<void>()
  /** Resolves when the handshake has failed or the connection has ended. */
  readonly ended: Promise<void> = this.#ended.promise

  constructor(stream: MessageStream) {
    this.#stream = stream
    stream.addEventListener('message', this.#onMessage)
    stream.addEventListener('close', this.#onClose)
    if (stream.status !== 'open') this.#onClose()
  }

  send(frame: HandshakeFrame): void {
    if (this.#failure === undefined) this.#stream.send(encodeFrame(frame))
  }

  /** The next frame. Throws what the connection ended with. */
  receive(): Promise<HandshakeFrame> {
    this.#waiting = Promise.withResolvers()
    const { promise } = this.#waiting
    this.#advance()
    return promise
  }

  /** Ends the handshake: `receive` throws this, now or when it is called. */
  fail(error: Error): void {
    this.#failure ??= error
    this.#ended.resolve()
    this.#advance()
  }

  /** The handshake is over: what arrived beyond it belongs to whoever reads the stream next. */
  release(): void {
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('close', this.#onClose)
    if (this.#buffered.length > 0 && this.#failure === undefined) this.#stream.unshift(this.#buffered)
    this.#buffered = Buffer.alloc(0)
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    this.#buffered = Buffer.concat([this.#buffered, event.data.subarray()])
    if (this.#buffered.length > maxBufferedBytes) this.fail(malformed())
    else this.#advance()
  }

  readonly #onClose = (): void => {
    this.fail(
      new ShoalError('SHOAL_DIAL_FAILED', 'the connection ended during the admission handshake', { retryable: true })
    )
  }

  #advance(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    try {
      const frame = this.#takeFrame()
      if (frame !== undefined) {
        this.#waiting = undefined
        waiting.resolve(frame)
      } else if (this.#failure !== undefined) throw this.#failure
    } catch (error) {
      this.#waiting = undefined
      waiting.reject(error)
    }
  }

  /** Frames that arrived before the end of the connection count: a refusal is followed by one. */
  #takeFrame(): HandshakeFrame | undefined {
    if (this.#buffered.length < 2) return undefined
    const length = this.#buffered.readUInt16BE()
    if (length === 0 || length > maxFrameBytes) throw malformed()
    if (this.#buffered.length < 2 + length) return undefined
    const body = Uint8Array.from(this.#buffered.subarray(2, 2 + length))
    this.#buffered = this.#buffered.subarray(2 + length)
    return decodeFrame(body)
  }
}

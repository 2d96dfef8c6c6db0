/**
 * Dots near a known one, as their distance from it: a delta's dots are new, and what it replaces is seldom old.
 *
 * Everything else is written and read as ever, so the data types know nothing of it.
 */
import { Reader, type Sink } from './codec.ts'
import type { Dot, Origin } from './dot.ts'

export class RelativeSink implements Sink {
  /** Dots of `own` count back from here. */
  newest = 0
  readonly #own: Origin
  readonly #sink: Sink

  constructor(sink: Sink, own: Origin) {
    this.#sink = sink
    this.#own = own
  }

  dot({ origin, seq }: Dot): void {
    this.#sink.origin(origin)
    if (origin === this.#own) this.#sink.signed(this.newest - seq)
    else this.#sink.varint(seq)
  }

  byte(value: number): void {
    this.#sink.byte(value)
  }
  varint(value: number): void {
    this.#sink.varint(value)
  }
  signed(value: number): void {
    this.#sink.signed(value)
  }
  float(value: number): void {
    this.#sink.float(value)
  }
  text(value: string): void {
    this.#sink.text(value)
  }
  bytes(value: Uint8Array): void {
    this.#sink.bytes(value)
  }
  origin(name: string): void {
    this.#sink.origin(name)
  }
}

export class RelativeReader extends Reader {
  own: Origin = ''
  newest = 0

  override dot(): Dot {
    const origin = this.origin()
    if (origin !== this.own) return { origin, seq: this.seq() }
    const seq = this.newest - this.signed()
    if (!Number.isSafeInteger(seq) || seq < 1) throw this.malformed('a seq out of range')
    return { origin, seq }
  }
}

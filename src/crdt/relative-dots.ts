/**
 * Dots near a known one, as their distance from it: a delta's dots are new, and what it replaces is seldom old.
 *
 * Everything else is written and read as ever, so the data types know nothing of it.
 */
import { Reader, type Sink } from './codec.ts'
import type { Dot, Origin } from './dot.ts'
import { ForwardingSink } from './forwarding-sink.ts'

export class RelativeSink extends ForwardingSink {
  /** Dots of `own` count back from here. */
  newest = 0
  readonly #own: Origin

  constructor(sink: Sink, own: Origin) {
    super(sink)
    this.#own = own
  }

  override dot({ origin, seq }: Dot): void {
    this.origin(origin)
    if (origin === this.#own) this.signed(this.newest - seq)
    else this.varint(seq)
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

/**
 * Some dots, as spans that each begin with a dot: in a message that gives dots as distances, these are distances too.
 */
import type { Reader, Sink } from './codec.ts'
import { CausalContext } from './context.ts'
import type { Origin } from './dot.ts'

/** How many spans, and whether one has a length; each: its first dot, and its length - 1 where one has a length. */
export function writeDotSpans(out: Sink, dots: CausalContext): void {
  const spans: { readonly origin: Origin; readonly seq: number; readonly more: number }[] = []
  for (const origin of dots.origins()) {
    const bounds = dots.intervals(origin)
    for (let i = 0; i < bounds.length; i += 2) {
      const seq = bounds[i] ?? 0
      spans.push({ origin, seq, more: (bounds[i + 1] ?? 0) - seq })
    }
  }
  const isLong = spans.some(span => span.more > 0)
  out.varint(spans.length * 2 + Number(isLong))
  for (const span of spans) {
    out.dot(span)
    if (isLong) out.varint(span.more)
  }
}

export function readDotSpans(reader: Reader): CausalContext {
  const head = reader.varint()
  const count = Math.floor(head / 2)
  const isLong = head % 2 === 1
  if (count === 0 || count * 2 > reader.remaining) throw reader.malformed(`${count} spans of dots`)
  const read: [Origin, number[]][] = []
  let longest = 0
  for (let left = count; left > 0; left--) {
    const { origin, seq } = reader.dot()
    const more = isLong ? reader.varint() : 0
    if (!Number.isSafeInteger(seq + more)) throw reader.malformed('a seq beyond 2^53')
    longest = Math.max(longest, more)
    const last = read.at(-1)
    if (last?.[0] === origin) {
      if (seq <= (last[1].at(-1) ?? 0) + 1) throw reader.malformed('dots out of order')
      last[1].push(seq, seq + more)
    } else {
      if (last !== undefined && origin < last[0]) throw reader.malformed('dots out of order')
      read.push([origin, [seq, seq + more]])
    }
  }
  if (isLong && longest === 0) throw reader.malformed('lengths where there are none')
  return CausalContext.fromSpans(read)
}

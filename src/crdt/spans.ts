/**
 * Sets of positive safe integers as sorted, disjoint, non-adjacent inclusive intervals: `[from, to, from, to, …]`.
 *
 * Immutable. `unite` and `add` answer the first argument itself where nothing is new, so that callers can compare references.
 */
export type Spans = readonly number[]

export const noSpans: Spans = Object.freeze([])

/** The index of the first interval (as a position in the array) that ends at or after `seq`; the length where none does. */
function seek(spans: Spans, seq: number): number {
  let low = 0
  let high = spans.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((spans[middle * 2 + 1] ?? 0) < seq) low = middle + 1
    else high = middle
  }
  return low * 2
}

export function contains(spans: Spans, seq: number): boolean {
  const at = seek(spans, seq)
  return at < spans.length && (spans[at] ?? 0) <= seq
}

/** Whether all of `from` to `to`, both included, is in one interval. */
export function containsRange(spans: Spans, from: number, to: number): boolean {
  const at = seek(spans, from)
  return at < spans.length && (spans[at] ?? 0) <= from && to <= (spans[at + 1] ?? 0)
}

export function add(spans: Spans, from: number, to: number): Spans {
  const { length } = spans
  const last = spans[length - 1] ?? -1
  if (from > last + 1) return length === 0 ? [from, to] : [...spans, from, to]
  if (from === last + 1) return length === 2 ? [spans[0] as number, to] : spans.with(length - 1, to)
  const first = seek(spans, from)
  const from0 = spans[first]
  const to0 = spans[first + 1]
  if (from0 !== undefined && to0 !== undefined && from0 <= from && to <= to0) return spans
  // An interval that ends right before `from`, or begins right after `to`, melts into the new one.
  let begin = seek(spans, from - 1)
  let start = from
  let end = to
  const head = spans.slice(0, begin)
  while (begin < spans.length) {
    const nextFrom = spans[begin] ?? 0
    const nextTo = spans[begin + 1] ?? 0
    if (nextFrom > to + 1) break
    start = Math.min(start, nextFrom)
    end = Math.max(end, nextTo)
    begin += 2
  }
  return [...head, start, end, ...spans.slice(begin)]
}

export function unite(a: Spans, b: Spans): Spans {
  if (b.length <= 2 * fewIntervals) {
    let united = a
    for (let i = 0; i < b.length; i += 2) united = add(united, b[i] as number, b[i + 1] as number)
    return united
  }
  if (includes(a, b)) return a
  const united: number[] = []
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const takeA = j >= b.length || (i < a.length && (a[i] ?? 0) <= (b[j] ?? 0))
    const from = (takeA ? a[i] : b[j]) ?? 0
    const to = (takeA ? a[i + 1] : b[j + 1]) ?? 0
    if (takeA) i += 2
    else j += 2
    const last = united[united.length - 1]
    if (last !== undefined && from <= last + 1) united[united.length - 1] = Math.max(last, to)
    else united.push(from, to)
  }
  return united
}

/** So many are added one by one. */
const fewIntervals = 4

/** What `a` has and `b` lacks. */
export function subtract(a: Spans, b: Spans): Spans {
  const rest: number[] = []
  let j = 0
  for (let i = 0; i < a.length; i += 2) {
    let from = a[i] ?? 0
    const to = a[i + 1] ?? 0
    while (j < b.length && (b[j + 1] ?? 0) < from) j += 2
    for (let k = j; k < b.length && (b[k] ?? 0) <= to && from <= to; k += 2) {
      const hole = b[k] ?? 0
      if (from < hole) rest.push(from, hole - 1)
      from = (b[k + 1] ?? 0) + 1
    }
    if (from <= to) rest.push(from, to)
  }
  return rest
}

/** Whether all of `b` is in `a`. */
export function includes(a: Spans, b: Spans): boolean {
  for (let j = 0; j < b.length; j += 2) {
    const from = b[j] ?? 0
    const to = b[j + 1] ?? 0
    const at = seek(a, from)
    if (at >= a.length || (a[at] ?? 0) > from || (a[at + 1] ?? 0) < to) return false
  }
  return true
}

export function areDisjoint(a: Spans, b: Spans): boolean {
  for (let j = 0; j < b.length; j += 2) {
    const at = seek(a, b[j] ?? 0)
    if (at < a.length && (a[at] ?? 0) <= (b[j + 1] ?? 0)) return false
  }
  return true
}

export function areEqual(a: Spans, b: Spans): boolean {
  if (a === b) return true
  return a.length === b.length && a.every((bound, index) => bound === b[index])
}

/** From seqs in any order, with repeats. */
export function spansOf(seqs: readonly number[]): Spans {
  const spans: number[] = []
  for (const seq of sorted(seqs)) {
    const last = spans[spans.length - 1]
    if (last !== undefined && seq <= last + 1) spans[spans.length - 1] = seq
    else spans.push(seq, seq)
  }
  // A copy is as long as its bounds; a list that grew has room for more.
  return spans.slice()
}

/** A typed array is sorted without a comparison to call, which counts when large states are compared. */
function sorted(seqs: readonly number[]): Iterable<number> {
  return seqs.length > 32 ? Float64Array.from(seqs).sort() : seqs.toSorted((a, b) => a - b)
}

/** What has been seen, in more forms than one context: combined, and asked what can be known cheaply. */
import { CausalContext } from './context.ts'
import type { Covers } from './dot.ts'

class Either implements Covers {
  readonly a: Covers
  readonly b: Covers

  constructor(a: Covers, b: Covers) {
    this.a = a
    this.b = b
  }

  has(origin: string, seq: number): boolean {
    return this.a.has(origin, seq) || this.b.has(origin, seq)
  }

  hasRange(origin: string, from: number, to: number): boolean {
    return this.a.hasRange(origin, from, to) || this.b.hasRange(origin, from, to)
  }
}

/** What one or the other covers. Costs nothing to make. */
export function either(a: Covers, b: Covers): Covers {
  return new Either(a, b)
}

/** The dots of `context` that `covers` lacks; more of them where it would cost too much to know. */
export function uncovered(context: CausalContext, covers: Covers): CausalContext {
  if (covers instanceof Either) return uncovered(uncovered(context, covers.a), covers.b)
  return covers instanceof CausalContext ? context.minus(covers) : context
}

/** How many of the dots of `context` `covers` has; `undefined` where it would cost too much to know. */
export function countSeen(context: CausalContext, covers: Covers): number | undefined {
  let dots = 0
  let seen = 0
  for (const origin of context.origins()) {
    const spans = context.intervals(origin)
    for (let i = 0; i < spans.length; i += 2) {
      const to = spans[i + 1] as number
      dots += to - (spans[i] as number) + 1
      if (dots > maxCounted) return undefined
      for (let seq = spans[i] as number; seq <= to; seq++) if (covers.has(origin, seq)) seen++
    }
  }
  return seen
}

const maxCounted = 64

/** Whether the two surely have no dot in common. `false` may mean that it would cost too much to know. */
export function surelyDisjoint(a: Covers, b: Covers): boolean {
  if (a instanceof Either) return surelyDisjoint(a.a, b) && surelyDisjoint(a.b, b)
  if (b instanceof Either) return surelyDisjoint(a, b.a) && surelyDisjoint(a, b.b)
  return a instanceof CausalContext && b instanceof CausalContext && a.isDisjoint(b)
}

/** Seeded choice: a shuffle, and a few of many. */
import type { Random } from '../ports/random.ts'

/** The same items in random order. Source: Fisher and Yates, as given by Durstenfeld, 1964. */
export function shuffled<T>(items: Iterable<T>, random: Random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = random.below(last + 1)
    const [a, b] = [order[last], order[other]] as [T, T]
    order[last] = b
    order[other] = a
  }
  return order
}

/** Up to `count` different ones of the items. */
export function sample<T>(items: Iterable<T>, count: number, random: Random): T[] {
  return shuffled(items, random).slice(0, count)
}

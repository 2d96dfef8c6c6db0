/** Seeded choice: a shuffle, and a few of many. */
import type { Random } from '../ports/random.ts'

/** The same items in random order. */
export function shuffled<T>(items: Iterable<T>, random: Random): T[] {
  return [...drawn(items, random)]
}

/** Up to `count` different ones of the items. */
export function sample<T>(items: Iterable<T>, count: number, random: Random): T[] {
  return [...drawn(items, random).take(count)]
}

/** One after the other in random order: chance is asked once for each that is taken. Source: Fisher and Yates, as given by Durstenfeld, 1964. */
export function* drawn<T>(items: Iterable<T>, random: Random): Generator<T, void> {
  const order = [...items]
  for (let left = order.length; left > 0; left -= 1) {
    const at = left === 1 ? 0 : random.below(left)
    const item = order[at] as T
    order[at] = order[left - 1] as T
    yield item
  }
}

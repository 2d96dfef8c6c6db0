/** A watch that is taken up by the next incarnation of its node. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { LastingWatch } from '../src/node-watch.ts'

/** Shows these states, then ends or waits. Counts how often it was let go. */
class Shown implements AsyncIterableIterator<unknown> {
  readonly #states: unknown[]
  readonly #ends: boolean
  returned = 0

  constructor(states: readonly unknown[], ends: boolean) {
    this.#states = [...states]
    this.#ends = ends
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#states.length > 0) return Promise.resolve({ done: false, value: this.#states.shift() })
    return this.#ends ? Promise.resolve({ done: true, value: undefined }) : new Promise(() => {})
  }

  return(): Promise<IteratorResult<unknown>> {
    this.returned++
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}

test('two who ask at once for what comes after a recovery share one watch', async () => {
  const taken: Shown[] = []
  const watch = new LastingWatch(new Shown([], true), async () => {
    const next = new Shown(['a', 'b'], false)
    taken.push(next)
    return next
  })
  const shown = await Promise.all([watch.next(), watch.next()])
  assert.deepEqual(
    shown.map(({ value }) => value),
    ['a', 'b']
  )
  await watch.return()
  assert.deepEqual(
    taken.map(({ returned }) => returned),
    [1]
  )
})

test('a watch that ends while the next incarnation is awaited lets go of what comes too late', async () => {
  const next = Promise.withResolvers<Shown>()
  const watch = new LastingWatch(new Shown([], true), () => next.promise)
  const last = watch.next()
  await setImmediate()
  await watch.return()
  assert.equal((await last).done, true)
  const late = new Shown(['a'], false)
  next.resolve(late)
  await setImmediate()
  assert.equal(late.returned, 1)
})

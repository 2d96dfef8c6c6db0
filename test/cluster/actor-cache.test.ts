/** The cache of actors: which it lets go, and at what price. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Actor, openActor } from '../../src/cluster/actor.ts'
import { ActorCache } from '../../src/cluster/actor-cache.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

const maxActors = 1000

function cache() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const held = new Set<Actor>()
  const cost = { looks: 0, size: 0 }
  const isHeld = (actor: Actor) => {
    cost.looks++
    return held.has(actor)
  }
  const cached = {
    set: (size: number) => {
      cost.size = size
    }
  }
  const actors = new ActorCache({ clock, maxActors, cached, isHeld })
  const add = (from: number, to: number, isUsed: boolean) => {
    for (let i = from; i < to; i++) {
      const actor = openActor(`thing/${i}`, 0, undefined, 0)
      if (isUsed) held.add(actor)
      actors.add(actor)
    }
  }
  return { actors, held, cost, add, time }
}

test('the longest unused go first, and what is held stays', () => {
  const { actors, add } = cache()
  add(0, 10, true)
  add(10, maxActors + 2, false)
  assert.notEqual(actors.get(0, 'thing/0'), undefined)
  assert.equal(actors.get(0, 'thing/10'), undefined)
  assert.notEqual(actors.get(0, `thing/${maxActors}`), undefined)
})

test('a sweep over many actors that are used once drives out none of those that are used between', async () => {
  const { actors, add, time } = cache()
  const inUse = maxActors / 2
  add(0, inUse, false)
  for (let from = inUse; from < 20 * maxActors; from += 100) {
    await time.run({ untilMs: time.nowMs + 10 })
    for (let i = 0; i < inUse; i++) assert.notEqual(actors.get(0, `thing/${i}`), undefined)
    add(from, from + 100, false)
  }
})

test('who was in use once, and is no more, makes room for others', async () => {
  const { actors, add, time } = cache()
  add(0, maxActors, false)
  await time.run({ untilMs: 10 })
  for (let i = 0; i < maxActors; i++) actors.get(0, `thing/${i}`)
  add(maxActors, 4 * maxActors, false)
  for (let i = 0; i < maxActors; i++) assert.equal(actors.get(0, `thing/${i}`), undefined)
})

test('the price of an actor does not grow with the number of those that are held', () => {
  const { add, cost } = cache()
  const count = 50 * maxActors
  add(0, count, true)
  assert.ok(cost.looks < 20 * count, `${cost.looks} looks at ${count} actors`)
})

test('when they are held no more, there are as many as there may be again', () => {
  const { actors, held, add } = cache()
  add(0, 5 * maxActors, true)
  held.clear()
  assert.ok(actors.passivate(() => Number.POSITIVE_INFINITY) <= maxActors)
})

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
  const clock = new SimulatedClock(new SimulatedProcess('a', new SimulatedTime()))
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
  return { actors, held, cost, add }
}

test('the longest unused go first, and what is held stays', () => {
  const { actors, add } = cache()
  add(0, 10, true)
  add(10, maxActors + 2, false)
  assert.notEqual(actors.get(0, 'thing/0'), undefined)
  assert.equal(actors.get(0, 'thing/10'), undefined)
  assert.notEqual(actors.get(0, `thing/${maxActors}`), undefined)
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

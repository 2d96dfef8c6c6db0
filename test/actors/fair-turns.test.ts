/** Calls that are answered at once leave the event loop to others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter, query, refuse, replicated } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { FairTurns } from '../../src/actors/calls/fair-turns.ts'
import { outcome } from './outcome.ts'

const shape = { sum: pnCounter() }
const methods = {
  ask: query(() => 1),
  find: command(() => 1),
  refuseIt: command(() => {
    throw refuse('NO', 'no')
  })
}
const kinds = [replicated('talker', shape, methods), exclusive('clerk', shape, methods)]

for (const kind of kinds) {
  for (const method of ['ask', 'find', 'refuseIt', 'state'] as const) {
    test(`a program that calls ${method} of a ${kind.mode} actor again and again holds up no timer`, async () => {
      await using cluster = await createTestCluster({ actors: kinds, nodes: 1, seed: 'fair turns', shards: 4 })
      const actor = cluster.actor(0)(kind, 'a')
      await cluster.settle(outcome(actor[method]()))
      let isRung = false
      cluster.world.time.schedule(0, undefined, () => {
        isRung = true
      })
      const most = 20_000
      let calls = 0
      const one = async () => {
        while (!isRung && calls < most) {
          calls++
          await outcome(actor[method]())
        }
      }
      await cluster.settle(Promise.all([one(), one(), one()]))
      assert(calls < most, `${calls} calls and no turn of the event loop`)
    })
  }
}

/** A clock whose turns come when they are told to. */
function handClock() {
  const soon: (() => void)[] = []
  const clock = { nowMs: 0, now: () => 0, elapsed: () => clock.nowMs, after: () => ({ cancel() {} }), soon: asked }
  function asked(task: () => void): void {
    soon.push(task)
  }
  return { clock, soon }
}

test('slow calls give way after some milliseconds, and all wait for the one turn that was asked for', async () => {
  const { clock, soon } = handClock()
  const turns = new FairTurns(clock)
  let calls = 0
  while (turns.turn() === undefined) {
    calls++
    clock.nowMs += 5
  }
  assert(calls < 20, `${calls}`)
  const waiting = [turns.turn(), turns.turn()]
  assert.equal(soon.length, 1)
  for (const turn of soon) turn()
  await Promise.all(waiting)
  assert.equal(turns.turn(), undefined)
})

test('nobody waits for a turn of a clock that has stopped', async () => {
  const turns = new FairTurns(handClock().clock)
  let waiting: Promise<void> | undefined
  while (waiting === undefined) waiting = turns.turn()
  turns.stop()
  await waiting
  for (let i = 0; i < 1000; i++) assert.equal(turns.turn(), undefined)
})

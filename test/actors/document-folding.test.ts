/** When a document that nobody opens is folded in the background. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { text } from 'shoal'
import { Replica } from 'shoal/crdt'
import { DocumentFolding } from '../../src/actors/running/document-folding.ts'
import type { Vetting } from '../../src/actors/running/vetting.ts'
import { openActor } from '../../src/cluster/actor.ts'
import { CausalContext, decodeDelta, joinStates } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

test('a fold that failed is not tried again with every update', async () => {
  const time = new SimulatedTime()
  const author = new Replica({ body: text() }, { origin: 'a.1' })
  const actor = openActor('note/n', 0, undefined, 0)
  const tries: number[] = []
  let written = 0
  const open = () => {
    tries.push(written)
    return Promise.reject(new ShoalError('SHOAL_UNREADABLE', 'no document'))
  }
  const folding = new DocumentFolding({
    vetting: { open } as unknown as Vetting,
    clock: new SimulatedClock(new SimulatedProcess('one', time)),
    logger: silentLogger,
    metrics: noMetrics
  })
  for (; written < 400; written++) {
    const delta = author.change(({ body }) => body.insert(0, 'x'))
    assert.ok(delta !== undefined)
    const { state, context } = decodeDelta(delta)
    actor.state = joinStates(actor.state, CausalContext.empty, state, context)
    folding.committed({ updates: [], actors: [actor], emptied: [] })
    await time.run({ untilMs: time.nowMs + 1000 })
  }
  assert.equal(tries.length, 3, `tried at ${tries}`)
  assert.equal(actor.pins, 0)
})

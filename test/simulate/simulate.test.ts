/** The runner's own parts: shrinking, the page, the list of what must be seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RunReport, runScenario } from '../cluster/support/run-scenario.ts'
import { drawScenario, type Scenario } from '../cluster/support/scenario.ts'
import { crowd } from './crowd.ts'
import { mustSee, neverSeen } from './must-see.ts'
import { Recorder } from './recorder.ts'
import { reportPage } from './report.ts'
import { kindOf, shrink } from './shrink.ts'

test('shrinking keeps what a failure needs, and little else', async () => {
  const scenario = drawScenario({ seed: 5, faultyMs: 20_000, writes: 100 })
  const [first, , , last] = scenario.faults
  assert.ok(first !== undefined && last !== undefined)
  const step = scenario.steps[70]
  const failureOf = async ({ faults, steps, nodes }: Scenario) => {
    if (nodes < 3 || !faults.includes(first) || !faults.includes(last)) return undefined
    return steps.some(s => s === step)
      ? `Error: node-${faults.length} lost w${steps.length}: {}`
      : 'Error: another failure'
  }
  const { scenario: small, runs, failure } = await shrink(scenario, { failureOf })
  assert.deepEqual(small.faults, [first, last])
  assert.deepEqual(small.steps, [step])
  assert.equal(small.nodes, 3)
  assert.ok(small.faultyMs < 20_000)
  assert.equal(small.trouble.killChance, 0)
  assert.equal(failure, 'Error: node-2 lost w1: {}')
  assert.ok(runs < 200, `${runs} runs`)
})

test('failures are of one kind where only names and numbers differ', () => {
  assert.equal(
    kindOf('Error: tags/t0: the acknowledged w12 is lost: {"w1"}'),
    kindOf('Error: tags/gone-w7: the acknowledged w3 is lost: []')
  )
  assert.notEqual(
    kindOf('Error: tags/t0: the removed w12 is back'),
    kindOf('Error: tags/t0: the acknowledged w12 is lost')
  )
})

test('a run that is looked at is the same run, and its page stands alone and is small', async () => {
  const scenario = drawScenario({ seed: 3, faultyMs: 2000, writes: 30 })
  const recorder = new Recorder(scenario)
  const seen: RunReport = await runScenario(scenario, recorder.onlooker)
  const unseen = await runScenario(scenario)
  assert.deepEqual(seen, unseen)
  const record = recorder.record()
  assert.equal(record.lanes.length, scenario.nodes)
  assert.ok(record.lanes.every(lane => lane.length > 3))
  assert.ok(record.healedMs !== undefined && record.convergedMs !== undefined)
  const page = reportPage(record)
  assert.ok(page.length < 200_000, `${page.length} bytes`)
  assert.ok(!/(src|href)=/.test(page))
  assert.ok(!page.includes('"RECORD"'))
})

test('what never happened is named', () => {
  const all = new Map(mustSee.map(what => [what, 1]))
  assert.deepEqual(neverSeen(all), [])
  all.delete('trouble: disaster')
  assert.deepEqual(neverSeen(all), ['trouble: disaster'])
})

test('a scenario is data: it survives being written down, and its parts do not depend on each other', async () => {
  const scenario = drawScenario({ seed: 11, faultyMs: 2000, writes: 30 })
  const copy = JSON.parse(JSON.stringify(scenario)) as Scenario
  assert.deepEqual(copy, scenario)
  assert.equal((await runScenario(copy)).trace, (await runScenario(scenario)).trace)
})

test('a crowd joins, is cut and healed, and ends equal, twice in the same way', async () => {
  const runs = [await crowd({ seed: 1, nodes: 8, seconds: 1 }), await crowd({ seed: 1, nodes: 8, seconds: 1 })]
  assert.equal(runs[0]?.acknowledged, 30)
  assert.equal(runs[0]?.trace, runs[1]?.trace)
  assert.deepEqual(
    runs[0]?.parts.map(({ name }) => name),
    ['join', 'idle', 'writes', 'become equal', 'cut in two', 'heal']
  )
})

/**
 * What twenty clients see of exclusive actors in `merge` mode, in the simulator. `npm run histories -- --simulated 100` tries more
 * seeds.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAnswered, type Operation } from './history.ts'
import { judge } from './judges.ts'
import { Porcupine } from './porcupine.ts'
import { churn, cut, faultsWithoutCuts, longPause, simulatedHistory } from './simulated.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Array.from({ length: Number(process.env['SHOAL_SEEDS'] ?? 3) }, (_, i) => first + i)

let porcupine: Porcupine
before(async () => {
  porcupine = await Porcupine.build()
})
after(() => porcupine[Symbol.asyncDispose]())

test('without cuts, each cell is as if it ran one operation at a time, through kills, lost messages, short pauses and wrong clocks', async t => {
  if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
  for (const seed of seeds) {
    const { history, failures } = await simulatedHistory({ seed, trouble: faultsWithoutCuts })
    const { verdict, why } = await judge(porcupine, history)
    assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
    t.diagnostic(`seed ${seed}: ${history.length} operations; failed: ${JSON.stringify([...failures])}`)
  }
})

test('without cuts, each cell is as if it ran one operation at a time, while members leave, die and return', async () => {
  for (const seed of seeds) {
    const { history } = await simulatedHistory({ seed, trouble: churn })
    const { verdict, why } = await judge(porcupine, history)
    assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
  }
})

test('both judges refuse what clients see on the two sides of a cut in merge mode', async () => {
  for (const seed of seeds) {
    const { history } = await simulatedHistory({ seed, trouble: cut })
    const { verdict } = await judge(porcupine, history)
    assert.equal(verdict, 'refused', `SHOAL_SEED=${seed}`)
  }
})

test('after a stop so long that others went on, merge mode may yet acknowledge what was under way at the stop, and nothing else out of order', async () => {
  for (const seed of seeds) {
    let returnedUs = 0
    const trouble = longPause(atUs => {
      returnedUs = atUs
    })
    const { history } = await simulatedHistory({ seed, trouble })
    const isUnderWay = (operation: Operation) =>
      isAnswered(operation) && operation.call <= returnedUs && operation.answer.at >= returnedUs
    const forgotten = history.flatMap(operation => {
      if (!isUnderWay(operation)) return [operation]
      const { client, key, input, call } = operation
      return input.op === 'read' ? [] : [{ client, key, input, call }]
    })
    const { verdict, why } = await judge(porcupine, forgotten)
    assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
  }
})

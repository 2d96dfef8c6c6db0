/**
 * What twenty clients see of exclusive actors in `lease` mode, whose state is a CRDT, a value, an event log or a document, in the simulator: through
 * whatever happens, also where `merge` is refused.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAnswered } from './history.ts'
import { judge } from './judges.ts'
import { leased, readAfterLongStop, voting } from './leased.ts'
import { Porcupine } from './porcupine.ts'
import { churn, cut, faultsOf, longPause, type SimulatedHistoryOptions, simulatedHistory } from './simulated.ts'
import { stored } from './stored-cells.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)

let porcupine: Porcupine
before(async () => {
  porcupine = await Porcupine.build()
})
after(() => porcupine[Symbol.asyncDispose]())

const troubles = {
  'a cut of the network': cut,
  'a stop of twice the lease': longPause(() => {}),
  'members that leave, die and return': churn,
  'faults of all kinds': faultsOf({})
}

/** By what a cell's state is; and how many seeds are run of each trouble. */
const forms: [string, Partial<SimulatedHistoryOptions>, number][] = [
  ['a CRDT', leased, 3],
  ['a CRDT over voters', voting, 2],
  ...Object.entries(stored).map(([form, options]): [string, Partial<SimulatedHistoryOptions>, number] => [
    form,
    options,
    1
  ])
]

for (const [form, options, standardSeeds] of forms)
  for (const [name, trouble] of Object.entries(troubles))
    test(`in lease mode ${form} is as if its actor ran one operation at a time, through ${name}`, async t => {
      if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
      const seeds = Number(process.env['SHOAL_SEEDS'] ?? standardSeeds)
      for (let seed = first; seed < first + seeds; seed++) {
        const { history, failures } = await simulatedHistory({ seed, ...options, trouble })
        const { verdict, why } = await judge(porcupine, history)
        assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
        assert.ok(history.filter(isAnswered).length > 200, `SHOAL_SEED=${seed}: hardly anything was answered`)
        t.diagnostic(`seed ${seed}: ${history.length} operations; failed: ${JSON.stringify([...failures])}`)
      }
    })

test('an owner who has stood still while another took over shows nothing of before', async () => {
  const { history, outcome } = await readAfterLongStop()
  assert.notEqual(outcome, 1)
  assert.equal((await judge(porcupine, history)).verdict, 'linearizable')
})

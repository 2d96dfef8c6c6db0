/** What twenty clients see of leased actors whose state is a value or an event log, in the simulator, through whatever happens. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { isAnswered } from './history.ts'
import { judge } from './judges.ts'
import { Porcupine } from './porcupine.ts'
import { churn, cut, faultsOf, longPause, simulatedHistory } from './simulated.ts'
import { stored } from './stored-cells.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Array.from({ length: Number(process.env['SHOAL_SEEDS'] ?? 1) }, (_, i) => first + i)

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

for (const [form, options] of Object.entries(stored))
  for (const [name, trouble] of Object.entries(troubles))
    test(`${form} is as if its actor ran one operation at a time, through ${name}`, async t => {
      if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
      for (const seed of seeds) {
        const { history, failures } = await simulatedHistory({ seed, ...options, trouble })
        const { verdict, why } = await judge(porcupine, history)
        assert.equal(verdict, 'linearizable', `SHOAL_SEED=${seed}\n${why.join('\n')}`)
        assert.ok(history.filter(isAnswered).length > 200, `SHOAL_SEED=${seed}: hardly anything was answered`)
        t.diagnostic(`seed ${seed}: ${history.length} operations; failed: ${JSON.stringify([...failures])}`)
      }
    })

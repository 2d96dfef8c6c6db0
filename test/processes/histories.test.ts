/** What twenty clients see of exclusive actors in real processes. `npm run histories -- --processes --rounds 50` tries more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnswered } from '../histories/history.ts'
import { judge, judgeButForEarlyReads } from '../histories/judges.ts'
import { Porcupine } from '../histories/porcupine.ts'
import { ProcessHistories, processFaults } from '../histories/processes.ts'

test('each cell is as if it ran one operation at a time, while nodes are killed, stopped for a moment and restarted; not so on both sides of a cut', {
  timeout: 300_000
}, async t => {
  const seed = Number(process.env['SHOAL_SEED'] ?? Date.now() % 100_000)
  await using porcupine = await Porcupine.build()
  if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
  await using histories = await ProcessHistories.start({ seed })

  const { faults, history, failures, doubted } = await histories.round({ kinds: processFaults, faults: 2 })
  const { verdict, why } = await judgeButForEarlyReads(porcupine, history)
  const answers = history.filter(isAnswered).length
  t.diagnostic(`SHOAL_SEED=${seed}: ${faults.join(', ')}; ${answers} answers, failed: ${JSON.stringify([...failures])}`)
  assert.ok(answers > 100)
  if (verdict === 'refused' && doubted.length > 0)
    t.diagnostic(`SKIPPED, this machine was too busy for its promises: ${doubted.join(', ')}`)
  else assert.equal(verdict, 'linearizable', why.join('\n'))

  const parted = await histories.round({ kinds: ['cut'], faults: 1 })
  assert.equal((await judge(porcupine, parted.history)).verdict, 'refused', parted.faults.join(', '))
})

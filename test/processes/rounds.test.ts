/** A few rounds of random faults; `npm run rounds -- --rounds 100` runs more of them. */
import { test } from 'node:test'
import { Rounds } from './support/rounds.ts'

const count = 3

test('after rounds of kills, stops, cuts, losses and full disks nothing is lost, and all nodes are equal and hear each other', {
  timeout: 300_000
}, async t => {
  const seed = Number(process.env['SHOAL_SEED'] ?? Date.now() % 100_000)
  t.diagnostic(`SHOAL_SEED=${seed}`)
  const rounds = await Rounds.start({ seed, outageMs: 4_000 })
  try {
    t.diagnostic(
      `${rounds.network.kind}${rounds.network.kind === 'loopback' ? ' (SKIPPED: one-way cuts and loss)' : ''}`
    )
    if (!rounds.canFill) t.diagnostic('SKIPPED: full disks, no small file system can be mounted here')
    for (let round = 0; round < count; round++) {
      const { faults, outageMs, writes, aliveMs, heardMs, equalMs } = await rounds.run()
      t.diagnostic(
        `${faults.join(', ')} for ${outageMs} ms; ${writes} writes; alive ${aliveMs}, heard ${heardMs}, equal ${equalMs} ms`
      )
    }
    await rounds.isAllRight()
  } finally {
    await rounds.close()
  }
})

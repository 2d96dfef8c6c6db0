/**
 * `npm run damage -- --images N [--seed S] [--tell OUTCOME]`: damages N images of data directories and says what became of
 * them. Each that is wrong is printed, and with --tell each of another outcome too. Ends with 1 where one is wrong.
 */
import { parseArgs } from 'node:util'
import { runCampaign } from './campaign.ts'
import { damageKinds } from './images.ts'
import { outcomes } from './verdict.ts'

const { values } = parseArgs({
  options: { images: { type: 'string' }, seed: { type: 'string' }, tell: { type: 'string' } }
})
const images = Number(values.images ?? 300)
const seed = Number(values.seed ?? 1)
const startMs = performance.now()
const counts = new Map<string, number>()
let wrong = 0
let judgedImages = 0
for await (const { number, seed: historySeed, kind, damage, scene, verdict } of runCampaign({ images, seed })) {
  judgedImages++
  const cell = `${kind}|${verdict.outcome}`
  counts.set(cell, (counts.get(cell) ?? 0) + 1)
  if (verdict.outcome === 'wrong') wrong++
  else if (verdict.outcome !== values.tell) continue
  process.stdout.write(
    `image ${number} (history ${historySeed}), ${scene}, ${damage}\n  ${verdict.reason.slice(0, 600)}\n`
  )
}
const seconds = (performance.now() - startMs) / 1000
const rows = damageKinds.map(kind => [kind, ...outcomes.map(outcome => String(counts.get(`${kind}|${outcome}`) ?? 0))])
for (const row of [['damage', ...outcomes], ...rows]) {
  process.stdout.write(`${row.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(9))).join('')}\n`)
}
process.stdout.write(
  `${judgedImages} images in ${seconds.toFixed(0)} s (${(judgedImages / seconds).toFixed(1)} images/s), seed ${seed}: ${wrong} wrong\n`
)
process.exitCode = wrong > 0 ? 1 : 0

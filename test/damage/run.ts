/**
 * `npm run damage -- --images N [--seed S] [--tell OUTCOME]`: damages N images of data directories and says what became of them, in
 * two processes at a time. Each that is wrong is printed, and with --tell each of another outcome too. Ends with 1 where one is wrong.
 */
import { parseArgs } from 'node:util'
import { damageKinds } from './images.ts'
import { judgeAll } from './judges.ts'
import { outcomes } from './verdict.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { images: text, seed: text, tell: text, processes: text } })
const images = Number(values.images ?? 300)
const seed = Number(values.seed ?? 1)
const processes = Number(values.processes ?? 2)
const startMs = performance.now()
const columns = [...outcomes, 'crashed'] as const
const counts = new Map<string, number>()

function count(kind: string, outcome: string): void {
  const cell = `${kind}|${outcome}`
  counts.set(cell, (counts.get(cell) ?? 0) + 1)
}

function total(outcome: string): number {
  return damageKinds.reduce((sum, kind) => sum + (counts.get(`${kind}|${outcome}`) ?? 0), 0)
}

/** Seeds far enough apart that no two processes draw the same history. */
const shares = Array.from({ length: processes }, (_, n) => ({
  seed: seed + n * 1_000_000,
  images: Math.floor((images + processes - 1 - n) / processes)
}))
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    summarise()
    process.exit(1)
  })
}
await Promise.all(
  shares.map(share =>
    judgeAll(share.images, share.seed, {
      judged({ number, kind, damage, scene, verdict }) {
        count(kind, verdict.outcome)
        if (verdict.outcome !== 'wrong' && verdict.outcome !== values.tell) return
        say(`image ${number} of seed ${share.seed}, ${scene}, ${damage}\n  ${verdict.reason.slice(0, 600)}`)
      },
      crashed({ number, kind, damage, scene, signal, stderr }) {
        count(kind, 'crashed')
        say(`image ${number} of seed ${share.seed}, ${scene}, ${damage}\n  crashed: ${signal} ${stderr.slice(-600)}`)
      }
    })
  )
)
summarise()
process.exitCode = total('wrong') + total('crashed') > 0 ? 1 : 0

/** Also of a campaign that is cut short. */
function summarise(): void {
  const seconds = (performance.now() - startMs) / 1000
  const rows = damageKinds.map(kind => [kind, ...columns.map(outcome => String(counts.get(`${kind}|${outcome}`) ?? 0))])
  for (const row of [['damage', ...columns], ...rows]) {
    process.stdout.write(`${row.map((cell, i) => (i === 0 ? cell.padEnd(30) : cell.padStart(9))).join('')}\n`)
  }
  const judged = columns.reduce((sum, outcome) => sum + total(outcome), 0)
  const rate = (judged / seconds).toFixed(1)
  const wrong = total('wrong') + total('crashed')
  say(`${judged} images in ${seconds.toFixed(0)} s (${rate} a second), seed ${seed}: ${wrong} wrong`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

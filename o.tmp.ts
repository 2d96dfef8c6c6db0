import { overlappingRun } from './test/actors/support/overlapping-run.ts'
const first = Number(process.argv[2] ?? 1), n = Number(process.argv[3] ?? 5)
for (let seed = first; seed < first + n; seed++) {
  const t = Date.now()
  try {
  const r = await overlappingRun(seed)
  const missed = [...r.truth].filter(p => !r.told.has(p)), wrong = [...r.told].filter(p => !r.truth.has(p))
  console.log(seed, { truth: r.truth.size, told: r.told.size, twice: [...r.told.values()].filter(n => n > 1).length, most: Math.max(0, ...r.told.values()), missed: missed.length, wrong: wrong.length, reports: r.reports.length, incomplete: r.reports.filter(x => !x.isComplete).length, ack: r.acknowledged, ran: r.ran, ms: Date.now() - t })
  if (process.argv[4]) console.log({ missed: missed.slice(0, 5), wrong: wrong.slice(0, 5) })
  } catch (e) { console.log(seed, e) }
}

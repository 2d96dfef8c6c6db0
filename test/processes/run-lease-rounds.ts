/**
 * `npm run lease-rounds -- --rounds 50 [--seed S] [--store postgres|etcd|voters] [--lease-ms N] [--away-ms N] [--pace-ms N] [--kinds 'kill,stop']`: histories of
 * twenty clients of `lease` kinds over real processes. Each round has one fault of each kind. Says how long cells were without an owner; ends
 * with 1 at the first history that is not linearizable.
 */
import { parseArgs } from 'node:util'
import { isAnswered } from '../histories/history.ts'
import { judge } from '../histories/judges.ts'
import { LeasedProcesses, type LeaseFault, leaseFaults } from '../histories/leased-processes.ts'
import { Porcupine } from '../histories/porcupine.ts'
import { quantile, takeOversMs } from '../histories/take-over.ts'
import { storeKinds } from './support/lease-store-server.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: {
    rounds: text,
    seed: text,
    store: text,
    nodes: text,
    kinds: text,
    'lease-ms': text,
    'away-ms': text,
    'pace-ms': text
  }
})
const seed = Number(values.seed ?? 1)
const leaseMs = Number(values['lease-ms'] ?? 2_000)
const wanted = values.kinds?.split(',') ?? leaseFaults
await using porcupine = await Porcupine.build()
if (porcupine.missing !== undefined) say(`without Porcupine: ${porcupine.missing}`)
await using processes = await LeasedProcesses.start({
  seed,
  leaseMs,
  store: values.store === 'voters' ? 'voters' : (storeKinds.find(kind => kind === values.store) ?? 'postgres'),
  nodes: Number(values.nodes ?? 5),
  awayMs: Number(values['away-ms'] ?? 2 * leaseMs),
  paceMs: Number(values['pace-ms'] ?? 150)
})
const kinds = processes.possible().filter(kind => wanted.includes(kind))
const idle = new Map<LeaseFault, number[]>(kinds.map(kind => [kind, []]))
say(`${processes.nodes.length} nodes, ${processes.network.kind}, leases of ${leaseMs} ms, seed ${seed}: ${kinds}`)
let answers = 0
const totals = { effects: 0, changes: 0 }
for (let round = 1; round <= Number(values.rounds ?? 5); round++) {
  const { faults, history, failures, effects, servedMs } = await processes.round(kinds)
  const { verdict, why } = await judge(porcupine, history)
  answers += history.filter(isAnswered).length
  const failed = [...failures].map(([code, times]) => `${times} ${code}`).join(', ')
  say(`round ${round}, ${faults.map(fault => fault.text).join('; ')}: ${history.length} operations, failed: ${failed}`)
  for (const { kind, fromUs, toUs } of faults) {
    const times = takeOversMs(history, fromUs)
    idle.get(kind)?.push(...times)
    say(`  ${kind}, ${Math.round((toUs - fromUs) / 1000)} ms: cells idle for ${times.join(' ')} ms`)
  }
  const { overlaps, stale, wrong } = effects
  totals.effects += effects.effects
  totals.changes += effects.changes
  say(
    `  ${effects.effects} effects, ${effects.changes} changes of owner: ${overlaps.length} overlaps, ${stale.length} stale, ${wrong.length} wrong`
  )
  say(`  ${verdict}; all cells answered ${Math.round(servedMs)} ms after the last was mended`)
  if (verdict === 'linearizable' && overlaps.length + stale.length + wrong.length === 0) continue
  for (const line of [...why, ...overlaps, ...stale, ...wrong]) say(`  ${line}`)
  process.exitCode = 1
  break
}
for (const [kind, times] of idle)
  say(
    `${kind}: ${times.length} cells idle, median ${quantile(times, 0.5)}, p99 ${quantile(times, 0.99)}, worst ${quantile(times, 1)} ms`
  )
say(`${answers} answers; ${totals.effects} effects, ${totals.changes} changes of owner`)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

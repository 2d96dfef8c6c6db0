/** What twenty clients see of `lease` kinds in real processes over a real lease store. `npm run lease-rounds -- --rounds 50` tries more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { isAnswered } from '../histories/history.ts'
import { judge } from '../histories/judges.ts'
import { LeasedProcesses } from '../histories/leased-processes.ts'
import { Porcupine } from '../histories/porcupine.ts'
import { takeOversMs } from '../histories/take-over.ts'
import { LeaseStoreServer } from './support/lease-store-server.ts'

const seed = Number(process.env['SHOAL_SEED'] ?? Date.now() % 100_000)
const store = (['postgres', 'etcd'] as const).find(kind => LeaseStoreServer.missing(kind) === undefined)
const skip = store === undefined ? 'NOT TESTED: this machine has neither a PostgreSQL nor an etcd server' : false

test('each cell is as if it ran one operation at a time, while nodes are killed, stopped for twice the lease, cut off, and the store is away', {
  timeout: 300_000,
  skip
}, async t => {
  await using porcupine = await Porcupine.build()
  if (porcupine.missing !== undefined) t.diagnostic(`SKIPPED: Porcupine, ${porcupine.missing}`)
  await using processes = await LeasedProcesses.start({ seed, store: store ?? 'postgres', nodes: 4, leaseMs: 1_000 })
  const kinds = processes.possible().filter(kind => !['all killed', 'rolling restart'].includes(kind))
  const { faults, history, failures, effects, servedMs } = await processes.round(kinds)
  const { verdict, why } = await judge(porcupine, history)
  t.diagnostic(`SHOAL_SEED=${seed}, ${store}, ${processes.network.kind}: ${faults.map(({ text }) => text).join('; ')}`)
  for (const { kind, fromUs } of faults) t.diagnostic(`${kind}: cells idle for ${takeOversMs(history, fromUs)} ms`)
  t.diagnostic(`${history.length} operations, failed: ${JSON.stringify([...failures])}; served after ${servedMs} ms`)
  assert.equal(verdict, 'linearizable', why.join('\n'))
  const { overlaps, stale, wrong } = effects
  assert.deepEqual({ overlaps, stale, wrong }, { overlaps: [], stale: [], wrong: [] })
  assert.ok(effects.changes > 0, `of ${effects.effects} effects, by one owner after the other`)
  assert.ok(history.filter(isAnswered).length > 200)
})

test('so it is where three of the nodes keep the lease store themselves, and all of them are killed at once, too', {
  timeout: 600_000
}, async t => {
  await using porcupine = await Porcupine.build()
  await using processes = await LeasedProcesses.start({
    seed,
    store: 'voters',
    nodes: 3,
    leaseMs: 1_000,
    aliveDeadlineMs: 60_000
  })
  const cut = processes.possible().find(kind => kind === 'stop apart') ?? 'stop'
  const kinds = ['kill', cut, 'store away', 'all killed'] as const
  const { faults, history, failures, effects, servedMs } = await processes.round(kinds)
  const { verdict, why } = await judge(porcupine, history)
  t.diagnostic(`SHOAL_SEED=${seed}, ${processes.network.kind}: ${faults.map(({ text }) => text).join('; ')}`)
  for (const { kind, fromUs } of faults) t.diagnostic(`${kind}: cells idle for ${takeOversMs(history, fromUs)} ms`)
  t.diagnostic(`${history.length} operations, failed: ${JSON.stringify([...failures])}; served after ${servedMs} ms`)
  assert.equal(verdict, 'linearizable', why.join('\n'))
  const { overlaps, stale, wrong } = effects
  assert.deepEqual({ overlaps, stale, wrong }, { overlaps: [], stale: [], wrong: [] })
  assert.ok(effects.changes > 0, `of ${effects.effects} effects, by one owner after the other`)
  assert.ok(history.filter(isAnswered).length > 200)
})

test('without fencing, what owners show after a stop of twice the lease is refused', {
  timeout: 300_000,
  skip
}, async t => {
  await using porcupine = await Porcupine.build()
  const bug = fileURLToPath(new URL('../histories/without-fencing.ts', import.meta.url))
  const environment = { NODE_OPTIONS: `--import=${bug}` }
  const unfenced = { seed, store: store ?? 'postgres', nodes: 3, leaseMs: 1_000, environment }
  await using processes = await LeasedProcesses.start(unfenced)
  // Where nobody can be kept from hearing at once what it missed, it takes luck.
  const kind = processes.possible().find(it => it === 'stop apart') ?? 'stop'
  for (let round = 1; round <= 10; round++) {
    const { faults, history } = await processes.round([kind, kind])
    const { verdict } = await judge(porcupine, history)
    t.diagnostic(`SHOAL_SEED=${seed}: ${faults.map(({ text }) => text).join('; ')}: ${verdict}`)
    if (verdict === 'refused') return
  }
  assert.fail('nobody saw anything old')
})

import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { CountingMetrics } from './src/simulation/counting-metrics.ts'
import { entriesBetween } from './src/simulation/sorted-store.ts'
const deposit = command(({ state }: any) => { state.n.add(1); return state.n.value })
const E: any = exclusive('account', { n: pnCounter() } as any, { deposit } as any, { acknowledge: (process.argv[3] ?? 'majority') as any })
const inFlight = Number(process.argv[2] ?? 1), total = 2000
const metrics = new CountingMetrics()
await using cluster = await createTestCluster({ actors: [E], seed: 1, nodes: 3, metrics: () => metrics })
if (process.argv[4] === 'down') { cluster.kill(2); await cluster.run(8000) }
await cluster.run(3000)
const before = { ...metrics.all() }
const cpu = process.cpuUsage()
let done = 0
const one = async (k: number) => { while (done < total) { done++; await cluster.actor(k % 2)(E, 'a').deposit(undefined, {}) } }
await cluster.settle(Promise.all(Array.from({ length: inFlight }, (_, k) => one(k))), 600_000)
const used = process.cpuUsage(cpu)
const after = metrics.all()
const size = (n: number) => { for (const { value } of entriesBetween(cluster.world.machines()[n]!.disk.root, 's', 't', 1e9)) return value.length }
console.log({ inFlight, ack: process.argv[3] ?? 'majority', down: process.argv[4], pushBytes: ((after['shoal_push_sent_bytes_total'] ?? 0) - (before['shoal_push_sent_bytes_total'] ?? 0)) / total, pushes: ((after['shoal_push_sent_total'] ?? 0) - (before['shoal_push_sent_total'] ?? 0)) / total, written: ((after['shoal_disk_written_bytes_total'] ?? 0) - (before['shoal_disk_written_bytes_total'] ?? 0)) / total, record: size(0), cpuMs: Math.round(used.user / 1000) })

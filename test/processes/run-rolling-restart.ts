/**
 * `npm run rolling-restart -- [--nodes 8] [--calls 1000] [--modes merge,lease] [--store voters|postgres|etcd] [--times 1]`: restarts nodes one after
 * the other under so many calls a second, `--times` all of them. Ends with 1 where a call failed, was lost or was doubled.
 */
import { parseArgs } from 'node:util'
import { quantile } from '../histories/take-over.ts'
import { isSpotless } from './support/audit.ts'
import { storeKinds } from './support/lease-store-server.ts'
import type { TimedCall } from './support/numbered-calls.ts'
import { type BookMode, bookKinds, RollingRestart } from './support/rolling-restart.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({
  options: { nodes: text, calls: text, modes: text, store: text, times: text }
})
const callsPerSecond = Number(values.calls ?? 1_000)
const modes = (values.modes ?? 'merge,lease').split(',').filter((mode): mode is BookMode => mode in bookKinds)
const store = storeKinds.find(kind => kind === values.store) ?? 'voters'
const nodes = Number(values.nodes ?? 8)
say(`${nodes} nodes, ${callsPerSecond} calls a second, ${modes.join(' and ')}, ${store}`)
await using rolling = await RollingRestart.start({ nodes, callsPerSecond, modes, store })
for (let time = 1; time <= Number(values.times ?? 1) && process.exitCode === undefined; time++) {
  const { calls, restarts, audit, latestMs } = await rolling.run()
  for (const { node, fromMs, toMs, leftMs, exitCode } of restarts) {
    const meanwhile = calls.filter(({ dueMs }) => dueMs >= fromMs && dueMs < toMs)
    const took = `left in ${Math.round(leftMs)} ms with ${exitCode}, all were ready after ${Math.round(toMs - fromMs)} ms`
    say(`${node}: ${took}; ${timesOf(meanwhile)}`)
    if (exitCode !== 0) process.exitCode = 1
  }
  const first = restarts[0]?.fromMs ?? 0
  say(`before: ${timesOf(calls.filter(({ dueMs, tookMs }) => dueMs + tookMs < first))}`)
  for (const mode of modes) {
    const ofKind = calls.filter(({ book }) => book.startsWith(`${bookKinds[mode]}/`))
    say(`${mode}: ${timesOf(ofKind)}`)
  }
  const failures = calls.filter(({ failure }) => failure !== undefined)
  const begun = calls.reduce((least, { dueMs }) => Math.min(least, dueMs), Number.POSITIVE_INFINITY)
  for (const { number, book, door, dueMs, tookMs, said } of failures.slice(0, 20))
    say(
      `call ${number} of ${book} by ${door}, due at ${Math.round(dueMs - begun)} ms, after ${Math.round(tookMs)} ms: ${said}`
    )
  for (const { node, fromMs, toMs } of failures.length > 0 ? restarts : [])
    say(`${node} from ${Math.round(fromMs - begun)} to ${Math.round(toMs - begun)} ms`)
  say(`the callers were ${Math.round(latestMs)} ms late at most`)
  const { answered, failed, lost, doubled, untold, strange } = audit
  const codes = [...failed].map(([code, count]) => `${count} ${code}`).join(', ')
  say(
    `${calls.length} calls: ${answered} answered, ${failures.length} failed (${codes}), ${lost.length} lost, ${doubled.length} doubled, ${untold.length} not told of, ${strange.length} strange`
  )
  if (!isSpotless(audit)) process.exitCode = 1
}

function timesOf(calls: readonly TimedCall[]): string {
  const times = calls.map(({ tookMs }) => tookMs)
  const [median, p99, worst] = [0.5, 0.99, 1].map(share => quantile(times, share)?.toFixed(0))
  return `${calls.length} calls, median ${median}, p99 ${p99}, worst ${worst} ms`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

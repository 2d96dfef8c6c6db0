/**
 * `npm run rounds -- --rounds 100 [--seed S] [--outage-ms N] [--nodes N]`: rounds of random faults over real processes. Says where
 * (namespaces or loopback), which faults, and how long things took; ends with 1 at the first round that is not right.
 */
import { parseArgs } from 'node:util'
import { faultKinds, type RoundReport, Rounds } from './support/rounds.ts'

const text = { type: 'string' } as const
const { values } = parseArgs({ options: { rounds: text, seed: text, nodes: text, 'outage-ms': text } })
const count = Number(values.rounds ?? 10)
const seed = Number(values.seed ?? 1)
const rounds = await Rounds.start({
  seed,
  nodes: Number(values.nodes ?? 5),
  outageMs: Number(values['outage-ms'] ?? 6_000)
})
const reports: RoundReport[] = []
say(
  `${rounds.nodes.length} nodes, ${rounds.network.kind}, seed ${seed}${rounds.canFill ? '' : '; no disk can be filled here'}`
)
try {
  while (reports.length < count) {
    const report = await rounds.run()
    reports.push(report)
    const { round, faults, outageMs, writes, uncertain, aliveMs, equalMs, heardMs } = report
    say(
      `round ${round}: ${faults.join(', ')} for ${outageMs} ms; ${writes} writes, ${uncertain} refused; all alive after ${aliveMs} ms, heard within ${heardMs} ms, equal after ${equalMs} ms`
    )
  }
  await rounds.isAllRight()
  for (const kind of faultKinds) {
    say(`${kind}: ${reports.flatMap(({ kinds }) => kinds).filter(other => other === kind).length} times`)
  }
  for (const figure of ['aliveMs', 'heardMs', 'equalMs'] as const) {
    const sorted = reports.map(report => report[figure]).toSorted((a, b) => a - b)
    say(`${figure}: median ${sorted[sorted.length >> 1]}, worst ${sorted.at(-1)}`)
  }
  say(`${reports.length} rounds, ${reports.reduce((sum, { writes }) => sum + writes, 0)} writes, nothing lost`)
} catch (error) {
  say(error instanceof Error ? `${error.message}` : String(error))
  for (const node of rounds.nodes) {
    const lines = node.stderr
      .trimEnd()
      .split('\n')
      .filter(line => !/^\{"level":[123]0/.test(line))
    say(
      `${node.name}:\n${lines
        .slice(-12)
        .map(line => line.slice(0, 400))
        .join('\n')}`
    )
  }
  process.exitCode = 1
} finally {
  await rounds.close()
}
process.exit()

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

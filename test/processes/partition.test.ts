/**
 * Nodes that are cut off, or stopped as a closed laptop is, while all sides write: when they return all three are equal, and
 * what they hold is exactly what was written. Five rounds, because a give-up or a deaf peer shows only after some.
 *
 * SHOAL_SOAK=180 makes each outage that many seconds long.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { membersOf, startCluster, type TestCluster } from './support/cluster.ts'
import { Books, Depositor } from './support/depositor.ts'
import { call, stateOf } from './support/http.ts'
import { Ledger, type Shop } from './support/ledger.ts'
import type { NodeProcess } from './support/node-process.ts'
import { Shopper, shopOf } from './support/shopper.ts'
import { pause, until } from './support/until.ts'
import { visibleEverywhere } from './support/visible.ts'

const outageMs = Number(process.env['SHOAL_SOAK'] ?? 6) * 1000
const equalDeadlineMs = 5_000
/** No promise: a busy machine may take longer than the outage to be sure. */
const goneDeadlineMs = 30_000

/** Names of the nodes that are cut off and that are stopped, per round. */
const rounds = [
  { cut: 'a', stopped: '' },
  { cut: '', stopped: 'b' },
  { cut: 'c', stopped: '' },
  { cut: '', stopped: 'a' },
  { cut: 'b', stopped: 'c' }
] as const

test('after each of five outages all nodes are equal within 5 s, with nothing missing and nothing twice', {
  timeout: 120_000 + rounds.length * (outageMs + 30_000)
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const ledger = new Ledger()
  const books = new Books(['ann', 'ben', 'cleo', 'dan', 'eve', 'fay'])
  for (const [i, { cut, stopped }] of rounds.entries()) {
    const round = `round ${i + 1}${cut === '' ? '' : `, ${cut} cut off`}${stopped === '' ? '' : `, ${stopped} stopped`}`
    const failuresBefore = books.failures.length
    const shoppers = cluster.nodes.map(node => new Shopper(node, { shop: 's', name: `${i}${node.name}`, ledger }))
    const depositors = cluster.nodes.map((node, n) => new Depositor(node, books, { offset: n * 2 }))
    const isOut = (node: NodeProcess) => node.name === cut || node.name === stopped
    for (const node of cluster.nodes) if (node.name === cut) await node.cutFrom(cluster.others(node))
    for (const node of cluster.nodes) if (node.name === stopped) node.signal('SIGSTOP')
    const secret = `secret-${i}`
    const writer = cluster.nodes.find(({ name }) => name === cut)
    if (writer !== undefined) {
      await call(writer.http, 'tags/s/add', secret)
      ledger.tags.added(secret, 'acknowledged')
    }
    const before = shoppers.map(({ writes }) => writes)

    await pause(outageMs)

    await wasReal(cluster, isOut, secret)
    const written = shoppers.map(({ writes }, n) => writes - (before[n] ?? 0))
    for (const node of cluster.nodes) {
      if (node.name === cut) await node.heal()
      if (node.name === stopped) node.signal('SIGCONT')
    }
    await Promise.all([...shoppers, ...depositors].map(client => client.stop()))
    const { shop, elapsedMs } = await allEqual(cluster, round)
    assert.deepEqual(ledger.complaints(shop), [], round)
    await until(`the accounts are right on every node, ${round}`, equalDeadlineMs, async () => {
      for (const node of cluster.nodes) assert.deepEqual(await books.complaints(node), [], `as ${node.name} answers`)
    })
    assert.deepEqual(
      shoppers.flatMap(({ refusals }) => refusals),
      [],
      'replicated actors take writes whoever else is there'
    )
    for (const [n, node] of cluster.nodes.entries()) {
      if (node.name !== stopped) assert.ok((written[n] ?? 0) > 10, `${node.name} took only ${written[n]} writes`)
    }
    await cluster.allAlive()
    for (const node of cluster.nodes) await isHeard(cluster, node, `heard ${i} ${node.name}`)
    const failed = books.failures.slice(failuresBefore)
    t.diagnostic(
      `${round}: ${written.join(' + ')} writes in ${outageMs} ms, equal after ${Math.round(elapsedMs)} ms, ` +
        `${failed.length} deposits not acknowledged${failed.length === 0 ? '' : `, such as: ${failed[0]}`}`
    )
  }
  assert.ok(ledger.counter.total > 0 && books.accounts.every(account => books.of(account).acknowledged > 0))
})

/** Those that were left hold the others for gone, be it late, and have not heard what these wrote. */
async function wasReal(cluster: TestCluster, isOut: (node: NodeProcess) => boolean, secret: string): Promise<void> {
  for (const node of cluster.nodes.filter(node => !isOut(node))) {
    await until('the others are held for gone', goneDeadlineMs, async () => {
      const { members } = await membersOf(node)
      for (const { id, name } of cluster.nodes.filter(isOut)) {
        const status = members.find(member => member.id === id)?.status
        assert.equal(status, 'dead', `${name} as ${node.name} sees it`)
      }
    })
    const tags = await stateOf<string[]>(node.http, 'tags/s')
    assert.ok(!tags.includes(secret), `${node.name} heard through the cut`)
  }
}

/** Pushes reach the others again: repair alone, every few seconds, would be late. */
async function isHeard(cluster: TestCluster, node: NodeProcess, tag: string): Promise<void> {
  await visibleEverywhere(cluster, node, 'tags/heard', {
    path: 'add',
    argument: tag,
    isIn: (state: string[]) => state.includes(tag)
  })
}

async function allEqual(cluster: TestCluster, round: string): Promise<{ shop: Shop; elapsedMs: number }> {
  const { value, elapsedMs } = await until(`all nodes are equal, ${round}`, equalDeadlineMs, async () => {
    const [first, ...others] = await Promise.all(cluster.nodes.map(node => shopOf(node, 's')))
    assert.ok(first !== undefined)
    for (const other of others) assert.deepEqual(other, first)
    return first
  })
  return { shop: value, elapsedMs }
}

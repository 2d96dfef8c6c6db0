/** Tickets sold by all nodes at once, one of which is killed meanwhile: all are sold, and none twice. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { startCluster } from './support/cluster.ts'
import { type Answer, ask } from './support/http.ts'
import type { NodeProcess } from './support/node-process.ts'
import { until } from './support/until.ts'

const tickets = fileURLToPath(new URL('./support/tickets.ts', import.meta.url))
const count = 300

async function call(node: NodeProcess, method: string, argument?: unknown): Promise<Answer> {
  return ask('POST', node.http, `/v1/actors/tickets/show/${method}`, argument)
}

test('three nodes sell every ticket once, also when one is killed and comes back', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'], '--actors', tickets)
  const [a, b, c] = cluster.nodes
  assert.ok(a !== undefined && b !== undefined && c !== undefined)
  assert.equal((await call(a, 'issue', count)).status, 200)
  let [sold, unknown, refused] = [0, 0, 0]
  /** Sells one after the other until it is told that there are none. */
  const sell = async (node: NodeProcess): Promise<void> => {
    for (;;) {
      let answer: Answer
      try {
        answer = await call(node, 'sell', 1)
      } catch {
        unknown++
        return
      }
      if (answer.status === 200) sold++
      else {
        refused++
        assert.equal((answer.body as { code: string }).code, 'SHOAL_INSUFFICIENT_RIGHTS', JSON.stringify(answer.body))
        return
      }
    }
  }
  const sellers = [a, b, b, c].map(node => sell(node))
  await until('a third is sold', 20_000, async () => assert.ok(sold > count / 3, `${sold}`))
  await b.kill()
  await Promise.all(sellers)
  await b.start()
  await cluster.allAlive()
  await until('all are sold', 20_000, async () => {
    await Promise.all([a, b, c].map(sell))
    const left = await Promise.all([a, b, c].map(async node => (await call(node, 'left')).body))
    assert.deepEqual(left, Array(3).fill({ result: 0 }), `${sold} sold, ${unknown} unknown`)
  })
  assert.ok(sold <= count && count <= sold + unknown, `${sold} sold and ${unknown} unknown of ${count}`)
  t.diagnostic(`${sold} sold, ${unknown} unknown, ${refused} times none left`)
})

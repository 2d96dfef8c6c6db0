/** SIGKILL of the node that owns an account: another takes over, with all that was acknowledged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster, type TestCluster } from './support/cluster.ts'
import { Books, balanceOf, Depositor } from './support/depositor.ts'
import { ask, call, get } from './support/http.ts'
import type { NodeProcess } from './support/node-process.ts'
import { pause, until } from './support/until.ts'

const failOverDeadlineMs = 3_000

test('an account whose owner is killed answers from the others within 3 s, with its last acknowledged balance', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const took: number[] = []
  // Who is the owner differs by account and by round, so each node is likely to be killed.
  for (const account of ['ann', 'ben', 'cleo']) {
    const owner = await ownerOf(cluster, account)
    const [first, second] = cluster.others(owner)
    assert.ok(first !== undefined && second !== undefined)
    let acknowledged = 0
    for (const node of [first, owner, second, first]) {
      acknowledged += 10
      assert.equal(await call(node.http, `account/${account}/deposit`, { amount: 10 }), acknowledged)
    }
    owner.signal('SIGKILL')
    const answers = await Promise.all([answerAfter(first, account), answerAfter(second, account)])
    assert.deepEqual(
      answers.map(({ balance }) => balance),
      [acknowledged, acknowledged],
      `${account}, after ${owner.name} was killed`
    )
    took.push(...answers.map(({ elapsedMs }) => Math.round(elapsedMs)))
    assert.notEqual((await ownerOf(cluster, account, first)).name, owner.name)
    assert.equal(await call(second.http, `account/${account}/deposit`, { amount: 1 }), acknowledged + 1)

    await owner.exited()
    await owner.start()
    await cluster.allAlive()
    for (const node of cluster.nodes) assert.equal(await balanceOf(node, account), acknowledged + 1)
  }
  t.diagnostic(`answered after ${took.join(', ')} ms`)
})

test('deposits that are under way when owners are killed are acknowledged once, refused, or said to be uncertain', {
  timeout: 300_000
}, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  const books = new Books(Array.from({ length: 12 }, (_, n) => `account-${n}`))
  for (const victim of cluster.nodes) {
    const clients = cluster
      .others(victim)
      .flatMap((node, n) => [0, 1, 2].map(i => new Depositor(node, books, { paceMs: 0, offset: n * 6 + i * 2 })))
    await pause(300)
    await victim.kill()
    const callsBefore = books.calls
    await until('deposits go on', failOverDeadlineMs, async () => {
      for (const account of books.accounts) {
        for (const node of cluster.others(victim)) await balanceOf(node, account)
      }
    })
    await victim.start()
    await cluster.allAlive()
    await Promise.all(clients.map(client => client.stop()))
    assert.ok(books.calls > callsBefore)
    for (const node of cluster.nodes) assert.deepEqual(await books.complaints(node), [], `as ${node.name} answers`)
  }
  const certain = books.failures.filter(failure => !/SHOAL_INDETERMINATE/.test(failure))
  assert.deepEqual(certain, [], 'no call failed for any other reason')
  t.diagnostic(`${books.calls} deposits, ${books.failures.length} uncertain: ${books.failures.slice(0, 2)}`)
})

async function ownerOf(cluster: TestCluster, account: string, asked = cluster.nodes[0]): Promise<NodeProcess> {
  assert.ok(asked !== undefined)
  const { owner } = await get<{ owner: string }>(asked.http, `/v1/actors/account/${account}`)
  return cluster.node(owner)
}

/** Asks once, as a user does who knows nothing of the kill. */
async function answerAfter(node: NodeProcess, account: string): Promise<{ balance: unknown; elapsedMs: number }> {
  const startMs = performance.now()
  const { value } = await until(`${account} answers at ${node.name}`, failOverDeadlineMs, async () => {
    const { status, body } = await ask('POST', node.http, `/v1/actors/account/${account}/balance?deadlineMs=3000`)
    assert.equal(status, 200, JSON.stringify(body))
    return (body as { result: unknown }).result
  })
  return { balance: value, elapsedMs: performance.now() - startMs }
}

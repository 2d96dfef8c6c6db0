/** What is written on one node is soon seen on all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from './support/cluster.ts'
import type { NodeProcess } from './support/node-process.ts'
import { visibleEverywhere, type Write } from './support/visible.ts'

const writesPerNode = 15

const kinds: Record<string, (node: NodeProcess, number: number) => Write> = {
  counter: () => ({ path: 'add', argument: 1, isIn: (state: number) => state > 0 }),
  tags: ({ name }, number) => ({
    path: 'add',
    argument: `${name}${number}`,
    isIn: (state: string[]) => state.includes(`${name}${number}`)
  }),
  cart: ({ name }, number) => ({
    path: 'addLine',
    argument: { sku: `${name}${number}`, quantity: 2 },
    isIn: (state: { lines: Record<string, number> }) => state.lines[`${name}${number}`] === 2
  }),
  document: ({ name }, number) => ({
    path: 'insert',
    argument: { at: 0, text: `<${name}${number}>` },
    isIn: (state: string) => state.includes(`<${name}${number}>`)
  })
}

test('three nodes', { timeout: 300_000 }, async t => {
  const cluster = await startCluster(t, ['a', 'b', 'c'])
  for (const [kind, writeOf] of Object.entries(kinds)) {
    await t.test(`a write to a ${kind} on any node is visible on all within 1 s`, async t => {
      const elapsed: number[] = []
      for (let number = 0; number < writesPerNode; number++) {
        for (const node of cluster.nodes) {
          // A counter only shows a sum: one counter for each write.
          const id = kind === 'counter' ? `${node.name}${number}` : 'one'
          elapsed.push(await visibleEverywhere(cluster, node, `${kind}/${id}`, writeOf(node, number)))
        }
      }
      elapsed.sort((a, b) => a - b)
      const median = elapsed[Math.floor(elapsed.length / 2)] ?? 0
      t.diagnostic(`median ${median.toFixed(1)} ms, longest ${elapsed.at(-1)?.toFixed(1)} ms, seen over HTTP`)
      assert.equal(elapsed.length, writesPerNode * 3)
    })
  }
  await t.test('removals are seen too, and a line that comes back starts again', async () => {
    const [a, b, c] = cluster.nodes
    assert.ok(a !== undefined && b !== undefined && c !== undefined)
    await visibleEverywhere(cluster, b, 'tags/one', {
      path: 'remove',
      argument: 'a0',
      isIn: (state: string[]) => !state.includes('a0')
    })
    await visibleEverywhere(cluster, c, 'cart/one', {
      path: 'removeLine',
      argument: { sku: 'a0' },
      isIn: (state: { lines: Record<string, number> }) => !Object.hasOwn(state.lines, 'a0')
    })
    await visibleEverywhere(cluster, a, 'cart/one', {
      path: 'addLine',
      argument: { sku: 'a0', quantity: 5 },
      isIn: (state: { lines: Record<string, number> }) => state.lines['a0'] === 5
    })
    await visibleEverywhere(cluster, a, 'document/one', {
      path: 'remove',
      argument: { at: 0, length: 1 },
      isIn: (state: string) => !state.startsWith('<')
    })
  })
})

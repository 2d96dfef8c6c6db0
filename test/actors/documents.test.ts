/** Texts, lists and JSON on both engines, as fields of actors on three nodes that all write: they show the same everywhere. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, json, list, query, replicated, text } from 'shoal'
import { automergeJson, automergeList, automergeText } from 'shoal/automerge'
import { createTestCluster } from 'shoal/testing'
import { z } from 'zod'

const shapes = {
  yjs: { body: text(), items: list<string>(), data: json() },
  automerge: { body: automergeText(), items: automergeList<string>(), data: automergeJson() }
}

for (const [engine, shape] of Object.entries(shapes)) {
  const Board = replicated('board', shape, {
    add: command(z.string(), ({ state }, word) => {
      state.body.insert(state.body.length, word)
      state.items.insert(0, word)
      state.data.set([word], { at: state.items.length })
    }),
    size: query(({ state }) => state.items.length)
  })

  for (const seed of [1, 2, 3]) {
    test(`${engine}, seed ${seed}: three nodes write through cuts and restarts, and agree`, async () => {
      await using cluster = await createTestCluster({ actors: [Board], seed, shards: 4 })
      const board = (node: number) => cluster.actor(node)(Board, 'b')
      const words: string[] = []
      const write = async (node: number) => {
        const word = `w${words.length}`
        words.push(word)
        await cluster.settle(board(node).add(word))
      }
      for (let i = 0; i < 6; i++) await write(i % 3)
      cluster.partition([0], [1, 2])
      for (let i = 0; i < 6; i++) await write(i % 3)
      cluster.heal()
      cluster.kill(1, { isPowerLoss: true })
      await write(0)
      cluster.boot(1)
      await cluster.until(() => cluster.isWhole(), 60_000)
      for (let i = 0; i < 3; i++) await write(i)
      await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1, 60_000)
      const [first, ...others] = await cluster.settle(Promise.all([0, 1, 2].map(node => board(node).state())))
      for (const other of others) assert.deepEqual(other, first)
      assert.deepEqual([...(first?.items ?? [])].sort(), [...words].sort())
      assert.deepEqual(Object.keys(first?.data ?? {}).sort(), [...words].sort())
      assert.equal(first?.body.length, words.join('').length)
    })
  }
}

/** Actors whose documents are Automerge's, on a cluster. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, pnCounter, query, replicated } from 'shoal'
import { automergeJson, automergeList, automergeText } from 'shoal/automerge'
import { createTestCluster } from 'shoal/testing'
import { z } from 'zod'

const Board = replicated(
  'board',
  { title: automergeText(), cards: automergeList<string>(), settings: automergeJson(), edits: pnCounter() },
  {
    add: command(z.string(), ({ state }, card) => {
      state.cards.push(card)
      state.settings.set([card], { done: false })
      state.edits.add(1)
    }),
    rename: command(z.string(), ({ state }, title) => {
      state.title.remove(0, state.title.length)
      state.title.insert(0, title)
    }),
    finish: command(z.string(), ({ state }, card) => state.settings.set([card, 'done'], true)),
    fail: command(z.string(), ({ state }, card) => {
      state.cards.push(card)
      throw new Error('no')
    }),
    cards: query(({ state }) => state.cards.values())
  }
)

test('boards written everywhere at once are the same everywhere, also after a restart', async () => {
  await using cluster = await createTestCluster({ actors: [Board], seed: 7, shards: 4 })
  const board = (node: number) => cluster.actor(node)(Board, 'b')
  await cluster.settle(board(0).rename('Plan'))
  for (let round = 0; round < 4; round++) {
    await cluster.settle(Promise.all([0, 1, 2].map(node => board(node).add(`card ${node}.${round}`))))
  }
  await cluster.settle(board(1).finish('card 1.0'))
  await assert.rejects(cluster.settle(board(2).fail('never')))
  await cluster.run(3000)
  const states = []
  for (const node of [0, 1, 2]) states.push(await cluster.settle(board(node).state()))
  const [first] = states
  assert.ok(first)
  for (const state of states) assert.deepEqual(state, first)
  assert.equal(first.title, 'Plan')
  assert.equal(first.edits, 12)
  assert.equal(new Set(first.cards).size, 12)
  assert.deepEqual(first.settings['card 1.0'], { done: true })
  assert.equal(new Set(cluster.nodes().map(node => node.digest())).size, 1)
  cluster.kill(1)
  cluster.boot(1)
  await cluster.run(3000)
  assert.deepEqual(await cluster.settle(board(1).state()), first)
  await cluster.settle(board(1).add('late'))
  await cluster.run(1000)
  assert.deepEqual(await cluster.settle(board(2).cards()), [...first.cards, 'late'])
})

test('a text with all its history at the limit can still be emptied', async () => {
  const Note = replicated(
    'note',
    { body: automergeText(), cuts: pnCounter() },
    {
      write: command(z.string(), ({ state }, text) => state.body.insert(0, text)),
      cut: command(z.number(), ({ state }, length) => {
        state.body.remove(0, length)
        state.cuts.add(1)
      })
    }
  )
  const maxActorBytes = 4000
  await using cluster = await createTestCluster({
    actors: [Note],
    nodes: 1,
    seed: 8,
    shards: 4,
    store: { maxActorBytes }
  })
  const note = cluster.actor(0)(Note, 'n')
  const fill = async (length: number) => {
    for (let x = 1; ; ) {
      let text = ''
      for (; text.length < length; text += x.toString(36)) x = (x * 48271) % 2147483647
      await cluster.settle(note.write(text.slice(0, length)))
    }
  }
  await assert.rejects(fill(500), { code: 'SHOAL_LIMIT' })
  await assert.rejects(fill(20), { code: 'SHOAL_LIMIT' })
  const { length } = (await cluster.settle(note.state())).body
  for (const cut of [1, 100, length - 101]) await cluster.settle(note.cut(cut))
  assert.deepEqual(await cluster.settle(note.state()), { body: '', cuts: 3 })
  await assert.rejects(fill(20), { code: 'SHOAL_LIMIT' }, 'what was removed is kept')
})

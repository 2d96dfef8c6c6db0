/** Programs that contradict each other about a kind are told so, also where their nodes never link. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type AnyDefinition, command, exclusive, lwwRegister, orSet, pnCounter, replicated } from 'shoal'
import { TestCluster } from 'shoal/testing'
import { KindComparison, OwnKinds } from '../../src/actors/definitions/differing-kinds.ts'
import {
  decodeFacts,
  differencesOf,
  encodeFacts,
  factsOf,
  hashOfFacts
} from '../../src/actors/definitions/kind-facts.ts'
import { Kinds } from '../../src/actors/definitions/kinds.ts'
import type { Calls } from '../../src/cluster/wire.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

const add = command(() => {})
const Plain = replicated('plain', { sum: pnCounter() }, { add })
const Note = replicated('note', { text: lwwRegister('') }, { add })
const OtherNote = replicated('note', { text: orSet<string>(), more: pnCounter() }, { add })
const WiderNote = replicated('note', { text: lwwRegister(''), more: pnCounter() }, { add })
const Sum = replicated('sum', pnCounter(), { add }, { replication: 2 })
const OtherSum = replicated('sum', pnCounter(), { add }, { replication: 3 })

const factsWith = (...actors: AnyDefinition[]) => factsOf(new Kinds(actors, 0))

test('programs contradict each other in the mode, the replication and the types of kinds that both know', () => {
  const differ = (here: AnyDefinition, there: AnyDefinition) =>
    differencesOf(factsWith(Plain, here), factsWith(there)).map(
      ({ kind, fact, here, there }) => `${kind}: ${fact} ${here}/${there}`
    )
  assert.deepEqual(differ(Note, WiderNote), [], 'more fields are no contradiction')
  assert.deepEqual(differ(Note, Sum), [])
  assert.deepEqual(differ(Note, OtherNote), ['note: the type of "text" lwwRegister/orSet'])
  assert.deepEqual(differ(Sum, OtherSum), ['sum: replication 2/3'])
  assert.deepEqual(differ(Sum, replicated('sum', pnCounter(), { add }, { replication: 'all' })), [
    'sum: replication 2/all'
  ])
  assert.deepEqual(differ(Note, exclusive('note', { text: lwwRegister('') }, { add })), [
    'note: mode replicated/exclusive'
  ])
  assert.deepEqual(differ(Note, replicated('note', lwwRegister(''), { add })), [
    'note: state fields: "text"/one lwwRegister'
  ])
})

test('facts survive their text, and no text is read as something else or hangs', () => {
  const facts = factsWith(Plain, Note, Sum)
  assert.deepEqual(decodeFacts(encodeFacts(facts)), facts)
  assert.match(hashOfFacts(encodeFacts(facts)), /^[0-9a-f]{16}$/)
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string()), text => {
      try {
        differencesOf(facts, decodeFacts(new TextEncoder().encode(text)))
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'SHOAL_MALFORMED')
      }
    })
  )
})

/** What each node was told, in words. */
function listen(cluster: TestCluster): string[][] {
  return cluster.world.machines().map((_, number) => {
    const told: string[] = []
    cluster
      .node(number)
      .on('differ', ({ kind, fact, here, there, members }) =>
        told.push(`${kind}: ${fact} ${here}/${there} at ${members.join()}`)
      )
    return told
  })
}

test('two nodes that never link, and know of each other by a third that does not know the kind, are both told', async () => {
  await using cluster = new TestCluster({ actors: [Plain], nodes: 3 })
  const [a, , c] = cluster.world.machines().map(({ id }) => id)
  assert.ok(a !== undefined && c !== undefined)
  cluster.world.fabric.cut(a, c)
  cluster.boot(0, { actors: [Plain, Sum, Note] })
  cluster.boot(1, { actors: [Plain] })
  cluster.boot(2, { actors: [Plain, OtherSum, OtherNote] })
  await cluster.until(() => cluster.nodes().length === 3)
  const [toA, toB, toC] = listen(cluster)
  await cluster.until(() => cluster.isWhole(), 20_000)
  await cluster.run(5000)
  assert.deepEqual(toB, [])
  assert.deepEqual(toA?.toSorted(), [
    `note: the type of "text" lwwRegister/orSet at ${c}`,
    `sum: replication 2/3 at ${c}`
  ])
  assert.deepEqual(toC?.toSorted(), [
    `note: the type of "text" orSet/lwwRegister at ${a}`,
    `sum: replication 3/2 at ${a}`
  ])
})

test('nodes of one kind with two types go on, and are told once', async () => {
  await using cluster = new TestCluster({ actors: [Note], nodes: 2 })
  cluster.boot(0)
  cluster.boot(1, { actors: [OtherNote] })
  await cluster.until(() => cluster.nodes().length === 2)
  const [first] = listen(cluster)
  await cluster.until(() => cluster.isWhole(), 20_000)
  await cluster.run(3000)
  assert.equal(first?.length, 1)
  assert.equal(cluster.node(0).links().length, 1)
  await cluster.settle(cluster.node(1).call('note', 'n', 'add', undefined))
  cluster.kill(1)
  cluster.boot(1, { actors: [Plain] })
  await cluster.until(() => cluster.isWhole(), 20_000)
  await cluster.run(3000)
  assert.equal(first?.length, 1)
})

test('what is asked for, kept and told of others is bounded, and a text under another hash is not believed', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('one', time))
  const sent: { peer: string; message: Calls }[] = []
  const rows = new Map<string, string>()
  let rosterChanges = 0
  const differences: string[] = []
  const comparison = new KindComparison({
    cluster: {
      membership: {
        alive: () => [...rows.keys()],
        get rosterChanges() {
          return ++rosterChanges
        },
        member: (id: string) => ({ kinds: rows.get(id) })
      } as unknown as ConstructorParameters<typeof KindComparison>[0]['cluster']['membership'],
      links: () => ['p', 'q'],
      sendCalls: (peer, message) => sent.push({ peer, message }) > 0,
      queuedCallBytes: () => 0
    },
    own: new OwnKinds(new Kinds([Sum], 0)),
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    differ: ({ there, members }) => differences.push(`${there} at ${members.join()}`)
  })
  const other = encodeFacts(factsWith(OtherSum))
  const hash = hashOfFacts(other)
  for (let i = 0; i < 1000; i++) rows.set(`m${i}`, `${i}`.padStart(16, '0'))
  comparison.viewChanged()
  comparison.viewChanged()
  assert.equal(sent.length, 32)
  rows.clear()
  rows.set('far', hash)
  rows.set('p', hash)
  sent.length = 0
  await time.run({ untilMs: 5000 })
  assert.ok(sent.length >= 4 && sent.every(({ peer, message }) => peer === 'p' && message.kindsRequest?.hash === hash))
  comparison.receive('p', { kindsReply: { hash, text: encodeFacts(factsWith(Plain)) } })
  comparison.receive('p', { kindsReply: { hash: 'ffffffffffffffff', text: other } })
  assert.deepEqual(differences, [])
  comparison.receive('q', { kindsReply: { hash, text: other } })
  assert.deepEqual(differences, ['3 at far,p'])
  sent.length = 0
  comparison.receive('q', { kindsRequest: { hash } })
  comparison.receive('q', { kindsRequest: { hash: 'ffffffffffffffff' } })
  assert.deepEqual(
    sent.map(({ message }) => message.kindsReply?.hash),
    [hash]
  )
  comparison.viewChanged()
  assert.equal(differences.length, 1, 'once')
  rows.clear()
  comparison.viewChanged()
  sent.length = 0
  comparison.receive('q', { kindsRequest: { hash } })
  assert.deepEqual(sent, [], 'what nobody says any more is forgotten')
  comparison.stop()
})

/** A comparison of kinds whose peers `p` and `q` are linked; `p` tells what it and `texts` stand for. */
function comparing(texts = new Map<string, Uint8Array>()) {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('one', time))
  const rows = new Map<string, string>()
  let rosterChanges = 0
  const told: string[] = []
  const links = ['q']
  const comparison: KindComparison = new KindComparison({
    cluster: {
      membership: {
        alive: () => [...rows.keys()].sort(),
        get rosterChanges() {
          return ++rosterChanges
        },
        member: (id: string) => ({ kinds: rows.get(id) })
      } as unknown as ConstructorParameters<typeof KindComparison>[0]['cluster']['membership'],
      links: () => links,
      sendCalls(peer, { kindsRequest }) {
        const hash = kindsRequest?.hash ?? ''
        const text = texts.get(hash)
        if (text !== undefined) clock.soon(() => void comparison.receive(peer, { kindsReply: { hash, text } }))
        return true
      },
      queuedCallBytes: () => 0
    },
    own: new OwnKinds(new Kinds([Sum], 0)),
    clock,
    logger: silentLogger,
    metrics: noMetrics,
    differ: ({ there, members }) => told.push(`${there} at ${members.join()}`)
  })
  return { time, rows, told, links, texts, comparison }
}

test('members that are made up, with programs or without, keep the differences of the others from nobody', async () => {
  const other = encodeFacts(factsWith(OtherSum))
  for (const hasTexts of [false, true])
    for (const isLinked of hasTexts ? [true] : [true, false]) {
      const { time, rows, told, links, texts, comparison } = comparing()
      for (let i = 0; i < 100; i++) {
        const text = encodeFacts(factsWith(replicated(`made-up-${i}`, pnCounter(), { add })))
        const hash = hasTexts ? hashOfFacts(text) : `${i}`.padStart(16, '0')
        rows.set(`a${i}`, hash)
        if (hasTexts) texts.set(hash, text)
      }
      comparison.viewChanged()
      await time.run({ untilMs: 10_000 })
      texts.set(hashOfFacts(other), other)
      rows.set('p', hashOfFacts(other))
      if (isLinked) links.push('p')
      comparison.viewChanged()
      await time.run({ untilMs: 20_000 })
      comparison.stop()
      assert.deepEqual(told, ['3 at p'], `programs: ${hasTexts}, linked: ${isLinked}`)
    }
})

/**
 * An exhaustive walk through the races of two nodes that dial each other: every order of delivery over every connection, with a
 * link that one side has lost, and with a link that one side gives up on the way. Bad states: two nodes that rest with
 * different links, or without one though somebody dialled and nothing failed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  beginDial,
  forget,
  judgeAccept,
  judgeCommit,
  judgeProof,
  newPair,
  type Pair
} from '../../src/adapters/libp2p/pair.ts'

type Message = 'proof' | 'accept' | 'refusal' | 'commit' | 'end'

interface Wire {
  /** 0 is the lower node, 1 the higher. */
  readonly dialer: 0 | 1
  /** What is on its way to each node, in order. */
  readonly toward: [Message[], Message[]]
  isBegun: boolean
  isWaiting: boolean
  /** Each side's own end. */
  readonly isOpen: [boolean, boolean]
}

interface World {
  readonly pairs: [Pair, Pair]
  readonly wires: Wire[]
  closes: number
}

function newWire(dialer: 0 | 1): Wire {
  return { dialer, toward: [[], []], isBegun: false, isWaiting: false, isOpen: [true, true] }
}

function close(world: World, node: 0 | 1, id: number): void {
  const wire = world.wires[id]
  if (wire === undefined || !wire.isOpen[node]) return
  wire.isOpen[node] = false
  wire.toward[node].length = 0
  wire.isWaiting &&= wire.dialer !== node
  forget(world.pairs[node], id)
  const other = node === 0 ? 1 : 0
  if (wire.isOpen[other]) wire.toward[other].push('end')
}

function decideAccept(world: World, id: number, wire: Wire): void {
  const verdict = judgeAccept(world.pairs[wire.dialer], id)
  wire.isWaiting = verdict === 'wait'
  if (verdict === 'commit') wire.toward[wire.dialer === 0 ? 1 : 0].push('commit')
  if (verdict === 'duplicate') close(world, wire.dialer, id)
}

function receive(world: World, node: 0 | 1, id: number): void {
  const wire = world.wires[id] as Wire
  const message = wire.toward[node].shift()
  const other = node === 0 ? 1 : 0
  const pair = world.pairs[node]
  if (message === 'proof') wire.toward[other].push(judgeProof(pair, id) === 'accept' ? 'accept' : 'refusal')
  else if (message === 'accept') decideAccept(world, id, wire)
  else if (message === 'refusal' || message === 'end') close(world, node, id)
  else if (message === 'commit') {
    const old = pair.link?.id
    if (judgeCommit(pair, id) === 'drop') close(world, node, id)
    else if (old !== undefined) close(world, node, old)
  }
  for (const [waiting, candidate] of world.wires.entries()) {
    if (candidate.isWaiting && candidate.dialer === node) decideAccept(world, waiting, candidate)
  }
}

/** All worlds that are one step away. */
function* steps(world: World): Generator<World> {
  for (const [id, wire] of world.wires.entries()) {
    if (!wire.isBegun) {
      const next = structuredClone(world)
      const begun = next.wires[id] as Wire
      begun.isBegun = true
      if (beginDial(next.pairs[wire.dialer], id) === 'go') begun.toward[wire.dialer === 0 ? 1 : 0].push('proof')
      else begun.isOpen.fill(false)
      yield next
    }
    for (const node of [0, 1] as const) {
      if (wire.toward[node].length > 0) {
        const next = structuredClone(world)
        receive(next, node, id)
        yield next
      }
    }
  }
  for (const node of world.closes > 0 ? ([0, 1] as const) : []) {
    const link = world.pairs[node].link
    if (link === undefined) continue
    const next = structuredClone(world)
    next.closes--
    close(next, node, link.id)
    yield next
  }
}

function explore(start: World, mayEndUnlinked: boolean): number {
  const seen = new Set<string>()
  const open = [start]
  for (let world = open.pop(); world !== undefined; world = open.pop()) {
    const key = JSON.stringify(world)
    if (seen.has(key)) continue
    seen.add(key)
    const next = [...steps(world)]
    if (next.length === 0) {
      const [lower, higher] = world.pairs
      assert.equal(lower.link?.id, higher.link?.id, `the nodes rest with different links: ${key}`)
      assert.ok(mayEndUnlinked || lower.link !== undefined, `nobody is linked: ${key}`)
      assert.deepEqual([lower.outgoing, lower.incoming, higher.outgoing, higher.incoming], [[], [], [], []], key)
    }
    open.push(...next)
  }
  return seen.size
}

function world(dialers: (0 | 1)[], options: { closes?: number; staleAt?: 0 | 1 } = {}): World {
  const pairs: [Pair, Pair] = [newPair(true), newPair(false)]
  const wires = dialers.map(newWire)
  if (options.staleAt !== undefined) {
    // A link whose other side is gone, such as after a restart. The connection's end may be noticed at any time.
    const id = wires.push(newWire(options.staleAt)) - 1
    const wire = wires[id] as Wire
    wire.isBegun = true
    wire.isOpen[options.staleAt === 0 ? 1 : 0] = false
    wire.toward[options.staleAt].push('end')
    pairs[options.staleAt].link = { id, stamp: 0 }
  }
  return { pairs, wires, closes: options.closes ?? 0 }
}

const crowds: (0 | 1)[][] = [[0], [1], [0, 1], [0, 0], [1, 1], [0, 0, 1], [0, 1, 1], [0, 0, 1, 1]]

test('whatever the order, nodes that dial each other end with one link, the same on both sides', t => {
  let states = 0
  for (const dialers of crowds) states += explore(world(dialers), false)
  t.diagnostic(`${states} states`)
})

test('a stale link on one side never costs the agreement', t => {
  let states = 0
  for (const staleAt of [0, 1] as const) {
    // A dial by the node with the stale link is answered by that link, so that both may end without one.
    for (const dialers of crowds.slice(0, 7)) states += explore(world(dialers, { staleAt }), dialers.includes(staleAt))
  }
  t.diagnostic(`${states} states`)
})

test('links that are given up meanwhile leave both sides with the same link, or none', t => {
  let states = 0
  for (const dialers of crowds.slice(0, 7)) states += explore(world(dialers, { closes: 2 }), true)
  t.diagnostic(`${states} states`)
})

/** Calls carry the name of the view they were routed by; who is not the owner answers with its own, and with what it knows where that is another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import type { shoal } from '#proto/generated/peer.js'
import { Account } from '../../examples/shop.ts'
import { CallServer } from '../../src/actors/calls/call-server.ts'
import { Router } from '../../src/actors/calls/router.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { noMetrics } from '../../src/ports/metrics.ts'

const name = (byte: number) => new Uint8Array(8).fill(byte)
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const member: shoal.peer.IMember = {
  id: 'c',
  name: 'c',
  region: 'r',
  incarnation: '0lx5f0000aaaaaaaaaaaaa',
  addresses: []
}
const definitions = new Map([[Account.kind, Account]])

/** A node's view, and who owns everything in it. */
class View {
  bytes = name(1)
  owner = 'b'
  merged: string[] = []
  /** What a merge makes of it. */
  next: { bytes: Uint8Array; owner: string } | undefined

  viewName() {
    return this.bytes
  }

  viewHash() {
    return hex(this.bytes)
  }

  records() {
    return [{ ...member, zone: 'r', refutation: 0, status: 'alive' }]
  }

  merge(members: readonly { id: string }[], from: string) {
    this.merged.push(...members.map(({ id }) => `${id} by ${from}`))
    if (members.length > 0 && this.next !== undefined) Object.assign(this, this.next)
  }

  member() {
    return undefined
  }

  alive() {
    return ['a', 'b', 'c']
  }
}

function worldOf(view: View) {
  const sent: { peer: string; call?: shoal.peer.ICall; reply?: shoal.peer.IReply }[] = []
  const timers: (() => void)[] = []
  const cluster = {
    membership: view,
    ownership: { owner: () => view.owner, isSealed: false, isOpen: () => false },
    replicas: {},
    store: { origin: 'a.1' },
    incarnation: '0lx5f0000aaaaaaaaaaaaa',
    links: () => ['b', 'c'],
    sendCalls: (peer: string, message: object) => sent.push({ peer, ...message }) > 0
  }
  const clock = {
    elapsed: () => 0,
    now: () => 0,
    after(delayMs: number, then: () => void) {
      if (delayMs < 1000) timers.push(then)
      return { cancel() {} }
    }
  }
  const runtime = { placeOf: () => ({ name: 'account/a', shard: 0 }) }
  const parts = { cluster, clock, runtime, metrics: noMetrics, self: 'a', definitions } as unknown
  return { sent, timers, parts }
}

test('a router that is told of a newer view tries its owner at once, without a wait', async () => {
  const view = new View()
  const { sent, timers, parts } = worldOf(view)
  const router = new Router(parts as ConstructorParameters<typeof Router>[0])
  const result = router.call(Account, 'x', 'deposit', { amount: 1 }, {})
  await turn()
  assert.deepEqual(sent[0]?.call?.view, name(1))
  assert.deepEqual(sent[0]?.call?.members ?? [], [])
  view.next = { bytes: name(2), owner: 'c' }
  router.receive('b', {
    reply: { number: sent[0]?.call?.number, moved: { members: [member], view: name(2) } }
  } as never)
  await turn()
  assert.deepEqual(
    sent.map(({ peer }) => peer),
    ['b', 'c']
  )
  assert.equal(timers.length, 0)
  assert.deepEqual(sent[1]?.call?.view, name(2))
  assert.deepEqual(sent[1]?.call?.members ?? [], [], 'whoever told of it has it')
  router.receive('c', { reply: { number: sent[1]?.call?.number, result: new TextEncoder().encode('1') } } as never)
  assert.equal(await result, 1)
  router.stop()
})

test('an owner that goes by an older view gets the table with the next call, and one that goes by the same does not', async () => {
  for (const [theirs, expected] of [
    [name(9), 1],
    [name(1), 0]
  ] as const) {
    const view = new View()
    const { sent, timers, parts } = worldOf(view)
    const router = new Router(parts as ConstructorParameters<typeof Router>[0])
    const result = router.call(Account, 'x', 'deposit', { amount: 1 }, {})
    await turn()
    router.receive('b', { reply: { number: sent[0]?.call?.number, moved: { members: [], view: theirs } } } as never)
    await turn()
    assert.equal(sent.length, 1, 'nothing new: it waits a little')
    for (const then of timers.splice(0)) then()
    await turn()
    assert.equal(sent[1]?.call?.members?.length ?? 0, expected)
    router.receive('b', { reply: { number: sent[1]?.call?.number, result: new TextEncoder().encode('1') } } as never)
    await result
    router.stop()
  }
})

test('a name of a wrong length is malformed', async () => {
  const { sent, parts } = worldOf(new View())
  const router = new Router(parts as ConstructorParameters<typeof Router>[0])
  const result = router.call(Account, 'x', 'deposit', { amount: 1 }, {})
  await turn()
  router.receive('b', { reply: { number: sent[0]?.call?.number, moved: { view: new Uint8Array(7) } } } as never)
  await assert.rejects(result, error => isShoalError(error) && error.code === 'SHOAL_MALFORMED')
  router.stop()
})

test('who is not the owner says by which view, and tells what it knows only to whom goes by another', async () => {
  const { sent, parts } = worldOf(new View())
  const stubs = { ...(parts as object), owned: { assertNoneDead() {} }, maxInboundCalls: 9 } as unknown
  const server = new CallServer(stubs as ConstructorParameters<typeof CallServer>[0])
  const call = { actor: 'account/x', method: 'deposit', session: 'c.1', deadlineMs: 1000 }
  for (const [i, view] of [name(1), name(2), new Uint8Array(0)].entries())
    server.serve('c', { ...call, number: i + 1, view })
  await turn()
  assert.deepEqual(
    sent.map(({ reply }) => [reply?.moved?.members?.length, hex(reply?.moved?.view ?? name(0))]),
    [0, 1, 1].map(members => [members, hex(name(1))])
  )
})

/** A node whose answers a test writes itself: what the door does with them is what is tested. */
import { exclusive, replicated } from '../../src/actors/definitions/definition.ts'
import { Refusal } from '../../src/actors/definitions/refusal.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import type { NodeEvents, ShoalNode } from '../../src/shoal-node.ts'

export interface StubNode extends ShoalNode {
  readonly calls: { kind: string; id: string; method: string; argument: unknown; options: unknown }[]
  readonly refused: string[][]
  /** How often a watch was ended with `return()`. */
  returned: number
  unreadyReason: string | undefined
  /** States that a watch of any actor gives; it stays open after the last, and fails with an error. */
  states: unknown[]
  fail(error: unknown): void
  left: number
  forgotten: string[]
}

const kinds = [
  replicated('replicated', {}, {}),
  exclusive('merged', {}, {}),
  exclusive('leased', {}, {}, { partition: 'lease' })
]

/** Answers `echo` with its argument, `nothing` with undefined, `refuse` with a refusal, `throw` with the error given. */
export function stubNode(errors: Readonly<Record<string, unknown>> = {}): StubNode {
  const failed: ((event: NodeEvents['failed']) => void)[] = []
  const node: StubNode = {
    calls: [],
    refused: [],
    returned: 0,
    unreadyReason: undefined,
    states: [{ n: 0 }],
    left: 0,
    forgotten: [],
    fail: error => {
      for (const listener of failed) listener({ error })
    },
    id: 'peer-a',
    name: 'a',
    region: 'eu',
    zone: 'eu',
    incarnation: '1-aa',
    shards: 4,
    addresses: () => ['/ip4/127.0.0.1/tcp/1/p2p/peer-a'],
    definitions: () => kinds,
    members: () => ({ self: 'peer-a', view: 3, members: [] }),
    digest: () => '0'.repeat(32),
    links: () => ['peer-b'],
    ring: () => ['peer-a', 'peer-b', 'peer-a', 'peer-b'],
    owner: () => null,
    actor: () => {
      throw new Error('not for doors')
    },
    async call(kind, id, method, argument, options) {
      node.calls.push({ kind, id, method, argument, options })
      if (kind !== 'stub') throw new ShoalError('SHOAL_UNKNOWN_KIND', `there is no kind ${JSON.stringify(kind)}`)
      if (Object.hasOwn(errors, method)) throw errors[method]
      if (method === 'echo') return argument
      if (method === 'nothing') return undefined
      if (method === 'refuse') throw new Refusal('INSUFFICIENT_FUNDS', 'balance is 3')
      throw new ShoalError('SHOAL_UNKNOWN_COMMAND', `stub has no command ${JSON.stringify(method)}`)
    },
    async describe(kind, id) {
      if (kind !== 'stub') throw new ShoalError('SHOAL_UNKNOWN_KIND', `there is no kind ${JSON.stringify(kind)}`)
      return { kind, id, mode: 'replicated', shard: 1, owner: null, replicas: ['peer-a'], state: { id } }
    },
    watch(kind) {
      if (kind !== 'stub') throw new ShoalError('SHOAL_UNKNOWN_KIND', `there is no kind ${JSON.stringify(kind)}`)
      return stubStates(node, value => value)
    },
    watchText(kind) {
      if (kind !== 'stub') throw new ShoalError('SHOAL_UNKNOWN_KIND', `there is no kind ${JSON.stringify(kind)}`)
      return stubStates(node, value => JSON.stringify(value) ?? 'null')
    },
    async *backup() {
      yield Uint8Array.of(1, 2, 3)
    },
    async *setAside() {
      for (const n of [1, 2]) yield { kind: 'stub', id: 'a', shard: 0, epoch: 1, n, state: { n }, requests: [] }
    },
    unready: () => node.unreadyReason,
    on(event, listener) {
      if (event === 'failed') failed.push(listener as (event: NodeEvents['failed']) => void)
      return () => {}
    },
    forget: id => {
      if (id === 'peer-a') throw new ShoalError('SHOAL_BAD_ARGUMENT', 'a is alive')
      node.forgotten.push(id)
    },
    refuse: peers => {
      node.refused.push([...peers])
    },
    async leave() {
      node.left++
      return { handedOver: true }
    },
    async stop() {},
    async [Symbol.asyncDispose]() {}
  }
  return node
}

function stubStates<T>(node: StubNode, of: (state: unknown) => T): AsyncIterableIterator<T> {
  const waiting = Promise.withResolvers<IteratorResult<T>>()
  let at = 0
  return {
    [Symbol.asyncIterator]() {
      return this
    },
    async next() {
      if (at >= node.states.length) return waiting.promise
      const value = node.states[at++]
      if (value instanceof Error) throw value
      return { done: false, value: of(value) }
    },
    async return() {
      node.returned++
      waiting.resolve({ done: true, value: undefined })
      return { done: true, value: undefined }
    }
  }
}

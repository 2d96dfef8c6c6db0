/**
 * Leased kinds whose state is a list of words that only grows: what was accepted at any moment is a prefix of what is there in the end.
 * And readers who watch it, and judge by that.
 */
import assert from 'node:assert/strict'
import { command, eventSourced, exclusive, isShoalError, lwwRegister, type ShoalNode, text, value } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import { z } from 'zod'

const lease = { partition: 'lease' } as const
const initial: { words: string[] } = { words: [] }

let applied = 0

/** How often an event was applied, by any node. */
export function appliedTimes(): number {
  return applied
}

export const Value = exclusive(
  'value',
  value(initial),
  {
    add: command(z.string(), ({ state }, word) => {
      state.words.push(word)
    })
  },
  lease
)

export const Events = exclusive(
  'events',
  eventSourced({
    initial,
    apply: ({ words }, word: string) => {
      applied++
      return { words: [...words, word] }
    },
    snapshotEvery: 5
  }),
  { add: command(z.string(), ({ emit }, word) => void emit(word)) },
  lease
)

export const Crdt = exclusive(
  'crdt',
  { text: lwwRegister('') },
  {
    add: command(z.string(), ({ state }, word) => {
      state.text.set(`${state.text.value} ${word}`.trim())
    })
  },
  lease
)

export const Text = exclusive(
  'text',
  { text: text() },
  {
    add: command(z.string(), ({ state }, word) => {
      state.text.insert(state.text.length, state.text.length === 0 ? word : ` ${word}`)
    })
  },
  lease
)

export const growing = [Value, Events, Crdt, Text] as const
export type Growing = (typeof growing)[number]

export interface Named {
  readonly kind: Growing
  readonly id: string
}

export function nameOf({ kind, id }: Named): string {
  return `${kind.kind}/${id}`
}

export function wordsOf(state: unknown): string[] {
  const { words, text = '' } = state as { words?: string[]; text?: string }
  return words ?? (text === '' ? [] : text.split(' '))
}

export async function add(node: ShoalNode, { kind, id }: Named, word: string, deadlineMs = 3000): Promise<void> {
  await node.call(kind.kind, id, 'add', word, { deadlineMs })
}

/** The number of the node that owns the actor by the ring of the first that runs. */
export function ownerOf(cluster: TestCluster, { kind, id }: Named): number {
  const owner = cluster.nodes()[0]?.owner(kind, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

export interface Reading {
  readonly node: ShoalNode
  readonly of: Named
  /** Words that were acknowledged when it began. */
  readonly known: number
  readonly shown: string[][]
  failure: { readonly code: string; readonly atMs: number } | undefined
  /** The node has stopped. */
  isOver: boolean
  stop(): Promise<void>
}

/** Watches the actor from now on. */
export function read(cluster: TestCluster, node: ShoalNode, of: Named, known = 0): Reading {
  const watch = node.watch(of.kind.kind, of.id)
  const stop = async () => void (await watch.return?.())
  const reading: Reading = { node, of, known, shown: [], failure: undefined, isOver: false, stop }
  const follow = async () => {
    try {
      for await (const state of watch) reading.shown.push(wordsOf(state))
    } catch (error) {
      const code = isShoalError(error) ? error.code : String(error)
      reading.failure = { code, atMs: cluster.world.time.nowMs }
    }
    reading.isOver = true
  }
  void follow()
  return reading
}

/** Nothing that was shown went back, was never accepted, or lacks what its reader knew. `last`: the words that are there in the end. */
export function judge({ node, of, known, shown, failure }: Reading, last: readonly string[]): void {
  const who = `${nameOf(of)} at ${node.id}`
  for (const [i, words] of shown.entries()) {
    assert.deepEqual(words, last.slice(0, words.length), `${who}: was never accepted`)
    assert.ok(words.length > (shown[i - 1]?.length ?? -1), `${who}: went back, or was shown twice`)
  }
  assert.ok((shown[0]?.length ?? known) >= known, `${who}: its first state lacks what was acknowledged`)
  if (failure !== undefined) assert.equal(failure.code, 'SHOAL_UNAVAILABLE', who)
}

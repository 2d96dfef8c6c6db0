/** When those who listen to a network hear of what happened. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { EventQueue } from '../../src/adapters/libp2p/event-queue.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { clock } from './libp2p-world.ts'

test('events are told in the order of their coming, prompt or not, each once, and none from inside the call', async () => {
  const heard: number[] = []
  const queue = new EventQueue(heard, clock, silentLogger)
  let posted = 0
  const post = (isPrompt: boolean) => {
    const event = posted++
    const before = heard.length
    if (isPrompt) queue.postPromptly(listener => listener.push(event))
    else queue.post(listener => listener.push(event))
    assert.equal(heard.length, before)
  }
  for (const kinds of ['pp', 'ss', 'ps', 'sp', 'psp', 'sps', 'spsp']) {
    for (const kind of kinds) post(kind === 'p')
    await turn()
    assert.deepEqual(
      heard,
      Array.from({ length: posted }, (_, i) => i),
      kinds
    )
  }
})

test('a prompt event is told in the turn of the event loop that it came in, with all before it', async () => {
  const heard: string[] = []
  const queue = new EventQueue(heard, clock, silentLogger)
  queue.post(listener => listener.push('linked'))
  queue.postPromptly(listener => listener.push('record'))
  await Promise.resolve()
  assert.deepEqual(heard, ['linked', 'record'])
  queue.postPromptly(listener => listener.push('next'))
  queue.stop()
  await turn()
  assert.deepEqual(heard, ['linked', 'record'])
})

test('what a listener throws, and what it posts, keeps no other event', async () => {
  const heard: string[] = []
  const queue = new EventQueue(heard, clock, silentLogger)
  queue.postPromptly(() => {
    queue.postPromptly(listener => listener.push('posted by a listener'))
    throw new Error('a listener')
  })
  queue.postPromptly(listener => listener.push('second'))
  await turn()
  assert.deepEqual(heard, ['second', 'posted by a listener'])
})

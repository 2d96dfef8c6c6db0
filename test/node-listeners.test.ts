/** What listeners of a node's events do wrong stays theirs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeListeners } from '../src/node-listeners.ts'
import { silentLogger } from '../src/ports/logger.ts'

test('a listener that throws, or whose promise is rejected, is logged, and the others hear all the same', async () => {
  const logged: unknown[] = []
  const listeners = new NodeListeners({ ...silentLogger, error: (_, fields) => logged.push(fields?.['event']) })
  const heard: string[] = []
  listeners.add('failed', () => {
    throw new Error('cannot')
  })
  listeners.add('failed', () => Promise.reject(new Error('cannot later')))
  const end = listeners.add('failed', () => heard.push('last'))
  listeners.tell('failed', { error: new Error('the node') })
  end()
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  assert.deepEqual(heard, ['last'])
  assert.deepEqual(logged, ['failed', 'failed'])
})

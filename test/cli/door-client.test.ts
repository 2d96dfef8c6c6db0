import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'
import { actorPath, ask, DoorError, watch } from '../../src/cli/door-client.ts'
import { createHttpDoor } from '../../src/gateway/http-door.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { stubNode } from '../gateway/stub-node.ts'

async function openDoor(node = stubNode()) {
  const metrics = new PrometheusMetrics({ process: false })
  const door = await createHttpDoor({ node, metrics, logger: silentLogger })
  return { url: new URL(door.address), node, [Symbol.asyncDispose]: () => door.close() }
}

test('any id reaches the node, the steps of a path too', async () => {
  await using door = await openDoor()
  for (const id of ['.', '..', '../x', 'a/b', '%2e', '?', '#', '🦈']) {
    await ask(door.url, actorPath('stub', id, 'echo'), { method: 'POST', body: '1' })
    assert.equal(door.node.calls.at(-1)?.id, id)
  }
})

test('an error of the door is an error with its code', async () => {
  await using door = await openDoor()
  await assert.rejects(ask(door.url, actorPath('nope', 'x')), {
    name: 'DoorError',
    code: 'SHOAL_UNKNOWN_KIND',
    retryable: false
  })
})

test('nobody there, and somebody else there, are errors that say where', async t => {
  const other = createServer((_request, response) => response.end('<html>'))
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.after(() => other.close())
  const url = new URL(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)
  await assert.rejects(ask(url, '/v1/members'), { code: 'SHOAL_MALFORMED', message: /not the door of a Shoal node/ })
  other.close()
  other.closeAllConnections()
  await assert.rejects(
    ask(url, '/v1/members'),
    (error: DoorError) => error instanceof DoorError && error.message.includes(url.port)
  )
})

test('a watch yields states, whatever line breaks are in them', async () => {
  const node = stubNode()
  node.states = [{ text: 'a\n\nb' }, null, 'data: x']
  await using door = await openDoor(node)
  const seen: unknown[] = []
  for await (const state of watch(door.url, actorPath('stub', 'x', 'watch'))) {
    seen.push(state)
    if (seen.length === 3) break
  }
  assert.deepEqual(seen, node.states)
  while (node.returned === 0) await new Promise(setImmediate)
})

test('a watch that fails is an error with its code', async () => {
  const node = stubNode()
  node.states = [1, new ShoalError('SHOAL_UNAVAILABLE', 'nobody has it', { retryable: true })]
  await using door = await openDoor(node)
  const seen: unknown[] = []
  const read = async () => {
    for await (const state of watch(door.url, actorPath('stub', 'x', 'watch'))) seen.push(state)
  }
  await assert.rejects(read(), { code: 'SHOAL_UNAVAILABLE', message: 'nobody has it', retryable: true })
  assert.deepEqual(seen, [1])
})

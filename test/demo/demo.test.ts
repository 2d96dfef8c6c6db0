import assert from 'node:assert/strict'
import { test } from 'node:test'
import { eventually, run, shoal } from '../cli/shoal-process.ts'
import { childrenOf, demoDirectory, press, startDemo, stillRunning } from './demo-process.ts'

const visits = { type: 'call', kind: 'counter', id: 'visits' }

test('Ctrl-C, also twice, stops the demo and its nodes and keeps the data; npm passes its signals on', {
  timeout: 300_000
}, async t => {
  const data = await demoDirectory(t)
  const first = await startDemo(t, data)
  assert.equal(await press(first.page, { ...visits, node: 'b', method: 'add', argument: 5 }), 5)

  const second = await run(t, 'demo', '--data', data)
  assert.deepEqual([second.exit, second.stdout], [2, ''])
  assert.match(second.stderr, new RegExp(`^shoal: a demo runs on .*; its page is ${first.page}\\. .*\\n$`))

  assert.deepEqual(stillRunning(first.pids), first.pids)
  first.signal('SIGINT', 'SIGINT')
  assert.equal(await first.exited, 0)
  assert.deepEqual(stillRunning(first.pids), [])

  const again = await startDemo(t, data, { npm: true })
  for (const node of ['a', 'b', 'c']) {
    await eventually(async () => assert.equal(await press(again.page, { ...visits, node, method: 'value' }), 5))
  }
  again.signal('SIGTERM')
  await again.exited
  await eventually(async () => assert.deepEqual(stillRunning(again.pids), []))
})

test('nodes do not outlive a demo that is killed, not even one that is paused', { timeout: 300_000 }, async t => {
  const data = await demoDirectory(t)
  const first = await startDemo(t, data)
  await press(first.page, { type: 'pause', node: 'b' })
  first.signal('SIGKILL')
  assert.equal(await first.exited, 'SIGKILL')
  // At once: the new nodes wait for the old ones to let go of their data.
  const second = await startDemo(t, data)
  await eventually(async () => assert.deepEqual(stillRunning(first.pids), []))
  assert.deepEqual(stillRunning(second.pids), second.pids)
  second.signal('SIGHUP', 'SIGTERM', 'SIGINT')
  assert.equal(await second.exited, 0)
  assert.deepEqual(stillRunning(second.pids), [])
})

test('a demo that is stopped while it starts leaves nothing behind', { timeout: 300_000 }, async t => {
  const data = await demoDirectory(t)
  const demo = shoal(t, 'demo', '--port', '0', '--data', data)
  await demo.says('stdout', /page {2}http/)
  const nodes = await eventually(async () => {
    const children = childrenOf(demo.child.pid ?? 0)
    assert.notEqual(children.length, 0)
    return children
  })
  demo.child.kill('SIGINT')
  assert.equal(await demo.exited, 0)
  assert.deepEqual(stillRunning(nodes), [])
})

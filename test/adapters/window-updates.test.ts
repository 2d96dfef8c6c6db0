/** When a stream of yamux tells its peer that it may send more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { updateWindowSeldom } from '../../src/adapters/libp2p/window-updates.ts'

test('a window is renewed when half of it is used up, however small the frames', () => {
  let updates = 0
  const stream = {
    recvWindow: 1000,
    recvWindowCapacity: 1000,
    sendWindowUpdate() {
      assert.ok(this.recvWindowCapacity <= 500)
      updates++
      this.recvWindowCapacity = this.recvWindow
    }
  }
  updateWindowSeldom(stream as unknown as Parameters<typeof updateWindowSeldom>[0])
  for (let frame = 0; frame < 100; frame++) {
    stream.recvWindowCapacity -= 100
    stream.sendWindowUpdate()
    assert.ok(stream.recvWindowCapacity > 400, 'the peer can always send')
  }
  assert.equal(updates, 20)
})

test('a stream of another muxer is left as it is', () => {
  const stream = { recvWindow: 1000, recvWindowCapacity: 10 }
  updateWindowSeldom(stream as unknown as Parameters<typeof updateWindowSeldom>[0])
  assert.deepEqual(Object.keys(stream), ['recvWindow', 'recvWindowCapacity'])
})

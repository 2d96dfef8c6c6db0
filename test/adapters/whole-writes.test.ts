/** Frames that leave in one write. */
import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { inOneWrite, writeWhole } from '../../src/adapters/libp2p/whole-writes.ts'

type Connection = Parameters<typeof writeWhole>[0]

/** As libp2p's connections send: part after part, until the socket has enough. */
function connectionOver(socket: Duplex) {
  return {
    socket,
    sendData(parts: Iterable<Uint8Array>) {
      let canSendMore = true
      for (const part of parts) {
        canSendMore = this.socket.write(part)
        if (!canSendMore) break
      }
      return { canSendMore }
    }
  }
}

function socketNotingWrites(writes: string[][], options: { highWaterMark?: number } = {}) {
  return new Duplex({
    ...options,
    read() {},
    write(chunk, _, done) {
      writes.push([String(chunk)])
      done()
    },
    writev(chunks, done) {
      writes.push(chunks.map(({ chunk }) => String(chunk)))
      done()
    }
  })
}

const parts = ['header', 'data', 'more'].map(text => Buffer.from(text))

test('the parts of a frame leave in one write, and the next frame in the next', () => {
  const writes: string[][] = []
  const connection = connectionOver(socketNotingWrites(writes))
  writeWhole(connection as unknown as Connection)
  assert.deepEqual(connection.sendData(parts), { canSendMore: true })
  assert.deepEqual(connection.sendData(parts.slice(1)), { canSendMore: true })
  assert.deepEqual(writes, [
    ['header', 'data', 'more'],
    ['data', 'more']
  ])
})

test('frames that are handed over together leave in one write', () => {
  const writes: string[][] = []
  const connection = connectionOver(socketNotingWrites(writes))
  const sender = connection as unknown as Connection
  writeWhole(sender)
  const answer = inOneWrite(sender, () => [connection.sendData(parts), connection.sendData(parts.slice(1))])
  assert.deepEqual(answer, [{ canSendMore: true }, { canSendMore: true }])
  assert.deepEqual(writes, [['header', 'data', 'more', 'data', 'more']])
})

test('a socket that has enough is heard, and one that throws is not left corked', () => {
  const writes: string[][] = []
  const socket = socketNotingWrites(writes, { highWaterMark: 8 })
  const connection = connectionOver(socket)
  writeWhole(connection as unknown as Connection)
  assert.deepEqual(connection.sendData(parts), { canSendMore: false })
  assert.deepEqual(writes, [['header', 'data']])
  const broken = () => {
    throw new Error('no parts')
  }
  assert.throws(() => connection.sendData({ [Symbol.iterator]: broken }), /no parts/)
  assert.equal(socket.writableCorked, 0)
})

test('a connection over something else than a socket is left as it is', () => {
  const connection = { sendData: () => {} }
  const { sendData } = connection
  writeWhole(connection as unknown as Connection)
  assert.equal(connection.sendData, sendData)
  assert.equal(
    inOneWrite(connection as unknown as Connection, () => 'sent'),
    'sent'
  )
})

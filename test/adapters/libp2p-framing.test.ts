/** The two framings of the libp2p network: records on a stream, and frames of the handshake. Both hold against any bytes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  decodeFrame,
  encodeFrame,
  type HandshakeFrame,
  maxFrameBytes
} from '../../src/adapters/libp2p/handshake-frames.ts'
import { RecordReader, RecordWriter } from '../../src/adapters/libp2p/record-framing.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { maxRecordBytes } from '../../src/ports/network.ts'

function written(records: readonly Uint8Array[], keepAlives: boolean): Buffer {
  const writer = new RecordWriter()
  for (const record of records) {
    writer.add(record)
    if (keepAlives) writer.addKeepAlive()
  }
  const pieces: Uint8Array[] = []
  for (let piece = writer.take(); piece !== undefined; piece = writer.take()) pieces.push(piece)
  assert.equal(writer.queuedBytes, 0)
  return Buffer.concat(pieces)
}

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(126, 127, 128, 16_382, 16_383, 262_143, 262_144)
)

test('records come out as they went in, wherever the stream is cut', t => {
  const seed = Date.now()
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(
      fc.array(sizes, { maxLength: 12 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      fc.boolean(),
      (lengths, cuts, keepAlives) => {
        const records = lengths.map((length, index) => new Uint8Array(length).fill(index + 1))
        const stream = written(records, keepAlives)
        const places = [0, ...cuts.map(cut => cut % (stream.length + 1)), stream.length].sort((a, b) => a - b)
        const reader = new RecordReader()
        const read: Uint8Array[] = []
        for (const [index, place] of places.entries()) {
          reader.push(stream.subarray(place, places[index + 1] ?? place), record => read.push(record))
        }
        assert.deepEqual(
          read.map(record => record.length),
          lengths
        )
        for (const [index, record] of read.entries()) assert.ok(record.every(byte => byte === index + 1))
      }
    ),
    { seed, numRuns: 300 }
  )
})

test('the largest record passes, and a longer one is malformed before a byte of it is stored', () => {
  const largest = written([new Uint8Array(maxRecordBytes)], false)
  let length = -1
  new RecordReader().push(largest, record => {
    length = record.length
  })
  assert.equal(length, maxRecordBytes)
  for (const prefix of [
    written([new Uint8Array(maxRecordBytes + 1)], false).subarray(0, 4),
    Buffer.from('ffffff7f', 'hex')
  ]) {
    assert.throws(() => new RecordReader().push(prefix, () => {}), isMalformed)
  }
  assert.throws(() => new RecordReader().push(Buffer.from('8080808001', 'hex'), () => {}), isMalformed)
})

test('any bytes are records or malformed', t => {
  const seed = Date.now()
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      try {
        new RecordReader().push(bytes, () => {})
      } catch (error) {
        assert.ok(isMalformed(error))
      }
    }),
    { seed, numRuns: 2_000 }
  )
})

const facts = fc.record({
  cluster: fc.string({ maxLength: 60 }),
  shards: fc.nat(),
  replicas: fc.nat(15),
  kinds: fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,60}$/), fc.nat(15)),
  protocol: fc.nat()
})
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const frames: fc.Arbitrary<HandshakeFrame> = fc.oneof(
  fc.record({ type: fc.constant('hello' as const), nonce: bytes32 }),
  fc.record({ type: fc.constant('challenge' as const), nonce: bytes32, mac: bytes32, wallMs: fc.nat() }),
  fc.record({ type: fc.constant('proof' as const), mac: bytes32, wallMs: fc.nat(), facts }),
  fc.record({ type: fc.constantFrom('accept' as const, 'commit' as const, 'duplicate' as const) }),
  fc.record({
    type: fc.constant('refused' as const),
    reason: fc.constantFrom('key' as const, 'peer' as const, 'clock' as const)
  }),
  fc.record({ type: fc.constant('refused' as const), reason: fc.constant('facts' as const), facts })
)

test('handshake frames come out as they went in, and fit', t => {
  const seed = Date.now()
  t.diagnostic(`seed ${seed}`)
  fc.assert(
    fc.property(frames, frame => {
      const encoded = encodeFrame(frame)
      assert.ok(encoded.length <= maxFrameBytes)
      assert.deepEqual(plain(decodeFrame(Uint8Array.from(encoded.subarray(2)))), plain(frame))
    }),
    { seed }
  )
})

test('any bytes are a handshake frame or malformed, and so is every truncation of a frame', t => {
  const seed = Date.now()
  t.diagnostic(`seed ${seed}`)
  const total = (bytes: Uint8Array): void => {
    try {
      decodeFrame(bytes)
    } catch (error) {
      assert.ok(isMalformed(error))
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), total), { seed, numRuns: 2_000 })
  fc.assert(
    fc.property(frames, fc.nat(), fc.nat(255), (frame, place, byte) => {
      const encoded = encodeFrame(frame).subarray(2)
      total(encoded.subarray(0, place % encoded.length))
      const changed = Uint8Array.from(encoded)
      changed[place % changed.length] = byte
      total(changed)
    }),
    { seed, numRuns: 1_000 }
  )
})

function isMalformed(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_MALFORMED'
}

function plain(frame: HandshakeFrame): unknown {
  return JSON.parse(JSON.stringify(frame, (_, value) => (value instanceof Uint8Array ? [...value] : value)))
}

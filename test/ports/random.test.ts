/** The system's chance and the seeded one keep the same promises. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { SystemRandom } from '../../src/adapters/system/random.ts'
import type { Random } from '../../src/ports/random.ts'
import { SeededRandom } from '../../src/simulation/random.ts'

randomConformance('system', () => new SystemRandom())
for (const seed of ['a seed', 0, 1, 4_294_967_295])
  randomConformance(`seeded with ${seed}`, () => new SeededRandom(seed))

function randomConformance(name: string, make: () => Random): void {
  describe(`random: ${name}`, () => {
    test('bytes come in the length that was asked for, and differ', () => {
      const random = make()
      for (const length of [0, 1, 3, 4, 5, 32, 100]) assert.equal(random.bytes(length).length, length)
      const seen = new Set(Array.from({ length: 1_000 }, () => Buffer.from(random.bytes(16)).toString('hex')))
      assert.equal(seen.size, 1_000)
    })

    test('every byte value comes up about as often as any other', () => {
      const counts = new Array<number>(256).fill(0)
      for (const byte of make().bytes(256_000)) counts[byte] = (counts[byte] ?? 0) + 1
      for (const count of counts) assert.ok(count > 750 && count < 1_250, `${count} of about 1,000`)
    })

    test('next is in [0, 1) and has no favourite tenth', () => {
      const random = make()
      const tenths = new Array<number>(10).fill(0)
      for (let draw = 0; draw < 100_000; draw++) {
        const next = random.next()
        assert.ok(next >= 0 && next < 1)
        tenths[Math.floor(next * 10)] = (tenths[Math.floor(next * 10)] ?? 0) + 1
      }
      for (const count of tenths) assert.ok(count > 9_300 && count < 10_700, `${count} of about 10,000`)
    })

    test('below gives whole numbers under the limit, all of them, at every size', () => {
      const random = make()
      for (const limit of [1, 2, 3, 7, 100]) {
        const seen = new Set(Array.from({ length: 5_000 }, () => random.below(limit)))
        assert.deepEqual(
          [...seen].sort((a, b) => a - b),
          [...Array(limit).keys()]
        )
      }
      const large = Array.from({ length: 1_000 }, () => random.below(2 ** 31))
      assert.ok(large.every(value => Number.isInteger(value) && value >= 0 && value < 2 ** 31))
      assert.ok(large.some(value => value >= 2 ** 30) && large.some(value => value < 2 ** 30))
    })

    test('a limit that is none is refused', () => {
      for (const limit of [0, -1, 1.5, 2 ** 31 + 1, Number.NaN]) assert.throws(() => make().below(limit), TypeError)
    })
  })
}

test('a seed gives the same numbers again, and other seeds give others', () => {
  const draw = (seed: string) => Buffer.from(new SeededRandom(seed).bytes(32)).toString('hex')
  assert.equal(draw('x'), draw('x'))
  assert.equal(new Set(Array.from({ length: 1_000 }, (_, seed) => draw(`${seed}`))).size, 1_000)
})

test('a fork does not depend on how much was drawn before it, nor do forks with different labels repeat each other', () => {
  const fresh = new SeededRandom(7)
  const used = new SeededRandom(7)
  used.bytes(100)
  assert.deepEqual(used.fork('disk').bytes(16), fresh.fork('disk').bytes(16))
  assert.notDeepEqual(fresh.fork('disk').bytes(16), fresh.fork('network').bytes(16))
})

/** A cache that lets go first what was used once: under its limit whatever is asked of it, and true to what is held. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SecondChance } from '../../src/cluster/second-chance.ts'

interface Thing {
  readonly key: string
  isReused: boolean
}

const max = 20

test('whatever is used, held and set, no more stay than may, but what is held, and each that goes is told once', () => {
  const key = fc.nat(60).map(String)
  const step = fc.record({ what: fc.constantFrom('set', 'use', 'hold', 'let go', 'delete', 'trim'), key })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), steps => {
      const held = new Set<string>()
      const gone: Thing[] = []
      const cache = new SecondChance<Thing>({
        max,
        isHeld: thing => held.has(thing.key),
        evicted: (thing, at) => {
          assert.equal(at, thing.key)
          gone.push(thing)
        }
      })
      const model = new Map<string, Thing>()
      for (const { what, key } of steps) {
        const known = model.get(key)
        if (what === 'hold' && known !== undefined) held.add(key)
        else if (what === 'let go') held.delete(key)
        else if (what === 'use' && known !== undefined) known.isReused = true
        else if (what === 'delete' && !held.has(key)) assert.equal(cache.delete(key), model.delete(key))
        else if (what === 'trim') cache.trim()
        else if (what === 'set' && known === undefined) {
          const thing = { key, isReused: false }
          model.set(key, thing)
          cache.makeRoom()
          cache.set(key, thing)
        }
        for (const thing of gone.splice(0)) {
          assert.ok(!held.has(thing.key) && !thing.isReused, thing.key)
          assert.equal(model.get(thing.key), thing)
          model.delete(thing.key)
        }
        assert.equal(cache.size, model.size)
        for (const [at, thing] of model) assert.equal(cache.get(at), thing)
        // One more comes before the next look, and a tenth more where all that there was were held.
        assert.ok(cache.size <= Math.max(max, 1.1 * (held.size + max)) + 1, `${cache.size}`)
      }
    })
  )
})

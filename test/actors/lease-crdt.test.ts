/** CRDT states of leased actors, through any number of owners. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lwwRegister, mvRegister, orMap, orSet, pnCounter } from 'shoal'
import type { HandlerContext } from '../../src/actors/definition.ts'
import { CrdtForm } from '../../src/actors/lease-crdt.ts'
import type { Shape } from '../../src/actors/shape.ts'

const shape = {
  sum: pnCounter(),
  words: orSet<string>(),
  note: lwwRegister(''),
  seen: mvRegister<number>(),
  stock: orMap(pnCounter())
}
const parts = {
  records: { name: 'thing/a', epoch: 1, peek: () => undefined },
  clock: { now: () => 1_000_000_000 } as never
}

/** One command of an owner that has just read the state from its record. */
function run(form: CrdtForm, body: Uint8Array | undefined, change: (state: never) => void): Uint8Array | undefined {
  const turn = form.begin(form.load(body), { ...parts, readOnly: false })
  change((turn.context({} as never) as HandlerContext<Shape>).state as never)
  const changed = turn.result()
  turn.end()
  return changed === undefined ? body : changed.body
}

test('a counter that a thousand owners have added to is as long as one that one has', () => {
  const form = new CrdtForm({ n: pnCounter() })
  const add = (state: { n: { add(by: number): void } }) => state.n.add(1)
  let body = run(form, undefined, add as never)
  const first = body?.length ?? 0
  for (let i = 1; i < 1000; i++) body = run(form, body, add as never)
  assert.deepEqual(form.plain(form.load(body)), { n: 1000 })
  assert.ok((body?.length ?? 0) <= first + 8, `${first} bytes, then ${body?.length}`)
})

test('whatever is added and removed, by an owner of its own each time, is there, and nothing else', () => {
  const word = fc.constantFrom('a', 'b', 'c')
  const step = fc.oneof(
    fc.record({ what: fc.constantFrom('add', 'remove', 'stock', 'unstock', 'note'), word }),
    fc.record({ what: fc.constantFrom('sum', 'see'), word })
  )
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 30 }), owners => {
      const form = new CrdtForm(shape)
      let body: Uint8Array | undefined
      const words = new Set<string>()
      const stock = new Map<string, number>()
      const last = { sum: 0, note: '', seen: [] as number[] }
      let count = 0
      for (const steps of owners) {
        body = run(form, body, state => {
          const { sum, words: set, note, seen, stock: map } = state as unknown as Views
          for (const { what, word } of steps) {
            count++
            if (what === 'sum') sum.add(1)
            if (what === 'add') set.add(word)
            if (what === 'remove') set.remove(word)
            if (what === 'note') note.set(`${word}${count}`)
            if (what === 'see') seen.set(count)
            if (what === 'stock') map.at(word).add(1)
            if (what === 'unstock') map.remove(word)
          }
        })
        count -= steps.length
        for (const { what, word } of steps) {
          count++
          if (what === 'sum') last.sum++
          if (what === 'add') words.add(word)
          if (what === 'remove') words.delete(word)
          if (what === 'note') last.note = `${word}${count}`
          if (what === 'see') last.seen = [count]
          if (what === 'stock') stock.set(word, (stock.get(word) ?? 0) + 1)
          if (what === 'unstock') stock.delete(word)
        }
      }
      const plain = form.plain(form.load(body)) as Record<string, unknown>
      const expected = { ...last, words: [...words].sort(), stock: Object.fromEntries([...stock].sort()) }
      assert.deepEqual(JSON.parse(JSON.stringify(plain)), JSON.parse(JSON.stringify(expected)))
    })
  )
})

interface Views {
  readonly sum: { add(by: number): void }
  readonly words: { add(word: string): void; remove(word: string): void }
  readonly note: { set(text: string): void }
  readonly seen: { set(value: number): void }
  readonly stock: { at(key: string): { add(by: number): void }; remove(key: string): void }
}

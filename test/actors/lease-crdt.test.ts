/** CRDT states of leased actors, through any number of owners. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  boundedCounter,
  isShoalError,
  json,
  type ListView,
  list,
  lwwRegister,
  mvRegister,
  orMap,
  orSet,
  pnCounter,
  type TextView,
  text
} from 'shoal'
import { automergeText } from 'shoal/automerge'
import type { HandlerContext } from '../../src/actors/definitions/handler-context.ts'
import type { Shape } from '../../src/actors/definitions/shape.ts'
import { CrdtForm } from '../../src/actors/leased/lease-crdt.ts'
import { type EnginePart, engineOf, mergeParts } from '../../src/crdt/document/engine.ts'
import type { ActorState } from '../../src/crdt/index.ts'

const shape = {
  sum: pnCounter(),
  words: orSet<string>(),
  note: lwwRegister(''),
  seen: mvRegister<number>(),
  stock: orMap(pnCounter())
}
const clock = { now: () => 1_000_000_000 } as never

/** As an owner reads it, and its sandbox vets it. */
function load(form: CrdtForm, body: Uint8Array | undefined): ActorState {
  let state = form.load(body)
  for (const { field, engine, content, untrusted } of form.unvetted(state))
    state = form.vetted(state, field, untrusted, mergeParts(engineOf(engine, content), untrusted))
  return state
}

/** One command of an owner that has just read the state from its record. */
function run(
  form: CrdtForm,
  body: Uint8Array | undefined,
  change: (state: never) => void,
  epoch = 1
): Uint8Array | undefined {
  const records = { name: 'thing/a', epoch, peek: () => undefined }
  const turn = form.begin(load(form, body), { records, clock, readOnly: false })
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

interface Documents {
  readonly body: TextView
  readonly items: ListView<string>
  readonly data: { set(path: readonly string[], value: string): void; remove(path: readonly string[]): void }
}

const documents = { body: text(), items: list<string>(), data: json() }

test('whatever is edited in documents, by an owner of its own each time, is there as in a text, an array and an object', () => {
  const step = fc.record({
    what: fc.constantFrom('write', 'cut', 'push', 'pull', 'set', 'unset'),
    at: fc.nat(),
    word: fc.string()
  })
  fc.assert(
    fc.property(fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { maxLength: 20 }), owners => {
      const form = new CrdtForm(documents)
      let record: Uint8Array | undefined
      let body = ''
      const items: string[] = []
      const data = new Map<string, string>()
      for (const [epoch, steps] of owners.entries()) {
        const change = (state: Documents) => {
          for (const { what, at, word } of steps) {
            const line = word.toWellFormed().replaceAll(/[^a-z]/g, 'x')
            const key = `k${at % 3}`
            if (what === 'write') {
              const place = at % (body.length + 1)
              state.body.insert(place, line)
              body = body.slice(0, place) + line + body.slice(place)
            } else if (what === 'cut' && body !== '') {
              const place = at % body.length
              state.body.remove(place, 1)
              body = body.slice(0, place) + body.slice(place + 1)
            } else if (what === 'push') {
              state.items.push(line)
              items.push(line)
            } else if (what === 'pull' && items.length > 0) {
              state.items.remove(at % items.length)
              items.splice(at % items.length, 1)
            } else if (what === 'set') {
              state.data.set([key], line)
              data.set(key, line)
            } else if (what === 'unset') {
              state.data.remove([key])
              data.delete(key)
            }
          }
        }
        record = run(form, record, change as never, epoch + 1)
      }
      const plain = form.plain(load(form, record)) as Record<string, unknown>
      assert.deepEqual(JSON.parse(JSON.stringify(plain)), { body, items, data: Object.fromEntries([...data].sort()) })
    }),
    { numRuns: 60 }
  )
})

for (const [name, field] of Object.entries({ text, automergeText }))
  test(`an edit that a cut has excluded and the one of the owner after it are two edits, also where they meet: ${name}`, () => {
    const form = new CrdtForm({ body: field() })
    const write = (line: string) => (state: Documents) => state.body.insert(state.body.length, line)
    const base = run(form, undefined, write('base') as never, 1)
    const excluded = run(form, base, write(' excluded') as never, 1)
    const accepted = run(form, base, write(' accepted') as never, 2)
    const partsOf = (body: Uint8Array | undefined) =>
      form.unvetted(form.load(body)).flatMap(({ untrusted }) => untrusted)
    const engine = engineOf(name === 'text' ? 'yjs' : 'automerge', 'text')
    const merged = (parts: readonly EnginePart[]) => {
      const bytes = mergeParts(engine, parts)
      let state = form.load(accepted)
      const [document] = form.unvetted(state)
      assert.ok(document !== undefined)
      state = form.vetted(state, document.field, document.untrusted, bytes)
      return (form.plain(state) as { body: string }).body
    }
    const [ours, theirs] = [partsOf(accepted), partsOf(excluded)]
    const both = merged([...ours, ...theirs])
    assert.equal(merged([...theirs, ...ours]), both)
    assert.ok(['base excluded accepted', 'base accepted excluded'].includes(both), both)
  })

test('the record of a text that is typed letter by letter stays about as long as the text', () => {
  const form = new CrdtForm(documents)
  const records = { name: 'thing/a', epoch: 1, peek: () => undefined }
  let state = load(form, undefined)
  let longest = 0
  for (let i = 1; i <= 6000; i++) {
    const turn = form.begin(state, { records, clock, readOnly: false })
    const { body } = (turn.context({} as never) as HandlerContext<Shape>).state as unknown as Documents
    body.insert(body.length, 'x')
    const changed = turn.result()
    turn.end()
    assert.ok(changed !== undefined)
    state = changed.held
    longest = Math.max(longest, changed.body.length - i)
  }
  assert.ok(longest < 6000, `${longest} bytes more than letters`)
})

test('a document is longer by some bytes for each owner that has edited it', () => {
  const form = new CrdtForm(documents)
  let record: Uint8Array | undefined
  const owners = 300
  for (let epoch = 1; epoch <= owners; epoch++)
    record = run(form, record, ((state: Documents) => state.body.insert(0, 'x')) as never, epoch)
  const { length = 0 } = record ?? {}
  assert.ok(length < 40 * owners, `${length} bytes of ${owners} owners`)
})

test('a document that nobody has vetted is never opened', () => {
  const form = new CrdtForm(documents)
  const record = run(form, undefined, ((state: Documents) => state.body.insert(0, 'x')) as never)
  const records = { name: 'thing/a', epoch: 2, peek: () => undefined }
  assert.throws(() => form.plain(form.load(record)), /not vetted/)
  assert.throws(() => form.begin(form.load(record), { records, clock, readOnly: true }), /not vetted/)
})

test('what a bounded counter stands above its bound is any owner’s to spend, and not one more; there is nobody to give rights to', () => {
  const form = new CrdtForm({ n: boundedCounter({ min: -5 }) })
  type Bounded = {
    n: {
      value: number
      rights: number
      add(by: number): void
      subtract(by: number): void
      transfer(to: string, by: number): void
    }
  }
  const change = (work: (counter: Bounded['n']) => void) => ((state: Bounded) => work(state.n)) as never
  let record = run(
    form,
    undefined,
    change(n => n.add(10)),
    1
  )
  for (let epoch = 2; epoch <= 11; epoch++) {
    record = run(
      form,
      record,
      change(n => {
        assert.equal(n.rights, n.value + 5)
        n.subtract(1)
      }),
      epoch
    )
  }
  const refused = (code: string) => (error: unknown) => isShoalError(error) && error.code === code && !error.retryable
  const lacking = refused('SHOAL_INSUFFICIENT_RIGHTS')
  assert.throws(
    () =>
      run(
        form,
        record,
        change(n => n.subtract(1))
      ),
    lacking
  )
  assert.throws(
    () =>
      run(
        form,
        record,
        change(n => n.subtract(Number.NaN))
      ),
    refused('SHOAL_BAD_ARGUMENT')
  )
  assert.throws(
    () =>
      run(
        form,
        record,
        change(n => n.subtract(Number.POSITIVE_INFINITY))
      ),
    refused('SHOAL_BAD_ARGUMENT')
  )
  record = run(
    form,
    record,
    change(n => n.add(2)),
    12
  )
  assert.throws(
    () =>
      run(
        form,
        record,
        change(n => n.transfer('other.life', 1)),
        12
      ),
    refused('SHOAL_BAD_ARGUMENT')
  )
  assert.throws(
    () =>
      run(
        form,
        record,
        change(n => n.subtract(3)),
        13
      ),
    lacking
  )
  record = run(
    form,
    record,
    change(n => n.subtract(2)),
    13
  )
  assert.deepEqual(form.plain(form.load(record)), { n: -5 })
  assert.ok((record?.length ?? 0) < 64, 'one row for all owners')
})

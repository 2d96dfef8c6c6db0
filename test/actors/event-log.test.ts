/** What a leased actor keeps of its events, through owners that come and go: it is always the fold of what was emitted. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type EventSourcedState, eventSourced } from 'shoal'
import type { EventContext, ValueContext } from '../../src/actors/definitions/handler-context.ts'
import { EventsForm, type HeldEvents } from '../../src/actors/leased/lease-events.ts'
import type { ActorRecords, Changed, LeaseTurn } from '../../src/actors/leased/lease-form.ts'
import { maxStateBytes } from '../../src/cluster/lease/epoch-writer.ts'
import { isRecordName } from '../../src/cluster/lease/record-name.ts'

interface Sum {
  readonly total: number
  readonly last: readonly number[]
}

/** Depends on the order, and passes on what it does not change. */
const apply = (state: Sum, event: number | readonly number[]): Sum =>
  typeof event === 'number'
    ? { ...state, total: (state.total * 31 + event) % 1_000_003 }
    : { total: state.total, last: event }

const initial: Sum = { total: 1, last: [] }
type Event = Parameters<typeof apply>[1]
type Context = EventContext<Sum, Event> & ValueContext<unknown> & { readonly state: Sum }

/** One actor's records, and whoever owns it now. */
class Owned {
  readonly records = new Map<string, Uint8Array>()
  readonly shape: EventSourcedState<Sum, Event>
  epoch = 1
  nowMs = 1000
  form: EventsForm
  held: HeldEvents
  #waiting: Changed['after']

  constructor(snapshotEvery: number) {
    this.shape = eventSourced({ initial, apply, snapshotEvery })
    this.form = new EventsForm(this.shape)
    this.held = this.form.load(undefined, this.#actor())
  }

  /**
   * A new owner, or where `isNew` is false the same one that had dropped it from memory. Nobody hears whether the chunk that waits was
   * accepted: `survives`.
   */
  reload(version = this.shape.version, isNew = true, survives = false): void {
    if (isNew) this.epoch++
    const { name, bytes } = this.#waiting ?? {}
    if (survives && name !== undefined && bytes !== undefined) this.records.set(name, bytes)
    this.#waiting = undefined
    this.form = new EventsForm({ ...this.shape, version })
    this.held = this.form.load(this.records.get('log/a'), this.#actor())
  }

  begin(readOnly = false): { readonly turn: LeaseTurn<HeldEvents>; readonly context: Context } {
    const clock = { now: () => this.nowMs }
    const turn = this.form.begin(this.held, {
      records: this.#actor(),
      clock: clock as never,
      readOnly
    })
    return { turn, context: turn.context({} as never) as unknown as Context }
  }

  /** `refused`: the record is not taken. What goes after it is stored, and its acknowledgement comes with `acknowledge`. */
  emit(events: readonly Event[], refused = false): void {
    const { turn, context } = this.begin()
    for (const event of events) context.emit(event)
    const changed = turn.result()
    turn.end()
    assert.equal(changed === undefined, events.length === 0)
    if (changed === undefined || refused) return
    const { held, body, after } = changed
    this.records.set('log/a', body)
    this.held = held
    const isFull = held.log.tail.length >= this.shape.snapshotEvery || body.length > 64 * 1024
    assert.equal(after !== undefined, isFull && this.#waiting === undefined, 'one chunk at a time, and when it is time')
    if (after === undefined) return
    assert.ok(isRecordName(after.name))
    assert.ok(!this.#named().includes(after.name), 'a chunk that is named is never written again')
    this.#waiting = after
  }

  /** The chunk is lost otherwise, as an entry that a later epoch has excluded. */
  acknowledge(outcome: 'acknowledged' | 'failed' = 'acknowledged'): void {
    const { name, bytes, settled } = this.#waiting ?? {}
    this.#waiting = undefined
    if (name !== undefined && bytes !== undefined && outcome === 'acknowledged') this.records.set(name, bytes)
    settled?.(outcome)
  }

  #named(): string[] {
    const { chunks, runs } = this.held.log
    const epochOf = (chunk: number) => runs.findLast(([first]) => first <= chunk)?.[1] ?? 0
    return Array.from({ length: chunks }, (_, chunk) => `log:${chunk}.${epochOf(chunk)}/a`)
  }

  /** Chunks that no record names. */
  get strays(): string[] {
    return [...this.records.keys()].filter(name => name.startsWith('log:') && !this.#named().includes(name))
  }

  get context(): Context {
    return this.begin(true).context
  }

  #actor(): ActorRecords {
    return { name: 'log/a', epoch: this.epoch, peek: name => this.records.get(name) }
  }
}

const event: fc.Arbitrary<Event> = fc.oneof(fc.nat(1000), fc.array(fc.nat(9), { maxLength: 3 }))
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ op: fc.constant('emit' as const), events: fc.array(event, { maxLength: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ op: fc.constant('refused' as const), events: fc.array(event, { maxLength: 5 }) })
  },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('acknowledge' as const) }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('fail' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      op: fc.constant('reload' as const),
      version: fc.integer({ min: 1, max: 3 }),
      isNew: fc.boolean(),
      survives: fc.boolean()
    })
  },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('wait' as const), ms: fc.integer({ min: -500, max: 1000 }) }) }
)

const fold = (events: readonly Event[]) => events.reduce(apply, initial)

test('the state is the fold of the events, with snapshots and without, whoever owns the actor and wherever one broke off', () => {
  const property = fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 60 }), (every, steps) => {
    const owned = new Owned(every)
    const events: Event[] = []
    const times: number[] = []
    for (const step of steps) {
      if (step.op === 'emit') {
        owned.emit(step.events)
        events.push(...step.events)
        for (const _ of step.events) times.push(Math.max(owned.nowMs, times.at(-1) ?? 0))
      } else if (step.op === 'refused') owned.emit(step.events, true)
      else if (step.op === 'acknowledge') owned.acknowledge()
      else if (step.op === 'fail') owned.acknowledge('failed')
      else if (step.op === 'reload') owned.reload(step.version, step.isNew, step.survives)
      else owned.nowMs += step.ms
      assert.deepEqual(owned.context.state, fold(events))
      assert.equal(owned.context.revision, events.length)
    }
    const { context } = owned
    for (let revision = 0; revision <= events.length; revision++)
      assert.deepEqual(context.stateAt({ revision }), { revision, state: fold(events.slice(0, revision)) })
    for (const timeMs of [0, ...times, ...times.map(time => time + 0.5)]) {
      const revision = times.filter(time => time <= timeMs).length
      assert.deepEqual(context.stateAt({ timeMs }), { revision, state: fold(events.slice(0, revision)) })
    }
    const recorded = events.map((event, i) => ({ revision: i + 1, timeMs: times[i], event }))
    for (const limit of [1, 3, 1000]) {
      const found = []
      for (let page = context.history({ limit }); page.length > 0; ) {
        assert.ok(page.length <= limit)
        found.push(...page)
        page = context.history({ from: found.length + 1, limit })
      }
      assert.deepEqual(found, recorded)
    }
  })
  fc.assert(property, { numRuns: Number(process.env['SHOAL_CASES'] ?? 200) })
})

test('no chunk stays behind that nobody names, however many owners break off', () => {
  const property = fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 60 }), (every, steps) => {
    const owned = new Owned(every)
    for (const step of steps) {
      if (step.op === 'emit') owned.emit(step.events)
      else if (step.op === 'refused') owned.emit(step.events, true)
      else if (step.op === 'acknowledge') owned.acknowledge()
      else if (step.op === 'fail') owned.acknowledge('failed')
      else if (step.op === 'reload') owned.reload(step.version, step.isNew, step.survives)
      assert.ok(owned.strays.length <= 1, `${owned.strays}`)
    }
    owned.reload(1)
    owned.emit([1])
    assert.deepEqual(owned.strays, [])
  })
  fc.assert(property, { numRuns: Number(process.env['SHOAL_CASES'] ?? 200) })
})

test('a chunk that is there and is not of the events in the record is let be, and begun anew', () => {
  const owned = new Owned(2)
  owned.emit([1, 2])
  const torn = new Map(owned.records)
  owned.acknowledge('failed')
  owned.emit([3])
  owned.acknowledge()
  // As of a fetch that broke off between them: the record of before, and the chunk of after.
  for (const [name, bytes] of torn) owned.records.set(name, bytes)
  owned.reload()
  assert.equal(owned.context.revision, 2)
  owned.emit([4])
  owned.acknowledge()
  owned.emit([5])
  owned.reload()
  assert.deepEqual(owned.context.state, fold([1, 2, 4, 5]))
  assert.deepEqual(
    owned.context.history().map(({ event }) => event),
    [1, 2, 4, 5]
  )
})

test('a command writes its own events, and at most one chunk of those before them', () => {
  const owned = new Owned(10)
  let most = 0
  for (let i = 0; i < 2000; i++) {
    const before = new Map(owned.records)
    owned.emit([i])
    owned.acknowledge()
    const written = [...owned.records].filter(([name, bytes]) => before.get(name) !== bytes)
    assert.ok(written.length <= 2)
    most = Math.max(most, ...written.map(([, { length }]) => length))
  }
  assert.ok(most < 400, `${most} bytes`)
  assert.equal(owned.records.size, 1 + 200)
})

test('large events make chunks sooner, and a state that is too large for a snapshot is built from more of them', () => {
  const big = eventSourced<string, string>({ initial: '', apply: (state, event) => state + event, snapshotEvery: 100 })
  const records = new Map<string, Uint8Array>()
  const form = new EventsForm(big as EventSourcedState)
  const actor = { name: 'log/a', epoch: 1, peek: (name: string) => records.get(name) }
  let held = form.load(undefined, actor)
  for (let i = 0; i < 20; i++) {
    const parts = { records: actor, clock: { now: () => i } as never, readOnly: false }
    const turn = form.begin(held, parts)
    const { emit } = turn.context({} as never) as unknown as EventContext<string, string>
    emit(String(i % 10).repeat(60_000))
    const changed = turn.result()
    assert.ok(changed)
    held = changed.held
    records.set('log/a', changed.body)
    if (changed.after === undefined) continue
    records.set(changed.after.name, changed.after.bytes)
    changed.after.settled('acknowledged')
  }
  assert.equal(records.size, 1 + 10)
  for (const { length } of records.values()) assert.ok(length < 1024 * 1024, `${length} bytes`)
  assert.equal(form.load(records.get('log/a'), actor).state, held.state)
})

test('while a chunk waits for replicas its events stay in the record, up to a limit', () => {
  const owned = new Owned(2)
  const large = Array<number>(50_000).fill(7)
  for (let i = 0; i < 5; i++) owned.emit([large])
  assert.equal(owned.records.size, 1)
  assert.throws(() => owned.emit([large]), { code: 'SHOAL_OVERLOADED', retryable: true })
  owned.acknowledge()
  owned.emit([1])
  assert.ok((owned.records.get('log/a')?.length ?? 0) < 800_000)
  assert.equal(owned.context.revision, 6)
})

test('whatever its characters, what a command emits fits into a record beside all replies and an outbox that is full, also for an owner that comes anew', () => {
  const text = eventSourced<number, string>({ initial: 0, apply: state => state + 1, snapshotEvery: 1 })
  const form = new EventsForm(text as EventSourcedState)
  for (const character of ['x', '€', '😀', '"', '\u0001']) {
    let body: Uint8Array | undefined
    const actorOf = (epoch: number) => ({ name: 'log/a', epoch, peek: () => body })
    let held = form.load(undefined, actorOf(1))
    const emit = (bytes: number, epoch: number) => {
      const turn = form.begin(held, { records: actorOf(epoch), clock: { now: () => 1 } as never, readOnly: false })
      const { emit } = turn.context({} as never) as unknown as EventContext<number, string>
      const size = new TextEncoder().encode(JSON.stringify(character)).length - 2
      emit(character.repeat(Math.floor((bytes - 2) / size)))
      const changed = turn.result()
      assert.ok(changed)
      assert.ok(
        changed.body.length + (128 + 64 + 32 + 16) * 1024 + 1000 <= maxStateBytes,
        `${changed.body.length} bytes`
      )
      body = changed.body
      held = changed.held
    }
    assert.throws(() => emit(128 * 1024 + 10, 1), { code: 'SHOAL_LIMIT' })
    // Its chunk waits, and the epoch ends meanwhile.
    const all = () => {
      for (;;) emit(32 * 1024, 1)
    }
    assert.throws(all, { code: 'SHOAL_OVERLOADED' })
    held = form.load(body, actorOf(2))
    emit(128 * 1024, 2)
  }
})

test('what a handler is given cannot be changed by it, and an event is what it was when it was emitted', () => {
  const owned = new Owned(10)
  const given = [1, 2]
  const { turn, context } = owned.begin()
  const after = context.emit(given)
  given.push(3)
  assert.deepEqual(after.last, [1, 2])
  assert.equal(context.state, after)
  assert.throws(() => (context.state.last as number[]).push(4), TypeError)
  for (const bad of [undefined, 1n, new Date(), { x: Number.NaN }])
    assert.throws(() => context.emit(bad as never), { code: 'SHOAL_BAD_STATE' })
  assert.throws(() => context.emit([1n as never]), { code: 'SHOAL_BAD_STATE' })
  assert.equal(context.revision, 1)
  assert.throws(() => context.emit(Array<number>(200_000).fill(1)), { code: 'SHOAL_LIMIT' })
  turn.end()
  assert.throws(() => context.emit(1), { code: 'SHOAL_DEADLINE' })
  assert.throws(() => owned.context.emit(1), { code: 'SHOAL_READ_ONLY' })
  for (const revision of [-1, 1, 0.5])
    assert.throws(() => owned.context.stateAt({ revision }), { code: 'SHOAL_BAD_ARGUMENT' })
})

test('an apply that throws, or makes what cannot be kept, leaves the events as they were', () => {
  const bad = eventSourced<number, string>({
    initial: 0,
    apply(state, event) {
      if (event === 'throw') throw new RangeError('as asked')
      return event === 'undefined' ? (undefined as never) : state + 1
    }
  })
  const form = new EventsForm(bad as EventSourcedState)
  const actor = { name: 'log/a', epoch: 1, peek: () => undefined }
  const parts = { records: actor, clock: { now: () => 1 } as never, readOnly: false }
  const turn = form.begin(form.load(undefined, actor), parts)
  const context = turn.context({} as never) as unknown as EventContext<number, string> & { readonly state: number }
  assert.throws(() => context.emit('throw'), RangeError)
  assert.throws(() => context.emit('undefined'), { code: 'SHOAL_BAD_STATE' })
  assert.equal(context.emit('fine'), 1)
  assert.equal(context.revision, 1)
})

test('records that hold no events are corrupt, whatever is wrong with them', () => {
  const owned = new Owned(2)
  for (let i = 0; i < 5; i++) {
    owned.emit([i, i])
    owned.acknowledge()
  }
  const names = [...owned.records.keys()]
  const property = fc.property(
    fc.constantFrom(...names),
    fc.nat(),
    fc.nat(255),
    fc.boolean(),
    (name, at, byte, cut) => {
      const bytes = owned.records.get(name)
      assert.ok(bytes)
      const spoilt = cut ? bytes.slice(0, at % bytes.length) : Uint8Array.from(bytes)
      if (!cut) spoilt[at % bytes.length] = byte
      const actor = {
        name: 'log/a',
        epoch: 9,
        peek: (other: string) => (other === name ? spoilt : owned.records.get(other))
      }
      try {
        const { state } = owned.form.load(actor.peek('log/a'), actor)
        assert.equal(typeof (state as Sum).total, 'number')
      } catch (error) {
        const { code } = error as { code?: string }
        assert.ok(['SHOAL_CORRUPT', 'SHOAL_HANDLER_FAILED', 'SHOAL_BAD_STATE'].includes(code ?? ''), String(error))
      }
    }
  )
  fc.assert(property, { numRuns: 500 })
})

test('a new version of apply makes the state anew from all events, also that of before', () => {
  const owned = new Owned(2)
  for (let i = 0; i < 9; i++) {
    owned.emit([i])
    owned.acknowledge()
  }
  const count = (state: Sum): Sum => ({ ...state, total: state.total + 1 })
  const anew = new EventsForm({ ...owned.shape, apply: count, version: 2 } as EventSourcedState)
  const actor = { name: 'log/a', epoch: 2, peek: (name: string) => owned.records.get(name) }
  const held = anew.load(owned.records.get('log/a'), actor)
  assert.deepEqual(held.state, { total: 10, last: [] })
})

test('options that cannot be are refused where they are written', () => {
  const options = { initial, apply }
  for (const bad of [{ snapshotEvery: 0 }, { snapshotEvery: 1001 }, { snapshotEvery: 1.5 }, { version: 0.5 }])
    assert.throws(() => eventSourced({ ...options, ...bad }), TypeError)
  assert.throws(() => eventSourced({ initial: 0 } as never), TypeError)
  assert.throws(() => eventSourced({ initial: 1n, apply: (state: bigint) => state }), { code: 'SHOAL_BAD_STATE' })
})

/** Which state may be opened, and when: the sandbox answers here when the test says so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pnCounter, text } from 'shoal'
import { Replica } from 'shoal/crdt'
import { UnreadableActors } from '../../src/actors/running/unreadable-actors.ts'
import { Vetting } from '../../src/actors/running/vetting.ts'
import { openActor } from '../../src/cluster/actor.ts'
import type { Actor } from '../../src/cluster/shard-store.ts'
import { unvettedDocuments, withVetted } from '../../src/crdt/document/documents-of-state.ts'
import { engineOf } from '../../src/crdt/document/engine.ts'
import {
  type ActorState,
  CausalContext,
  decodeDelta,
  emptyState,
  encodeDelta,
  joinStates,
  plainValue
} from '../../src/crdt/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import type { SandboxAnswer, SandboxJob } from '../../src/ports/sandbox.ts'
import { OpenDocuments } from '../../src/ports/sandbox-room.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { codeOf } from './outcome.ts'

const schema = { body: text(), edits: pnCounter() }

/** One actor, written to by others. Jobs wait in `jobs` until the test lets them run. */
class Scene {
  readonly time = new SimulatedTime()
  readonly jobs: { readonly job: SandboxJob; run(answer?: SandboxAnswer): void }[] = []
  readonly saved: boolean[] = []
  readonly hurried: string[] = []
  readonly vetting: Vetting
  readonly actor: Actor
  readonly #open = new OpenDocuments(content => engineOf('yjs', content as 'text'), 1_000_000)
  #marks = 0

  constructor() {
    const clock = new SimulatedClock(new SimulatedProcess('one', this.time))
    const merge = (job: SandboxJob): Promise<SandboxAnswer> =>
      new Promise(resolve => {
        this.jobs.push({ job, run: answer => resolve(answer ?? this.#open.merge(job, ++this.#marks)) })
      })
    this.vetting = new Vetting({
      sandbox: { merge, hurry: (_, document) => this.hurried.push(document), async close() {} },
      store: {
        reform: (actor, state, isWorthSaving) => {
          actor.state = state
          this.saved.push(isWorthSaving)
        }
      },
      clock,
      logger: silentLogger,
      metrics: noMetrics
    })
    this.actor = openActor('note/n', 0, undefined, 0)
  }

  /** What another node wrote has come, or what this disk kept. */
  receive(delta: Uint8Array | undefined): void {
    assert.ok(delta !== undefined)
    const { state, context } = decodeDelta(delta)
    this.actor.state = joinStates(this.actor.state, CausalContext.empty, state, context)
  }

  /** Runs the next job, and lets everything that follows from it happen. */
  async run(answer?: SandboxAnswer): Promise<SandboxJob> {
    const next = this.jobs.shift()
    assert.ok(next !== undefined, 'no job waits')
    next.run(answer)
    await turn()
    return next.job
  }
}

async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await undefined
}

function author(name: string) {
  const replica = new Replica(schema, { origin: `${name}.1` })
  return {
    replica,
    write: (line: string) => replica.change(view => view.body.insert(view.body.length, line)),
    count: () => replica.change(view => view.edits.add(1))
  }
}

function plain(state: ActorState): { body: string; edits: number } {
  return plainValue(schema, state)
}

test('an actor without parts of others is opened at once', () => {
  const scene = new Scene()
  assert.equal(scene.vetting.open(scene.actor), undefined)
  scene.receive(author('a').count())
  assert.equal(scene.vetting.open(scene.actor), undefined)
})

test('who asks while a merge is under way gets a state that is no older than the question', async () => {
  const scene = new Scene()
  const a = author('a')
  scene.receive(a.write('one'))
  const first = scene.vetting.open(scene.actor)
  scene.receive(author('b').count())
  scene.receive(a.write(' two'))
  const second = scene.vetting.open(scene.actor)
  const third = scene.vetting.open(scene.actor)
  assert.ok(first !== undefined && second !== undefined)
  assert.equal(second, third, 'one merge does for all who wait')
  assert.equal(scene.jobs.length, 1)
  while (scene.jobs.length > 0) await scene.run()
  assert.deepEqual(plain(await second), { body: 'one two', edits: 1 })
  assert.ok(['one', 'one two'].includes(plain(await first).body))
  assert.equal(scene.actor.pins, 0)
})

test('a fold in the background is hurried once somebody waits for it', async () => {
  const scene = new Scene()
  scene.receive(author('a').write('one'))
  const fold = scene.vetting.open(scene.actor, { isBackground: true })
  assert.deepEqual(scene.hurried, [])
  const opened = scene.vetting.open(scene.actor)
  void scene.vetting.open(scene.actor)
  const [first] = scene.jobs
  assert.deepEqual(scene.hurried, [first?.job.document])
  scene.receive(author('b').write('two'))
  assert.equal((await scene.run()).isBackground, true)
  assert.equal((await scene.run()).isBackground, false, 'what came meanwhile is in the foreground')
  await fold
  assert.equal(plain((await opened) ?? emptyState).body.length, 6)
})

test('what an actor’s own node wrote during a merge is in what is opened after it', async () => {
  const scene = new Scene()
  const a = author('a')
  scene.receive(a.write('one'))
  void scene.vetting.open(scene.actor)
  // Rounds are used up by a writer who never rests, so that the state of the last one is answered.
  for (let round = 0; round < 3; round++) {
    scene.receive(a.write('.'))
    await scene.run()
  }
  scene.receive(author('own').count())
  const opened = scene.vetting.open(scene.actor)
  assert.ok(opened !== undefined)
  scene.receive(a.write('!'))
  while (scene.jobs.length > 0) await scene.run()
  assert.equal(plain(await opened).edits, 1)
})

test('a document that is written to all the time is opened as it was in the last round', async () => {
  const scene = new Scene()
  const a = author('a')
  scene.receive(a.write('0'))
  const opened = scene.vetting.open(scene.actor)
  assert.ok(opened !== undefined)
  for (let round = 1; round <= 4; round++) {
    scene.receive(a.write(`${round}`))
    await scene.run()
  }
  const state = await opened
  assert.equal(plain(state).body, '0123', 'with what had come when the last round began')
  assert.equal(unvettedDocuments(state).length, 0)
  assert.equal(unvettedDocuments(scene.actor.state).length, 1)
})

test('what came meanwhile and needs no vetting is seen', async () => {
  const scene = new Scene()
  scene.receive(author('a').write('x'))
  const opened = scene.vetting.open(scene.actor)
  scene.receive(author('b').count())
  await scene.run()
  assert.deepEqual(plain((await opened) ?? emptyState), { body: 'x', edits: 1 })
})

test('a snapshot of others is written anew, also where the document is open here', async () => {
  const scene = new Scene()
  const a = author('a')
  scene.receive(a.write('mine'))
  const first = scene.vetting.open(scene.actor)
  await scene.run()
  assert.equal(plain((await first) ?? emptyState).body, 'mine')
  // The other node has folded all it has.
  const b = author('b')
  b.replica.apply(a.replica.diff(b.replica.version()))
  for (let i = 0; i < 3; i++) b.write(' theirs')
  scene.receive(folded(b.replica.save()))
  const second = scene.vetting.open(scene.actor)
  const job = await scene.run()
  assert.equal(job.wantsSnapshot, true)
  assert.equal(plain((await second) ?? emptyState).body, 'mine theirs theirs theirs')
})

test('of many parts one is made, and that is worth a write', async () => {
  const scene = new Scene()
  const a = author('a')
  for (let i = 0; i < 20; i++) scene.receive(a.write(`${i} `))
  const opened = scene.vetting.open(scene.actor)
  assert.equal((await scene.run()).parts.length, 20)
  await opened
  assert.deepEqual(scene.saved, [true])
  scene.receive(a.write('more'))
  const again = scene.vetting.open(scene.actor)
  assert.equal((await scene.run()).parts.length, 1)
  await again
  assert.deepEqual(scene.saved, [true, false])
})

for (const [failure, code] of [
  ['deadline', 'SHOAL_UNREADABLE'],
  ['refused', 'SHOAL_UNREADABLE'],
  ['memory', 'SHOAL_UNREADABLE'],
  ['too-large', 'SHOAL_UNREADABLE'],
  ['overloaded', 'SHOAL_OVERLOADED'],
  ['unavailable', 'SHOAL_UNAVAILABLE'],
  ['stopped', 'SHOAL_STOPPED']
] as const) {
  test(`a merge that fails by ${failure} is ${code}`, async () => {
    const scene = new Scene()
    scene.receive(author('a').write('x'))
    const opened = scene.vetting.open(scene.actor)
    await scene.run({ outcome: 'failed', failure, reason: 'so it is' })
    assert.equal(await opened?.then(() => 'opened', codeOf), code)
    assert.equal(scene.actor.pins, 0)
    const again = scene.vetting.open(scene.actor)
    const isTriedAgain = scene.jobs.length > 0
    assert.equal(isTriedAgain, code !== 'SHOAL_UNREADABLE', 'only what says something about the document is remembered')
    if (isTriedAgain) await scene.run()
    await again?.catch(() => {})
  })
}

test('all unreadable actors together take a tenth of the sandbox’s time', async () => {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('one', time))
  const unreadable = new UnreadableActors({ clock, logger: silentLogger, metrics: noMetrics })
  const names = Array.from({ length: 50 }, (_, i) => `note/${i}`)
  for (const name of names) unreadable.add(name, 'so it is', { bytes: 1, tookMs: 1000 })
  const begunMs = clock.elapsed()
  let tries = 0
  while (clock.elapsed() < begunMs + 600_000) {
    for (const name of names) {
      if (unreadable.suspicion(name, 1) !== undefined) continue
      tries++
      await time.run({ untilMs: time.nowMs + 1000 })
      unreadable.add(name, 'so it is', { bytes: 1, tookMs: 1000 })
    }
    await time.run({ untilMs: time.nowMs + 1000 })
  }
  assert.ok(tries > 30 && tries <= 60, `${tries} tries of a second in ten minutes`)
})

/** The saved state of a replica whose document is one snapshot. */
function folded(saved: Uint8Array): Uint8Array {
  const { state, context } = decodeDelta(saved)
  const [document] = unvettedDocuments(state)
  assert.ok(document !== undefined)
  const engine = engineOf('yjs', 'text')
  const snapshot = engine.snapshot(engine.apply(engine.create(), document.untrusted))
  return encodeDelta({ state: withVetted(state, document.field, document.untrusted, snapshot), context })
}

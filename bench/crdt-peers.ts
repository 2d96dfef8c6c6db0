/**
 * The same work on Shoal's data types and on other libraries: changes with the bytes that go to other replicas, sizes, saving and
 * loading, repair between two replicas that drifted apart, and memory. What an adapter does is in peers/library.ts.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { SeededRandom } from '../src/simulation/random.ts'
import { libraries } from './peers/libraries.ts'
import { elementName, type Kind, type Library, type Replica, type StringSet, type Text } from './peers/library.ts'
import type { BenchContext } from './support/benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { operationRate } from './support/operation-rate.ts'

/** What is measured for each library; memory has holders of its own. */
const cases = [
  'increment',
  'set of 100, add and remove',
  'map of 10, write',
  'map of 10k, write',
  'bytes',
  'save and load',
  'repair',
  'text, 10k edits',
  'text, 100k edits'
]
const memoryHolders = ['Shoal', 'Shoal, packed', 'Yjs', 'Automerge', 'Loro', 'delta-crdts']

export function comparePeers(context: BenchContext): void {
  for (const [name, load] of Object.entries(libraries)) {
    if (!cases.some(each => context.wants(`${each}: ${name}`))) continue
    context.say(name)
    const library = load()
    changes(context, library)
    sizes(context, library)
    saving(context, library)
    repair(context, library)
    editing(context, library)
  }
  memory(context)
}

/** Rates of changes, the bytes for the other replicas included. */
function changes(context: BenchContext, { name, counter, set, map }: Library): void {
  measure(context, `increment: ${name}`, () => {
    const counting = counter.create('a')
    return () => counting.increment()
  })
  measure(context, `set of 100, add and remove: ${name}`, () => {
    const elements = set.filled('a', 100)
    let i = 0
    return () => (i++ % 2 === 0 ? elements.remove(elementName(i % 100)) : elements.add(elementName((i - 1) % 100)))
  })
  for (const [what, keys] of [
    ['map of 10, write', 10],
    ['map of 10k, write', context.size(10_000, 100)]
  ] as const) {
    measure(context, `${what}: ${name}`, () => {
      const registers = map.filled('a', keys)
      let i = 0
      return () => registers.write(elementName(i++ % keys), i)
    })
  }
}

function measure(context: BenchContext, name: string, prepare: () => () => unknown): void {
  if (!context.wants(name)) return
  const rate = { warmUpMs: context.size(300, 1), batchMs: context.size(4, 0.2), batches: context.size(50, 3) }
  context.add(name, operationRate(prepare(), rate))
}

/**
 * Bytes of one change on its own, as it would be sent to a replica that has seen the earlier ones, and of what is stored: for a
 * counter after three increments, a map of ten keys when new and after 10,000 overwrites, and a set of 10,000.
 */
function sizes(context: BenchContext, { name, counter, set, map }: Library): void {
  if (!context.wants(`bytes: ${name}`)) return
  const overwrites = context.size(10_000, 100)
  const counting = counter.create('a')
  const elements = set.filled('a', context.size(10_000, 100))
  const registers = map.filled('a', 10)
  for (let i = 0; i < 3; i++) counting.increment()
  const mapBytes = registers.save().length
  const counterBytes = counting.save().length
  for (let i = 0; i < overwrites; i++) registers.write(elementName(i % 10), i)
  context.add(`bytes: ${name}`, {
    incrementBytes: counting.increment().length,
    addBytes: elements.add('one more').length,
    writeBytes: registers.write(elementName(3), 7).length,
    storedCounterBytes: counterBytes,
    storedMapBytes: mapBytes,
    storedOverwrittenMapBytes: registers.save().length,
    storedSetBytes: elements.save().length
  })
}

/** Milliseconds to turn a map of 10,000 registers into bytes and back. */
function saving(context: BenchContext, { name, map }: Library): void {
  if (!context.wants(`save and load: ${name}`)) return
  const registers = map.filled('a', context.size(10_000, 100))
  const saved = registers.save()
  const samples = { saveMs: 0, loadMs: 0 }
  const times = context.size(5, 1)
  for (let i = 0; i < times; i++) {
    samples.saveMs += timed(() => registers.save()) / times
    samples.loadMs += timed(() => map.load('b', saved).plain()) / times
  }
  context.add(`save and load: ${name}`, samples)
}

/**
 * Two replicas of a set of 100,000 that differ in 1 % of it, because each has added 250 elements and removed 250: the time until
 * each has what the other has, and the bytes that went over.
 */
function repair(context: BenchContext, { name, set }: Library): void {
  if (!context.wants(`repair: ${name}`)) return
  const size = context.size(100_000, 200)
  const [a, b] = drifted(set, size)
  let bytes = 0
  const repairMs = timed(() => {
    const forB = a.changesFor(b)
    const forA = b.changesFor(a)
    b.apply(forB)
    a.apply(forA)
    bytes = forA.length + forB.length
  })
  if (!isDeepStrictEqual(contentOf(a), contentOf(b))) throw new Error(`${name}: the replicas differ after the repair`)
  context.add(`repair: ${name}`, { repairMs, repairBytes: bytes })
}

function drifted(kind: Kind<StringSet>, size: number): [StringSet, StringSet] {
  const common = kind.filled('c', size).save()
  const [a, b] = [kind.load('a', common), kind.load('b', common)]
  const changes = Array.from({ length: Math.ceil(size / 400) }, (_, i) => i)
  a.change(
    changes.map(i => `a-${i}`),
    changes.map(i => elementName(i * 400))
  )
  b.change(
    changes.map(i => `b-${i}`),
    changes.map(i => elementName(i * 400 + 200))
  )
  return [a, b]
}

/**
 * Edits of one character, each a change of its own with its bytes: typing with jumps, and about a quarter of it taken back. The
 * long run is for Yjs alone and for Shoal, whose text is a Yjs document.
 */
function editing(context: BenchContext, { name, text }: Library): void {
  const lengths: [string, number][] = [['text, 10k edits', context.size(10_000, 100)]]
  if (name === 'Shoal' || name === 'Yjs') lengths.push(['text, 100k edits', context.size(100_000, 200)])
  for (const [what, length] of lengths) {
    if (text === undefined || !context.wants(`${what}: ${name}`)) continue
    const edits = trace(context, length)
    // Shoal comes first and runs Yjs too: without a warm-up it would pay for what Yjs alone then finds compiled.
    for (let i = 0; i < 3; i++) edit(text('w'), edits.slice(0, context.size(5_000, 10)))
    const edited = text('a')
    let bytes = 0
    const ms = timed(() => {
      bytes = edit(edited, edits)
    })
    if (edited.plain() !== resultOf(edits)) throw new Error(`${name}: the text is not what was typed`)
    context.add(`${what}: ${name}`, {
      editsPerSecond: (length / ms) * 1000,
      bytesPerEdit: bytes / length,
      storedBytes: edited.save().length
    })
  }
}

/** Answers the bytes that all edits made. */
function edit(text: Text, edits: readonly Edit[]): number {
  let bytes = 0
  for (const { at, inserted } of edits) {
    bytes += (inserted === undefined ? text.remove(at, 1) : text.insert(at, inserted)).length
  }
  return bytes
}

interface Edit {
  readonly at: number
  /** `undefined`: one character is removed. */
  readonly inserted: string | undefined
}

/** The same for all libraries: from a stream of random numbers that begins anew. */
function trace(context: BenchContext, length: number): Edit[] {
  const random = new SeededRandom(`text of ${length} ${context.seed}`)
  const edits: Edit[] = []
  let size = 0
  let cursor = 0
  for (let i = 0; i < length; i++) {
    if (random.below(40) === 0) cursor = random.below(size + 1)
    if (cursor > 0 && random.below(4) === 0) {
      edits.push({ at: --cursor, inserted: undefined })
      size--
    } else {
      edits.push({ at: cursor++, inserted: String.fromCharCode(97 + random.below(26)) })
      size++
    }
  }
  return edits
}

/** By an array, as plainly as can be. */
function resultOf(edits: readonly Edit[]): string {
  const characters: string[] = []
  for (const { at, inserted } of edits) {
    if (inserted === undefined) characters.splice(at, 1)
    else characters.splice(at, 0, inserted)
  }
  return characters.join('')
}

/** Order is not content: sets are sorted, and keys of maps. */
function contentOf(replica: Replica): unknown {
  const plain = replica.plain()
  if (plain instanceof Set) return [...plain].sort()
  if (Array.isArray(plain)) return plain.toSorted()
  return plain
}

/** Each in a process of its own, so that nobody's garbage is another's. */
function memory(context: BenchContext): void {
  const count = String(context.size(20_000, 200))
  for (const holder of memoryHolders) {
    if (!context.wants(`memory: ${holder}`)) continue
    const script = join(import.meta.dirname, 'peers', 'hold.ts')
    const args = ['--expose-gc', '--conditions=shoal-source', script, holder, count]
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${holder} could not hold ${count} actors: ${stderr}`)
    const { heapBytes, externalBytes, residentBytes } = JSON.parse(stdout) as Record<string, number>
    context.add(`memory: ${holder}`, {
      heapBytes: Math.max(0, heapBytes ?? 0),
      externalBytes: Math.max(0, externalBytes ?? 0),
      residentBytes: Math.max(0, residentBytes ?? 0)
    })
  }
}

function timed(work: () => unknown): number {
  globalThis.gc?.()
  const startMs = monotonicMs()
  work()
  return monotonicMs() - startMs
}

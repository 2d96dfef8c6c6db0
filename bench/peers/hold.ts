/**
 * A process that holds many small actors at once and says what each costs: `node --expose-gc hold.ts HOLDER COUNT`. It prints
 * JSON: bytes per actor of heap, of external memory and of resident memory, without the key.
 *
 * An actor is a counter that was incremented three times. Everything is loaded and warm before the first look, so the
 * libraries' code and their empty WebAssembly memory are not counted.
 */
import { emptyState, openView, PackedStates, pnCounter, Transaction } from '../../src/crdt/index.ts'
import { libraries } from './libraries.ts'

/** Makes an actor and keeps it. */
type Hold = (key: string) => void

const packed = 'Shoal, packed'

function holderOf(name: string): Hold {
  if (name === packed) return packedHolder()
  const library = libraries[name]?.()
  if (library === undefined) throw new Error(`no library ${name}`)
  const held = new Map<string, unknown>()
  return key => {
    const counter = library.counter.create('a')
    for (let i = 0; i < 3; i++) counter.increment()
    held.set(key, counter)
  }
}

function packedHolder(): Hold {
  const held = new PackedStates()
  const schema = { count: pnCounter() }
  const origin = 'aMcQJrVcFzN1.0mi1vq3kc4q5t8s0d2f6g7h'
  let seq = 0
  return key => {
    const transaction = new Transaction({
      state: emptyState,
      covers: { has: () => false, hasRange: () => false },
      origin,
      nextDot: () => ({ origin, seq: ++seq }),
      now: () => 0,
      clientId: () => 1
    })
    const { count } = openView(schema, transaction)
    for (let i = 0; i < 3; i++) count.add(1)
    held.set(key, transaction.state)
  }
}

function look() {
  // Twice: what the first collection finalises, the second frees.
  for (let i = 0; i < 2; i++) globalThis.gc?.()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapUsed, external, rss }
}

const [name = '', countText = '0'] = process.argv.slice(2)
const count = Number(countText)
// Keys exist before, so that they are nobody's cost.
const keys = Array.from({ length: count }, (_, i) => `counter/${String(i).padStart(6, '0')}`)
for (const key of keys) Buffer.from(key)
const warmUp = holderOf(name)
for (let i = 0; i < 100; i++) warmUp(`warm/${i}`)
const hold = holderOf(name)
const before = look()
for (const key of keys) hold(key)
const after = look()
process.stdout.write(
  JSON.stringify({
    heapBytes: (after.heapUsed - before.heapUsed) / count,
    externalBytes: (after.external - before.external) / count,
    residentBytes: (after.rss - before.rss) / count
  })
)
hold('the last')

/**
 * Faults as data, so that a run can be kept, replayed and made smaller. A seed draws a few kinds (swarm testing: Groce et al.,
 * "Swarm testing", 2012), then one fault after the other. Each carries its own luck: taking others away changes nothing about it.
 */
import type { SeededRandom } from './random.ts'

/** Harms the network, the processes and the clocks, and disks only in ways that a node is told of. */
export const defaultFaultKinds = [
  'loss',
  'duplication',
  'reordering',
  'spikes',
  'corruption',
  'deaf links',
  'slow consumer',
  'one-way cut',
  'partition',
  'reset',
  'pause',
  'kill',
  'power loss',
  'slow disk',
  'full disk',
  'failed sync',
  'clock jump',
  'clock drift'
] as const

/**
 * `suspend` takes minutes; those after it take away what was acknowledged, so whoever draws them must forgive it. A record of an actor
 * that vanishes, or is as it was before, does so under a running process, and so does an entry of the index that vanishes.
 */
export const faultKinds = [
  ...defaultFaultKinds,
  'suspend',
  'bit rot',
  'lost record',
  'lost batch',
  'vanished record',
  'reverted record',
  'vanished entry'
] as const

export type FaultKind = (typeof faultKinds)[number]

export interface Fault {
  /** Since the faults began, in milliseconds. */
  readonly atMs: number
  readonly kind: FaultKind
  /** Places of the machines that it hits, in the list of those that may be hit. What is past its end begins again. */
  readonly machine: number
  readonly other: number
  /** In [0, 1), and small more often than large. */
  readonly strength: number
  /** Milliseconds. A suspension is thirty times as long. */
  readonly lastsMs: number
  /** Seed of whatever else chance decides about it. */
  readonly luck: number
}

export interface DrawOptions {
  readonly kinds: readonly FaultKind[]
  readonly machines: number
  /** Between two faults, drawn evenly, in milliseconds. @default { min: 20, max: 1000 } */
  readonly everyMs?: { readonly min: number; readonly max: number }
  /** How long one lasts, drawn evenly, in milliseconds. @default { min: 10, max: 5000 } */
  readonly lastsMs?: { readonly min: number; readonly max: number }
}

/** A random subset of some kinds: empty only where there are none. */
export function drawKinds(random: SeededRandom, kinds: readonly FaultKind[]): FaultKind[] {
  if (kinds.length === 0) return []
  return random.shuffle(kinds).slice(0, 1 + random.below(kinds.length))
}

/** One after the other, for ever. */
export function* drawFaults(random: SeededRandom, options: DrawOptions): Generator<Fault, undefined> {
  const { kinds, machines, everyMs = { min: 20, max: 1000 }, lastsMs = { min: 10, max: 5000 } } = options
  for (let atMs = 0; ; ) {
    atMs = rounded(atMs + random.between(everyMs.min, everyMs.max))
    const machine = random.below(machines)
    yield {
      atMs,
      kind: random.pick(kinds),
      machine,
      other: (machine + 1 + random.below(Math.max(1, machines - 1))) % machines,
      strength: Math.round(random.next() ** 2 * 1000) / 1000,
      lastsMs: rounded(random.between(lastsMs.min, lastsMs.max)),
      luck: random.below(1_000_000)
    }
  }
}

/** To whole microseconds. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000
}

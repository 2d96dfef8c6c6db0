/**
 * Looks for inputs of one target that break what `check.ts` says: takes inputs that were told apart from others before, changes
 * them, and keeps those that are again treated in a way that none was.
 *
 * Told apart are refusals by their reason, values by their size, and, where counters of code are at hand, what ran new code.
 */
import { SeededRandom } from '../../../src/simulation/random.ts'
import { check, Finding, heapOf, type Outcome, type Target, timed } from './check.ts'
import type { Coverage } from './coverage.ts'
import { mutate } from './mutate.ts'

const inputsPerLook = 128
/** Of so many accepted inputs one has its heap measured; inputs shorter than this are not worth it. */
const heapEvery = 2000
const minHeapInputBytes = 128
const maxFindings = 5
const shrinkMs = 3000

export interface Found {
  readonly bytes: Uint8Array
  readonly fault: string
  readonly detail: string
}

export interface Figures {
  executions: number
  accepted: number
  worstMs: number
  worstMsBytes: number
  /** Of the inputs measured, the most heap per byte of input. */
  worstHeapRatio: number
  worstHeapBytes: number
  heapsMeasured: number
  blocks: number
}

export interface FuzzerOptions {
  readonly seed: string
  readonly coverage?: Coverage
  readonly nowMs: () => number
  /** Called with each input before it is tried, so that who watches knows which one hangs. */
  readonly trying: (bytes: Uint8Array) => void
}

export class Fuzzer {
  readonly #target: Target
  readonly #options: FuzzerOptions
  readonly #random: SeededRandom
  readonly #pool: Uint8Array[] = []
  readonly #kinds = new Set<string>()
  readonly #faults = new Set<string>()
  readonly found: Found[] = []
  /** Inputs that were kept because they were new in kind or in code. */
  readonly fresh: Uint8Array[] = []
  readonly figures: Figures = {
    executions: 0,
    accepted: 0,
    worstMs: 0,
    worstMsBytes: 0,
    worstHeapRatio: 0,
    worstHeapBytes: 0,
    heapsMeasured: 0,
    blocks: 0
  }

  constructor(target: Target, options: FuzzerOptions) {
    this.#target = target
    this.#options = options
    this.#random = new SeededRandom(options.seed)
  }

  get isDone(): boolean {
    return this.found.length >= maxFindings
  }

  /** Tries inputs as they are, and starts from them. */
  begin(inputs: readonly Uint8Array[]): void {
    for (const input of inputs) {
      this.#pool.push(input)
      const outcome = this.#try(input)
      if (outcome?.isAccepted === true) this.#measure(input)
    }
    if (this.#pool.length === 0) this.#pool.push(new Uint8Array(0))
    this.#options.coverage?.look(true)
    this.fresh.length = 0
  }

  /** Tries one round of new inputs. */
  round(): void {
    const inputs = Array.from({ length: inputsPerLook }, () => mutate(this.#pick(), this.#pick(), this.#random))
    for (const input of inputs) {
      const outcome = this.#try(input)
      if (outcome?.isAccepted === true && this.figures.accepted % heapEvery === 0) this.#measure(input)
    }
    const { coverage } = this.#options
    if (coverage?.look(false) === true) this.#search(inputs, coverage)
    this.figures.blocks = coverage?.blocks ?? 0
  }

  #pick(): Uint8Array {
    const { length } = this.#pool
    const from = this.#random.below(2) === 0 ? Math.max(0, length - 32) : 0
    return this.#pool[from + this.#random.below(length - from)] ?? new Uint8Array(0)
  }

  /** Finds those of the inputs that run new code, by halves. */
  #search(inputs: readonly Uint8Array[], coverage: Coverage): void {
    for (const half of [inputs.slice(0, inputs.length / 2), inputs.slice(inputs.length / 2)]) {
      if (half.length === 0) continue
      for (const input of half) this.#try(input)
      const [first] = half
      if (!coverage.look(half.length === 1)) continue
      if (half.length > 1) this.#search(half, coverage)
      else if (first !== undefined) this.#keep(first)
    }
  }

  #keep(input: Uint8Array): void {
    this.#pool.push(input)
    this.fresh.push(input)
  }

  #try(input: Uint8Array): Outcome | undefined {
    const { nowMs, trying } = this.#options
    trying(input)
    this.figures.executions++
    try {
      const { outcome, ms } = timed(this.#target, input, nowMs)
      if (outcome.isAccepted) this.figures.accepted++
      if (ms > this.figures.worstMs) {
        this.figures.worstMs = ms
        this.figures.worstMsBytes = input.length
      }
      if (!this.#kinds.has(outcome.kind)) {
        this.#kinds.add(outcome.kind)
        this.#keep(input)
        if (outcome.isAccepted) this.#measure(input)
      }
      return outcome
    } catch (error) {
      this.#report(input, error)
      return undefined
    }
  }

  #measure(input: Uint8Array): void {
    if (input.length < minHeapInputBytes) return
    this.#options.trying(input)
    try {
      const bytes = heapOf(this.#target, input)
      if (bytes === undefined) return
      this.figures.heapsMeasured++
      if (bytes / input.length > this.figures.worstHeapRatio) {
        this.figures.worstHeapRatio = bytes / input.length
        this.figures.worstHeapBytes = input.length
      }
    } catch (error) {
      this.#report(input, error)
    }
  }

  #report(input: Uint8Array, error: unknown): void {
    if (!(error instanceof Finding)) throw error
    if (this.#faults.has(error.fault)) return
    this.#faults.add(error.fault)
    const bytes = this.#shrink(input, error.fault)
    this.found.push({ bytes, fault: error.fault, detail: error.message })
  }

  /** A shorter input with the same fault. Those of time and memory stay as they are. */
  #shrink(input: Uint8Array, fault: string): Uint8Array {
    const { nowMs, trying } = this.#options
    const endMs = nowMs() + shrinkMs
    let best = input
    for (let piece = Math.ceil(input.length / 2); piece >= 1; piece = piece > 1 ? Math.ceil(piece / 2) : 0) {
      for (let at = 0; at + piece <= best.length && nowMs() < endMs; ) {
        const shorter = Uint8Array.of(...best.subarray(0, at), ...best.subarray(at + piece))
        trying(shorter)
        if (faultOf(this.#target, shorter) === fault) best = shorter
        else at += piece
      }
    }
    return best
  }
}

function faultOf(target: Target, bytes: Uint8Array): string | undefined {
  try {
    check(target, bytes)
    return undefined
  } catch (error) {
    return error instanceof Finding ? error.fault : undefined
  }
}

/**
 * Values that a leased actor can keep: those of JSON. What JSON would leave out or change without a word (`undefined`, NaN, a bigint, a
 * Map, a class, bytes) is refused, with the place where it stands.
 *
 * The text keeps the order of keys: what is read back is what was written, as far as a program can see (but -0 is 0).
 */
import { maxJsonDepth, maxJsonLength } from '../../crdt/json-value.ts'
import { ShoalError } from '../../ports/errors.ts'

/** Throws `SHOAL_BAD_STATE`; `what` begins its message. */
export function textOf(what: string, value: unknown): string {
  new Walk(what, undefined).check(value)
  const text = JSON.stringify(value)
  if (text.length > maxJsonLength) throw badState(`${what} has more than ${maxJsonLength} characters as JSON`)
  return text
}

/** Values that were checked, and can change no more. */
export class FrozenValues {
  readonly #known = new WeakSet<object>()

  /** The value, and all in it, frozen. What was frozen here before is not gone through again. Throws `SHOAL_BAD_STATE`. */
  frozen<T>(what: string, value: T): T {
    new Walk(what, this.#known).check(value)
    return value
  }
}

export function badState(message: string, cause?: unknown): ShoalError {
  return new ShoalError('SHOAL_BAD_STATE', message, cause === undefined ? {} : { cause })
}

class Walk {
  readonly #what: string
  /** With it, what is gone through is frozen. */
  readonly #known: WeakSet<object> | undefined
  readonly #path: (string | number)[] = []
  /** So that a web of shared objects ends too: each value is at least one character. */
  #valuesLeft = maxJsonLength

  constructor(what: string, known: WeakSet<object> | undefined) {
    this.#what = what
    this.#known = known
  }

  check(value: unknown): void {
    if (--this.#valuesLeft < 0) throw this.#refusal(`one of more than ${maxJsonLength} values`)
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return
    if (typeof value === 'number') {
      if (!Number.isFinite(value)) throw this.#refusal(String(value))
    } else if (typeof value !== 'object') throw this.#refusal(value === undefined ? 'undefined' : `a ${typeof value}`)
    else if (this.#known?.has(value) !== true) this.#checkIn(value)
  }

  #checkIn(value: object): void {
    if (this.#path.length >= maxJsonDepth) throw this.#refusal(`nested deeper than ${maxJsonDepth}`)
    if (!Array.isArray(value) && !isPlain(value)) throw this.#refusal('an instance of a class')
    // A list is gone through by number, so that holes are seen.
    const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
    for (const key of keys) {
      this.#path.push(key)
      this.check((value as Record<string | number, unknown>)[key])
      this.#path.pop()
    }
    if (this.#known === undefined) return
    Object.freeze(value)
    this.#known.add(value)
  }

  #refusal(kind: string): ShoalError {
    const place = this.#path.length === 0 ? '' : ` (at ${this.#path.join('.').slice(0, 100)})`
    return badState(`${this.#what}${place} is ${kind}, and only JSON values can be kept`)
  }
}

/** Plain objects of another realm (a vm's) are plain too: their prototype ends the chain. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

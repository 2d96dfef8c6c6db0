/** The fields `lwwRegister()` and `mvRegister()`, and the views through which a handler uses them. */
import { ShoalError } from '../ports/errors.ts'
import { nestableField } from './field.ts'
import { canonicalJson, parseJson } from './json-value.ts'
import {
  lastWriter,
  lwwRegisterType,
  multiValues,
  mvRegisterType,
  type RegisterClock,
  type RegisterState,
  registerClocks,
  setLastWriter,
  setMultiValue,
  type ValuesState
} from './register.ts'
import type { NestableType } from './schema.ts'
import type { Cell } from './transaction.ts'

export interface RegisterView<T> {
  readonly value: T
  /** Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON. */
  set(value: T): void
}

export interface StampedRegisterView<T> {
  readonly value: T
  /**
   * The write with the largest stamp stays, a safe integer; one below what is here changes nothing. Throws `SHOAL_BAD_ARGUMENT`
   * where the value is not JSON, or the stamp no safe integer.
   */
  set(value: T, options: { readonly stamp: number }): void
}

export interface RegisterOptions<C extends RegisterClock = RegisterClock> {
  /**
   * Which of concurrent writes stays. `default`: the last in time. `reverse`: the first; once it is set it stays. `custom`: the one
   * with the largest stamp, which `set` is given. `custom-auto-increment`: the same, and a write gets at least one more than the
   * stamps it saw. @default 'default'
   */
  clock?: C
}

class OpenRegister<T> implements StampedRegisterView<T> {
  readonly #cell: Cell<RegisterState>
  readonly #initialJson: string
  readonly #clock: RegisterClock

  constructor(cell: Cell<RegisterState>, initialJson: string, clock: RegisterClock) {
    this.#cell = cell
    this.#initialJson = initialJson
    this.#clock = clock
  }

  get value(): T {
    return parseJson(lastWriter(this.#cell.read()) ?? this.#initialJson) as T
  }

  set(value: T, options?: { readonly stamp: number }): void {
    const cell = this.#cell
    const clock = this.#clock
    const stamp = options?.stamp
    if ((stamp !== undefined) !== isCustom(clock)) throw wrongStamp(clock)
    const given = stamp ?? cell.now()
    cell.change((state, draw) => setLastWriter(state, draw, value, { clock, origin: cell.origin, given }))
  }
}

function isCustom(clock: RegisterClock): boolean {
  return clock === 'custom' || clock === 'custom-auto-increment'
}

/** Holds the JSON value that was written last, by the register's clock; `initial` before the first write. */
export function lwwRegister<T>(
  initial: T,
  options?: RegisterOptions<'default' | 'reverse'>
): NestableType<RegisterView<T>, T>
export function lwwRegister<T>(
  initial: T,
  options: RegisterOptions<'custom' | 'custom-auto-increment'>
): NestableType<StampedRegisterView<T>, T>
export function lwwRegister<T>(initial: T, options: RegisterOptions = {}): NestableType<OpenRegister<T>, T> {
  const { clock = 'default' } = options
  if (!registerClocks.includes(clock)) {
    const known = registerClocks.join(', ')
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `a register's clock is one of ${known}, not ${String(clock)}`)
  }
  const initialJson = canonicalJson(initial)
  return nestableField(lwwRegisterType, {
    open: (cell: Cell<RegisterState>) => new OpenRegister<T>(cell, initialJson, clock),
    plain: state => parseJson(lastWriter(state) ?? initialJson) as T,
    usage: isCustom(clock) ? 'set(value, { stamp })' : 'set(value)',
    description: clock === 'default' ? lwwRegisterType.name : `${lwwRegisterType.name}(clock: ${clock})`
  })
}

function wrongStamp(clock: RegisterClock): ShoalError {
  const message = isCustom(clock)
    ? `a register with the clock '${clock}' needs a stamp: set(value, { stamp })`
    : `a register with the clock '${clock}' takes no stamp: set(value), or declare it with { clock: 'custom' }`
  return new ShoalError('SHOAL_BAD_ARGUMENT', message)
}

export interface MvRegisterView<T> {
  /** The values written last, one for each concurrent write; empty before the first. */
  readonly values: T[]
  /** Replaces all values that this replica sees. Throws `SHOAL_BAD_ARGUMENT` where the value is not JSON. */
  set(value: T): void
}

class OpenMvRegister<T> implements MvRegisterView<T> {
  readonly #cell: Cell<ValuesState>

  constructor(cell: Cell<ValuesState>) {
    this.#cell = cell
  }

  get values(): T[] {
    return valuesOf<T>(this.#cell.read())
  }

  set(value: T): void {
    this.#cell.change((state, draw) => setMultiValue(state, draw, value))
  }
}

function valuesOf<T>(state: ValuesState): T[] {
  return multiValues(state).map(json => parseJson(json) as T)
}

/** Keeps the values of concurrent writes side by side, until one is written that saw them. */
export function mvRegister<T>(): NestableType<MvRegisterView<T>, T[]> {
  const open = (cell: Cell<ValuesState>): MvRegisterView<T> => new OpenMvRegister<T>(cell)
  return nestableField(mvRegisterType, { open, plain: valuesOf<T>, usage: 'set(value)' })
}

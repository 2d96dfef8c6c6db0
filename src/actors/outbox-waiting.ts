/**
 * Which actors of a lease shard have commands in their outboxes, so that the next owner finds them without a look at all actors: their names,
 * in a few records of the shard's own.
 *
 * A name is written before the entry that needs it, and taken back after the entry that does not: in each prefix of the shard's entries it is there
 * for every actor with commands, and for some without. So one that sends now and then is written once.
 */
import { partName } from '../cluster/lease/record-name.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Holding } from './lease-holding.ts'

/** A change writes one of them. */
const slots = 8
const maxNames = 4096
/** A name stays for so long after its last use. */
const lingerMs = 5000

const slotNames: readonly string[] = Array.from({ length: slots }, (_, slot) => partName('outbox/waiting', slot, 0))

/** Names of actors that may have commands. What cannot be read is left out. */
export function waitingIn(read: (record: string) => Uint8Array | undefined): string[] {
  return slotNames.flatMap(slot => namesIn(read(slot)))
}

function namesIn(bytes: Uint8Array | undefined): string[] {
  if (bytes === undefined || bytes.length === 0) return []
  try {
    const names: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
  } catch {
    return []
  }
}

/** Of one shard that this node holds. */
export class WaitingActors {
  readonly #holding: Holding
  readonly #clock: Clock
  readonly #slots: Set<string>[]
  /** Those that are to be taken back. */
  readonly #idle = new Set<string>()
  #timer: Timer | undefined

  constructor(holding: Holding, clock: Clock) {
    this.#holding = holding
    this.#clock = clock
    this.#slots = slotNames.map(slot => new Set(namesIn(holding.lease.peek(slot))))
  }

  names(): string[] {
    return this.#slots.flatMap(names => [...names])
  }

  /** To be called before an entry with commands. Throws where that must not be made: `SHOAL_OVERLOADED`, and what `append` throws. */
  add(name: string): void {
    this.#idle.delete(name)
    const number = slotOf(name)
    const names = this.#slots[number] ?? new Set()
    if (names.has(name)) return
    if (names.size >= maxNames)
      throw new ShoalError('SHOAL_OVERLOADED', `${name}: too many actors have commands that wait`, { retryable: true })
    this.#write(number, new Set([...names, name]))
  }

  /** To be called once an entry without commands is made. */
  remove(name: string): void {
    this.#idle.add(name)
    this.#timer ??= this.#clock.after(lingerMs, () => this.#clear())
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #clear(): void {
    this.#timer = undefined
    if (this.#holding.isOver) return
    try {
      for (const [number, names] of this.#slots.entries()) {
        const left = new Set([...names].filter(name => !this.#idle.has(name)))
        if (left.size < names.size) this.#write(number, left)
      }
      this.#idle.clear()
    } catch {
      // Its lease is not valid now.
      this.#timer = this.#clock.after(lingerMs, () => this.#clear())
    }
  }

  #write(number: number, names: ReadonlySet<string>): void {
    const bytes = names.size === 0 ? new Uint8Array(0) : new TextEncoder().encode(JSON.stringify([...names]))
    this.#holding.lease.append(slotNames[number] ?? '', bytes).catch(() => {})
    this.#slots[number] = new Set(names)
  }
}

function slotOf(name: string): number {
  let hash = 0
  for (let i = 0; i < name.length; i++) hash = (hash * 31 + name.charCodeAt(i)) >>> 0
  return hash % slots
}

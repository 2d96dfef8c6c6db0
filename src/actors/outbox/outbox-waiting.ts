/**
 * Which actors of a lease shard have commands in their outboxes, so that the next owner finds them without a look at all actors: their names,
 * in small records of the shard's own, of which a change writes one.
 *
 * A name is written before the entry that needs it, and taken back after the entry that does not: in each prefix of the shard's entries it is there
 * for every actor with commands, and for some without. So one that sends now and then is written once.
 */
import { partName } from '../../cluster/lease/record-name.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Holding } from '../leased/lease-holding.ts'

/** Of which the first ones are used. */
const maxSlots = 1024
/** One name may take more. */
const maxSlotBytes = 1024
/** A name stays for so long after its last use. */
const lingerMs = 5000
const text = new TextDecoder()
const utf8 = new TextEncoder()

/** Names of actors that may have commands. What cannot be read is left out. */
export function waitingIn(read: (record: string) => Uint8Array | undefined): string[] {
  return slotsIn(read).flat()
}

/** Up to the first that was never written. */
function slotsIn(read: (record: string) => Uint8Array | undefined): string[][] {
  const slots: string[][] = []
  while (slots.length < maxSlots) {
    const bytes = read(slotName(slots.length))
    if (bytes === undefined) break
    slots.push(namesIn(bytes))
  }
  return slots
}

function slotName(number: number): string {
  return partName('outbox/waiting', number, 0)
}

function namesIn(bytes: Uint8Array): string[] {
  if (bytes.length === 0) return []
  try {
    const names: unknown = JSON.parse(text.decode(bytes))
    return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
  } catch {
    return []
  }
}

function bytesOf(names: readonly string[]): Uint8Array {
  return names.length === 0 ? new Uint8Array(0) : utf8.encode(JSON.stringify(names))
}

/** Of one shard that this node holds. */
export class WaitingActors {
  readonly #holding: Holding
  readonly #clock: Clock
  /** What each record says. */
  readonly #slots: string[][]
  readonly #slotOf = new Map<string, number>()
  /** No slot before it has room. */
  #firstWithRoom = 0
  /** Those that are to be taken back. */
  readonly #idle = new Set<string>()
  #timer: Timer | undefined

  constructor(holding: Holding, clock: Clock) {
    this.#holding = holding
    this.#clock = clock
    this.#slots = slotsIn(slot => holding.lease.peek(slot))
    for (const [number, names] of this.#slots.entries()) for (const name of names) this.#slotOf.set(name, number)
  }

  names(): string[] {
    return [...this.#slotOf.keys()]
  }

  /** To be called before an entry with commands. Throws where that must not be made: `SHOAL_OVERLOADED`, and what `append` throws. */
  add(name: string): void {
    this.#idle.delete(name)
    if (this.#slotOf.has(name)) return
    for (; this.#firstWithRoom < maxSlots; this.#firstWithRoom++) {
      const names = [...(this.#slots[this.#firstWithRoom] ?? []), name]
      const bytes = bytesOf(names)
      if (names.length > 1 && bytes.length > maxSlotBytes) continue
      this.#write(this.#firstWithRoom, names, bytes)
      this.#slotOf.set(name, this.#firstWithRoom)
      return
    }
    throw new ShoalError('SHOAL_OVERLOADED', `${name}: too many actors have commands that wait`, { retryable: true })
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
      for (const number of new Set([...this.#idle].flatMap(name => this.#slotOf.get(name) ?? [])))
        this.#clearSlot(number)
      this.#idle.clear()
    } catch {
      // Its lease is not valid now.
      this.#timer = this.#clock.after(lingerMs, () => this.#clear())
    }
  }

  #clearSlot(number: number): void {
    const names = this.#slots[number] ?? []
    const left = names.filter(name => !this.#idle.has(name))
    this.#write(number, left, bytesOf(left))
    for (const name of names) if (this.#idle.has(name)) this.#slotOf.delete(name)
    this.#firstWithRoom = Math.min(this.#firstWithRoom, number)
  }

  #write(number: number, names: string[], bytes: Uint8Array): void {
    this.#holding.lease.append(slotName(number), bytes).catch(() => {})
    this.#slots[number] = names
  }
}

/**
 * The requests of this life of a node that have no answer yet: under which number and stamp all copies of each go, and, per actor, below
 * which number there are none any more, so that the actor may forget what it answered.
 */
export class OpenRequests {
  /** Per actor, the numbers of those to it, in order. */
  readonly #ofActors = new Map<string, Set<number>>()
  #last = 0

  /** A number that no other request of this life has. */
  next(): number {
    return ++this.#last
  }

  /** To the actor of this name; it is to be ended. */
  open(name: string, issued: number): OpenRequest {
    const known = this.#ofActors.get(name)
    const numbers = known ?? new Set()
    if (known === undefined) this.#ofActors.set(name, numbers)
    const request = new OpenRequest(numbers, () => this.next())
    request.begin(issued)
    return request
  }

  end(name: string, request: OpenRequest): void {
    request.end()
    const numbers = this.#ofActors.get(name)
    if (numbers?.size === 0) this.#ofActors.delete(name)
  }

  /** All requests to the actor with lower numbers are answered. */
  lowWater(name: string): number {
    for (const number of this.#ofActors.get(name) ?? []) return number
    return this.#last + 1
  }
}

/** A call that has no answer yet, under the number and the stamp that all its copies have. */
export class OpenRequest {
  readonly #outstanding: Set<number>
  readonly #next: () => number
  number = 0
  issued = 0

  constructor(outstanding: Set<number>, next: () => number) {
    this.#outstanding = outstanding
    this.#next = next
  }

  begin(issued: number): void {
    this.number = this.#next()
    this.issued = issued
    this.#outstanding.add(this.number)
  }

  end(): void {
    this.#outstanding.delete(this.number)
  }
}

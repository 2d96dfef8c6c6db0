/**
 * What a workload wrote to one shop, and whether a state can be the outcome of it.
 *
 * Every write has an effect that can be told apart: acknowledged writes must be there, once; those that nobody answered may be
 * there, once; nothing else may.
 */

export type Outcome = 'acknowledged' | 'uncertain'

/** The shop as one node shows it. */
export interface Shop {
  readonly counter: number
  readonly tags: readonly string[]
  readonly lines: Readonly<Record<string, number>>
  readonly note: string
  readonly text: string
}

/** Writes of 1 that add up. */
class Tally {
  #acknowledged = 0
  #uncertain = 0

  add(outcome: Outcome): void {
    if (outcome === 'acknowledged') this.#acknowledged++
    else this.#uncertain++
  }

  get total(): number {
    return this.#acknowledged
  }

  complaint(what: string, value: number): string[] {
    const most = this.#acknowledged + this.#uncertain
    if (value >= this.#acknowledged && value <= most) return []
    return [`${what} is ${value}, and ${this.#acknowledged} to ${most} were added`]
  }
}

/** Elements that are added once, and removed at most once. */
class Elements {
  readonly #mustBe = new Set<string>()
  readonly #mayBe = new Set<string>()

  added(element: string, outcome: Outcome): void {
    if (outcome === 'acknowledged') this.#mustBe.add(element)
    else this.#mayBe.add(element)
  }

  removed(element: string, outcome: Outcome): void {
    this.#mustBe.delete(element)
    if (outcome === 'uncertain') this.#mayBe.add(element)
  }

  complaints(what: string, elements: readonly string[]): string[] {
    const present = new Set(elements)
    const twice = elements.length - present.size
    const missing = [...this.#mustBe.difference(present)]
    const strange = [...present].filter(element => !this.#mustBe.has(element) && !this.#mayBe.has(element))
    return [
      ...(twice > 0 ? [`${what}: ${twice} are there twice`] : []),
      ...(missing.length > 0 ? [`${what}: ${missing.length} are missing, such as ${missing.slice(0, 5)}`] : []),
      ...(strange.length > 0 ? [`${what}: ${strange.length} should not be there, such as ${strange.slice(0, 5)}`] : [])
    ]
  }
}

export class Ledger {
  readonly counter = new Tally()
  readonly lines = new Map<string, Tally>()
  readonly tags = new Elements()
  readonly tokens = new Elements()
  readonly notes = new Set<string>([''])

  line(sku: string): Tally {
    const tally = this.lines.get(sku) ?? new Tally()
    this.lines.set(sku, tally)
    return tally
  }

  /** What about the state cannot be, in words. */
  complaints(shop: Shop): string[] {
    const tokens = shop.text.match(/<[^<>]*>/g) ?? []
    const skus = new Set([...this.lines.keys(), ...Object.keys(shop.lines)])
    return [
      ...this.counter.complaint('the counter', shop.counter),
      ...this.tags.complaints('tags', shop.tags),
      ...[...skus].flatMap(sku => this.line(sku).complaint(`the line ${sku}`, shop.lines[sku] ?? 0)),
      ...this.tokens.complaints('pieces of text', tokens),
      ...(tokens.join('') === shop.text ? [] : ['the text holds more than what was inserted']),
      ...(this.notes.has(shop.note) ? [] : [`nobody wrote the note ${shop.note}`])
    ]
  }
}

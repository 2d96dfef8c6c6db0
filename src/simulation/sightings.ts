/** "Sometimes" counters: a long run that never once saw, say, a write lost in a crash did not test what it claims to. */
export class Sightings {
  readonly #counts = new Map<string, number>()

  see(what: string): void {
    this.#counts.set(what, this.count(what) + 1)
  }

  count(what: string): number {
    return this.#counts.get(what) ?? 0
  }

  all(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

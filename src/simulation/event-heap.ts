/** Events in the order of (time, sequence): a binary heap. The sequence makes the order total, and so a run repeatable. */
export interface Event {
  readonly timeUs: number
  readonly sequence: number
}

export class EventHeap<Item extends Event> {
  readonly #items: Item[] = []

  get size(): number {
    return this.#items.length
  }

  peek(): Item | undefined {
    return this.#items[0]
  }

  /** Drops the others. */
  keep(isWanted: (item: Item) => boolean): void {
    const wanted = this.#items.filter(isWanted)
    this.#items.length = 0
    for (const item of wanted) this.push(item)
  }

  push(item: Item): void {
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = items[parentIndex]
      if (parent === undefined || isBefore(parent, item)) break
      items[index] = parent
      index = parentIndex
    }
    items[index] = item
  }

  pop(): Item | undefined {
    const items = this.#items
    const first = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return first
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      let child = items[childIndex]
      if (child === undefined) break
      const right = items[childIndex + 1]
      if (right !== undefined && isBefore(right, child)) {
        child = right
        childIndex++
      }
      if (isBefore(last, child)) break
      items[index] = child
      index = childIndex
    }
    items[index] = last
    return first
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.sequence < b.sequence)
}

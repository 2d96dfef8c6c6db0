/**
 * Yjs. It has no counter and no set: a counter is a map with one entry per client, a set a map of booleans, as its users build
 * them.
 */
import { applyUpdate, Doc, encodeStateAsUpdate, encodeStateVector } from 'yjs'
import {
  type Counter,
  elementName,
  type Kind,
  type Library,
  type NumberMap,
  type Replica,
  type StringSet,
  type Text
} from './library.ts'

class YjsReplica implements Replica, Counter, StringSet, NumberMap {
  readonly doc = new Doc()
  readonly #map = this.doc.getMap<number | boolean>('map')
  readonly #name: string
  #last: Uint8Array = new Uint8Array(0)

  constructor(name: string) {
    this.#name = name
    this.doc.on('update', (update: Uint8Array) => {
      this.#last = update
    })
  }

  increment(): Uint8Array {
    return this.write(this.#name, Number(this.#map.get(this.#name) ?? 0) + 1)
  }

  add(element: string): Uint8Array {
    this.#map.set(element, true)
    return this.#last
  }

  remove(element: string): Uint8Array {
    this.#map.delete(element)
    return this.#last
  }

  change(added: readonly string[], removed: readonly string[]): void {
    this.doc.transact(() => {
      for (const element of added) this.#map.set(element, true)
      for (const element of removed) this.#map.delete(element)
    })
  }

  write(key: string, value: number): Uint8Array {
    this.#map.set(key, value)
    return this.#last
  }

  fill(size: number): this {
    this.doc.transact(() => {
      for (let i = 0; i < size; i++) this.#map.set(elementName(i), true)
    })
    return this
  }

  save(): Uint8Array {
    return encodeStateAsUpdate(this.doc)
  }

  apply(update: Uint8Array): void {
    applyUpdate(this.doc, update)
  }

  changesFor(behind: this): Uint8Array {
    return encodeStateAsUpdate(this.doc, encodeStateVector(behind.doc))
  }

  plain(): unknown {
    return this.#map.toJSON()
  }
}

const kind: Kind<YjsReplica> = {
  create: replica => new YjsReplica(replica),
  filled: (replica, size) => new YjsReplica(replica).fill(size),
  load(replica, saved) {
    const loaded = new YjsReplica(replica)
    loaded.apply(saved)
    return loaded
  }
}

class YjsText implements Text {
  readonly #doc = new Doc()
  readonly #text = this.#doc.getText('text')
  #last: Uint8Array = new Uint8Array(0)

  constructor() {
    this.#doc.on('update', (update: Uint8Array) => {
      this.#last = update
    })
  }

  insert(at: number, text: string): Uint8Array {
    this.#text.insert(at, text)
    return this.#last
  }

  remove(at: number, length: number): Uint8Array {
    this.#text.delete(at, length)
    return this.#last
  }

  save(): Uint8Array {
    return encodeStateAsUpdate(this.#doc)
  }

  apply(update: Uint8Array): void {
    applyUpdate(this.#doc, update)
  }

  changesFor(behind: this): Uint8Array {
    return encodeStateAsUpdate(this.#doc, encodeStateVector(behind.#doc))
  }

  plain(): unknown {
    return this.#text.toString()
  }
}

export const yjs: Library = { name: 'Yjs', counter: kind, set: kind, map: kind, text: () => new YjsText() }

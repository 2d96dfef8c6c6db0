/** Loro: its own counter; a set is a map of booleans, as its users build it. */
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

/** What is used of `loro-crdt`, which is not installed with Shoal. */
interface LoroMap {
  set(key: string, value: unknown): void
  delete(key: string): void
}
interface LoroDoc {
  setPeerId(id: string): void
  getMap(name: string): LoroMap
  getText(name: string): {
    insert(at: number, text: string): void
    delete(at: number, length: number): void
    toString(): string
  }
  getCounter(name: string): { increment(by: number): void }
  subscribeLocalUpdates(take: (update: Uint8Array) => void): unknown
  commit(): void
  import(bytes: Uint8Array): unknown
  export(mode: { mode: 'snapshot' } | { mode: 'update'; from: unknown }): Uint8Array
  oplogVersion(): unknown
  toJSON(): unknown
}
export interface LoroModule {
  LoroDoc: new () => LoroDoc
}

export function loroLibrary({ LoroDoc }: LoroModule): Library {
  class LoroReplica implements Replica, Counter, StringSet, NumberMap {
    readonly doc = new LoroDoc()
    readonly #map = this.doc.getMap('map')
    readonly #counter = this.doc.getCounter('count')
    #last: Uint8Array = new Uint8Array(0)

    constructor(name: string) {
      this.doc.setPeerId(String(1000 + name.charCodeAt(0)))
      this.doc.subscribeLocalUpdates(update => {
        this.#last = update
      })
    }

    committed(): Uint8Array {
      this.doc.commit()
      return this.#last
    }

    increment(): Uint8Array {
      this.#counter.increment(1)
      return this.committed()
    }

    add(element: string): Uint8Array {
      this.#map.set(element, true)
      return this.committed()
    }

    remove(element: string): Uint8Array {
      this.#map.delete(element)
      return this.committed()
    }

    change(added: readonly string[], removed: readonly string[]): void {
      for (const element of added) this.#map.set(element, true)
      for (const element of removed) this.#map.delete(element)
      this.committed()
    }

    write(key: string, value: number): Uint8Array {
      this.#map.set(key, value)
      return this.committed()
    }

    fill(size: number): this {
      for (let i = 0; i < size; i++) this.#map.set(elementName(i), true)
      this.committed()
      return this
    }

    save(): Uint8Array {
      return this.doc.export({ mode: 'snapshot' })
    }

    apply(update: Uint8Array): void {
      this.doc.import(update)
    }

    changesFor(behind: this): Uint8Array {
      return this.doc.export({ mode: 'update', from: behind.doc.oplogVersion() })
    }

    plain(): unknown {
      return this.doc.toJSON()
    }
  }

  const kind: Kind<LoroReplica> = {
    create: replica => new LoroReplica(replica),
    filled: (replica, size) => new LoroReplica(replica).fill(size),
    load(replica, saved) {
      const loaded = new LoroReplica(replica)
      loaded.apply(saved)
      return loaded
    }
  }
  const textOf = (replica: LoroReplica): Text => {
    const text = replica.doc.getText('text')
    return {
      insert(at, inserted) {
        text.insert(at, inserted)
        return replica.committed()
      },
      remove(at, length) {
        text.delete(at, length)
        return replica.committed()
      },
      save: () => replica.save(),
      apply: update => replica.apply(update),
      changesFor: () => {
        throw new Error('texts are not repaired here')
      },
      plain: () => text.toString()
    }
  }
  return { name: 'Loro', counter: kind, set: kind, map: kind, text: name => textOf(new LoroReplica(name)) }
}

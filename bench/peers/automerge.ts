/** Automerge: its own counter; a set is a map of booleans, as its users build it. */
import { isDeepStrictEqual } from 'node:util'
import * as Automerge from '@automerge/automerge'
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

interface Content {
  count: Automerge.Counter
  map: Record<string, number | boolean>
  text: string
}

/** The first change is the same on all replicas, so that they share the objects in it. */
const first = Automerge.save(
  Automerge.change(Automerge.init<Content>({ actor: '00' }), { time: 0 }, content => {
    content.count = new Automerge.Counter(0)
    content.map = {}
    content.text = ''
  })
)

class AutomergeReplica implements Replica, Counter, StringSet, NumberMap {
  #doc: Automerge.Doc<Content>
  readonly #began: Automerge.Heads

  constructor(name: string, saved: Uint8Array = first) {
    this.#doc = Automerge.load<Content>(saved, { actor: Buffer.from(name).toString('hex') })
    this.#began = Automerge.getHeads(this.#doc)
  }

  #change(change: (content: Content) => void): Uint8Array {
    this.#doc = Automerge.change(this.#doc, { time: 0 }, change)
    return Automerge.getLastLocalChange(this.#doc) ?? new Uint8Array(0)
  }

  increment(): Uint8Array {
    return this.#change(({ count }) => count.increment(1))
  }

  add(element: string): Uint8Array {
    return this.#change(({ map }) => {
      map[element] = true
    })
  }

  remove(element: string): Uint8Array {
    return this.#change(({ map }) => {
      delete map[element]
    })
  }

  change(added: readonly string[], removed: readonly string[]): void {
    this.#change(({ map }) => {
      for (const element of added) map[element] = true
      for (const element of removed) delete map[element]
    })
  }

  write(key: string, value: number): Uint8Array {
    return this.#change(({ map }) => {
      map[key] = value
    })
  }

  insert(at: number, text: string): Uint8Array {
    return this.#change(content => Automerge.splice(content, ['text'], at, 0, text))
  }

  /** Of the text. */
  cut(at: number, length: number): Uint8Array {
    return this.#change(content => Automerge.splice(content, ['text'], at, length))
  }

  fill(size: number): this {
    this.#change(({ map }) => {
      for (let i = 0; i < size; i++) map[elementName(i)] = true
    })
    return this
  }

  save(): Uint8Array {
    return Automerge.save(this.#doc)
  }

  apply(update: Uint8Array): void {
    this.#doc = Automerge.loadIncremental(this.#doc, update)
  }

  changesFor(behind: this): Uint8Array {
    // It answers everything where it does not know the heads; what both began with stands for a round of its sync protocol.
    if (!isDeepStrictEqual(behind.#began, this.#began)) throw new Error('two documents that began differently')
    return Automerge.saveSince(this.#doc, this.#began)
  }

  plain(): unknown {
    return Automerge.toJS(this.#doc)
  }
}

const kind: Kind<AutomergeReplica> = {
  create: replica => new AutomergeReplica(replica),
  filled: (replica, size) => new AutomergeReplica(replica).fill(size),
  load: (replica, saved) => new AutomergeReplica(replica, saved)
}

/** The one replica, whose `remove` is that of a text. */
function textOf(replica: AutomergeReplica): Text {
  return {
    insert: (at, text) => replica.insert(at, text),
    remove: (at, length) => replica.cut(at, length),
    save: () => replica.save(),
    apply: update => replica.apply(update),
    changesFor: () => {
      throw new Error('texts are not repaired here')
    },
    plain: () => (replica.plain() as Content).text
  }
}

export const automerge: Library = {
  name: 'Automerge',
  counter: kind,
  set: kind,
  map: kind,
  text: replica => textOf(new AutomergeReplica(replica))
}

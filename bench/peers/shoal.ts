/** Shoal's data types through `Replica`, as a user of `shoal/crdt` has them. */
import { lwwMap, orSet, pnCounter, type Schema, Replica as ShoalReplica, text } from '../../src/crdt/index.ts'
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

/** As long as the origins of a cluster's nodes, for honest sizes. */
function originOf(name: string): string {
  return `${name}${'WMcQJrVcFzN1.0mi1vq3kc4q5t8s0d2f6g7h'.slice(name.length)}`
}

class Base<S extends Schema> implements Replica {
  readonly replica: ShoalReplica<S>

  constructor(schema: S, name: string, saved?: Uint8Array) {
    const options = { origin: originOf(name), now: Date.now }
    this.replica = saved === undefined ? new ShoalReplica(schema, options) : ShoalReplica.load(schema, saved, options)
  }

  save(): Uint8Array {
    return this.replica.save()
  }

  apply(update: Uint8Array): void {
    this.replica.apply(update)
  }

  changesFor(behind: this): Uint8Array {
    return this.replica.diff(behind.replica.version())
  }

  plain(): unknown {
    return this.replica.plain
  }
}

function sent(delta: Uint8Array | undefined): Uint8Array {
  if (delta === undefined) throw new Error('a change without effect')
  return delta
}

const counterSchema = { count: pnCounter() }
class ShoalCounter extends Base<typeof counterSchema> implements Counter {
  increment(): Uint8Array {
    return sent(this.replica.change(({ count }) => count.add(1)))
  }
}

const setSchema = { set: orSet() }
class ShoalSet extends Base<typeof setSchema> implements StringSet {
  add(element: string): Uint8Array {
    return sent(this.replica.change(({ set }) => set.add(element)))
  }

  remove(element: string): Uint8Array {
    return sent(this.replica.change(({ set }) => set.remove(element)))
  }

  change(added: readonly string[], removed: readonly string[]): void {
    this.replica.change(({ set }) => {
      for (const element of added) set.add(element)
      for (const element of removed) set.remove(element)
    })
  }

  fill(size: number): this {
    this.replica.change(({ set }) => {
      for (let i = 0; i < size; i++) set.add(elementName(i))
    })
    return this
  }
}

const mapSchema = { map: lwwMap(0) }
class ShoalMap extends Base<typeof mapSchema> implements NumberMap {
  write(key: string, value: number): Uint8Array {
    return sent(this.replica.change(({ map }) => map.at(key).set(value)))
  }

  fill(size: number): this {
    this.replica.change(({ map }) => {
      for (let i = 0; i < size; i++) map.at(elementName(i)).set(i)
    })
    return this
  }
}

const textSchema = { text: text() }
class ShoalText extends Base<typeof textSchema> implements Text {
  insert(at: number, inserted: string): Uint8Array {
    return sent(this.replica.change(state => state.text.insert(at, inserted)))
  }

  remove(at: number, length: number): Uint8Array {
    return sent(this.replica.change(state => state.text.remove(at, length)))
  }

  override plain(): unknown {
    return this.replica.plain.text
  }
}

const counter: Kind<ShoalCounter> = {
  create: name => new ShoalCounter(counterSchema, name),
  filled: name => new ShoalCounter(counterSchema, name),
  load: (name, saved) => new ShoalCounter(counterSchema, name, saved)
}
const set: Kind<ShoalSet> = {
  create: name => new ShoalSet(setSchema, name),
  filled: (name, size) => new ShoalSet(setSchema, name).fill(size),
  load: (name, saved) => new ShoalSet(setSchema, name, saved)
}
const map: Kind<ShoalMap> = {
  create: name => new ShoalMap(mapSchema, name),
  filled: (name, size) => new ShoalMap(mapSchema, name).fill(size),
  load: (name, saved) => new ShoalMap(mapSchema, name, saved)
}

export const shoal: Library = {
  name: 'Shoal',
  counter,
  set,
  map,
  text: name => new ShoalText(textSchema, name)
}

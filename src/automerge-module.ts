/**
 * Loads Automerge's package, as often as its WebAssembly module has to be replaced. The only file that knows the package.
 *
 * Each call gives an instance with a memory of its own, which is given back when nothing refers to it any more.
 */
import { createRequire } from 'node:module'
import { inflateRawSync } from 'node:zlib'
import type { AutomergeModule, Handle } from './crdt/automerge/module.ts'

interface AutomergePackage {
  init(options: { actor: string }): unknown
  getBackend(doc: unknown): Handle
  ImmutableString: new (text: string) => unknown
}

/** Takes some 40 ms. The instance is out of reach of whoever else imports the package. */
export function loadAutomerge(): AutomergeModule {
  const require = createRequire(import.meta.url)
  const path = require.resolve('@automerge/automerge')
  const shared = require.cache[path]
  delete require.cache[path]
  let instance: AutomergePackage
  try {
    instance = require(path)
  } finally {
    if (shared === undefined) delete require.cache[path]
    else require.cache[path] = shared
  }
  return {
    create: actor => instance.getBackend(instance.init({ actor })),
    scalarText: text => new instance.ImmutableString(text)
  }
}

/** Throws where it would be more than `maxBytes`. */
export function inflateRaw(deflated: Uint8Array, maxBytes: number): Uint8Array {
  return inflateRawSync(deflated, { maxOutputLength: Math.max(maxBytes, 1) })
}

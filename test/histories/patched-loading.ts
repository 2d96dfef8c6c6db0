/** Bugs of a zoo, put into the sources as they are loaded. Whatever loads the sources is to be imported after this. */
import { registerHooks } from 'node:module'
import { type LeaseMutant, leaseMutants } from '../cluster/lease/lease-zoo.ts'

/** Until it is disposed of. `patched` counts the places that were changed. */
export function loadWith(name: string): Disposable & { readonly patched: number } {
  const bug = leaseMutants.find(mutant => mutant.name === name)
  if (bug === undefined) throw new TypeError(`the zoo has no bug "${name}"`)
  const changes = [bug, ...(bug.also === undefined ? [] : [bug.also])]
  let patched = 0
  const hooks = registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const change = changes.find(({ file }) => url.endsWith(`/src/${file}`))
      if (change === undefined || loaded.source == null) return loaded
      const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      patched++
      return { ...loaded, source: withBug(source, change) }
    }
  })
  return {
    get patched() {
      return patched
    },
    [Symbol.dispose]: () => hooks.deregister()
  }
}

function withBug(source: string, { file, find, replace }: Pick<LeaseMutant, 'file' | 'find' | 'replace'>): string {
  if (source.split(find).length !== 2) throw new Error(`the bug does not fit ${file}`)
  return source.replace(find, () => replace)
}

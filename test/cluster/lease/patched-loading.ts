/** Sources that are changed in places as they are loaded. Whatever loads them is to be imported after this. */
import { registerHooks } from 'node:module'
import { type LeaseMutant, leaseMutants, type SourceChange } from './lease-zoo.ts'

/** Until it is disposed of. */
export interface PatchedLoading extends Disposable {
  /** How many places were changed. */
  readonly patched: number
}

export function loadWith(changes: readonly SourceChange[]): PatchedLoading {
  let patched = 0
  const hooks = registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const here = changes.filter(({ file }) => url.endsWith(`/src/${file}`))
      if (here.length === 0 || loaded.source == null) return loaded
      let source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
      for (const change of here) {
        source = changed(source, change)
        patched++
      }
      return { ...loaded, source }
    }
  })
  return {
    get patched() {
      return patched
    },
    [Symbol.dispose]: () => hooks.deregister()
  }
}

export function loadWithBug(name: string): PatchedLoading {
  const bug = leaseMutants.find(mutant => mutant.name === name)
  if (bug === undefined) throw new TypeError(`the zoo has no bug "${name}"`)
  return loadWith(changesOf(bug))
}

export function changesOf(bug: LeaseMutant): SourceChange[] {
  return [bug, bug.also ?? []].flat()
}

export function changed(source: string, { file, find, replace }: SourceChange): string {
  if (source.split(find).length !== 2) throw new Error(`there is no one place in ${file} for: ${find}`)
  return source.replace(find, () => replace)
}

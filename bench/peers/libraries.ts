/**
 * The libraries by name, Shoal first. Yjs and Automerge come with Shoal; the others are installed on first use, in npm/, from
 * the lock file there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { automerge } from './automerge.ts'
import { type DeltaModule, deltaLibrary } from './delta-crdts.ts'
import type { Library } from './library.ts'
import { type LoroModule, loroLibrary } from './loro.ts'
import { shoal } from './shoal.ts'
import { yjs } from './yjs.ts'

/** A package of its own, so that who clones Shoal need not install them. */
const others = join(import.meta.dirname, 'npm')
const require = createRequire(join(others, 'package.json'))

export const libraries: Readonly<Record<string, () => Library>> = {
  Shoal: () => shoal,
  Yjs: () => yjs,
  Automerge: () => automerge,
  Loro() {
    install()
    return loroLibrary(require('loro-crdt') as LoroModule)
  },
  'delta-crdts'() {
    install()
    const modules: DeltaModule = {
      instance: require('delta-crdts'),
      codec: require('delta-crdts-msgpack-codec'),
      CausalContext: require('delta-crdts/src/causal-context.js'),
      DotSet: require('delta-crdts/src/dot-set.js'),
      DotMap: require('delta-crdts/src/dot-map.js')
    }
    return deltaLibrary(modules)
  }
}

function install(): void {
  if (existsSync(join(others, 'node_modules', 'loro-crdt'))) return
  process.stderr.write('  installing the libraries to compare with (bench/peers/npm/package-lock.json)\n')
  const args = ['ci', '--silent', '--no-audit', '--no-fund']
  const { status } = spawnSync('npm', args, { cwd: others, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('npm ci in bench/peers/npm failed')
}

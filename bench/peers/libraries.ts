/**
 * All libraries, Shoal first. Yjs and Automerge come with Shoal; the others are installed on first use, in npm/, from the
 * lock file there.
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

export function installPeers(say: (line: string) => void): void {
  if (existsSync(join(others, 'node_modules', 'loro-crdt'))) return
  say('installing the libraries to compare with (bench/peers/npm/package-lock.json)')
  const { status } = spawnSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: others, stdio: 'inherit' })
  if (status !== 0) throw new Error('npm ci in bench/peers/npm failed')
}

export function libraries(): Library[] {
  const require = createRequire(join(others, 'package.json'))
  const delta: DeltaModule = {
    instance: require('delta-crdts'),
    codec: require('delta-crdts-msgpack-codec'),
    CausalContext: require('delta-crdts/src/causal-context.js'),
    DotSet: require('delta-crdts/src/dot-set.js'),
    DotMap: require('delta-crdts/src/dot-map.js')
  }
  const loro: LoroModule = require('loro-crdt')
  return [shoal, yjs, automerge, loroLibrary(loro), deltaLibrary(delta)]
}

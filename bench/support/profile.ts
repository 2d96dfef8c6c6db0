/**
 * Reads CPU profiles (`npm run bench -- calls --profile DIR` makes one per process) and says where the time went:
 * `node bench/support/profile.ts --skip 5 DIR/*.cpuprofile`, without the first five seconds of each. Samples in which the event
 * loop waited are left out. Samples are taken by the wall clock: on a busy machine, whatever is often preempted, such as a write
 * that wakes another process, looks dearer than it is.
 */
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  readonly children?: readonly number[]
}

interface Profile {
  readonly nodes: readonly ProfileNode[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

class Tally {
  readonly self = new Map<string, number>()
  readonly inclusive = new Map<string, number>()
  readonly rooms = new Map<string, number>()
  busyUs = 0
  idleUs = 0

  add(profile: Profile): void {
    const nodes = new Map(profile.nodes.map(node => [node.id, node]))
    const parents = new Map(
      profile.nodes.flatMap(node => (node.children ?? []).map(child => [child, node.id] as const))
    )
    const spentUs = new Map<number, number>()
    let atUs = 0
    for (const [i, id] of profile.samples.entries()) {
      const us = profile.timeDeltas[i] ?? 0
      atUs += us
      if (atUs >= skipUs) count(spentUs, id, us)
    }
    for (const [id, us] of spentUs) {
      const node = nodes.get(id)
      if (node === undefined) continue
      if (node.callFrame.functionName === '(idle)') {
        this.idleUs += us
        continue
      }
      this.busyUs += us
      count(this.self, nameOf(node), us)
      count(this.rooms, roomOf(node), us)
      for (const name of namesUpFrom(id, nodes, parents)) count(this.inclusive, name, us)
    }
  }

  print(title: string, figures: ReadonlyMap<string, number>, lines: number): void {
    process.stdout.write(`\n${title}\n`)
    const sorted = [...figures].sort((a, b) => b[1] - a[1]).slice(0, lines)
    for (const [name, us] of sorted) {
      const share = ((us / this.busyUs) * 100).toFixed(1).padStart(5)
      process.stdout.write(`${share} %  ${(us / 1000).toFixed(0).padStart(7)} ms  ${name}\n`)
    }
  }
}

/** Each function once, however often it is on the stack. */
function namesUpFrom(
  id: number,
  nodes: ReadonlyMap<number, ProfileNode>,
  parents: ReadonlyMap<number, number>
): Set<string> {
  const names = new Set<string>()
  for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
    const node = nodes.get(at)
    if (node !== undefined) names.add(nameOf(node))
  }
  return names
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  const place =
    url === '' ? '' : ` ${url.replace(/^.*\/(?=src\/|node_modules\/|bench\/|proto\/)/, '')}:${lineNumber + 1}`
  return `${functionName || '(anonymous)'}${place}`
}

/** A package, a file of ours, or a part of Node. */
function roomOf({ callFrame: { functionName, url } }: ProfileNode): string {
  const [, pkg] = url.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/) ?? []
  const [, own] = url.match(/\/((?:src|bench|proto|examples)\/.+)$/) ?? []
  return pkg ?? own ?? (url === '' ? functionName : url)
}

function count(figures: Map<string, number> | Map<number, number>, key: string | number, us: number): void {
  const map = figures as Map<string | number, number>
  map.set(key, (map.get(key) ?? 0) + us)
}

const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { skip: { type: 'string', default: '0' } }
})
const skipUs = Number(values.skip) * 1e6
if (files.length === 0) throw new TypeError('name one or more .cpuprofile files')
const tally = new Tally()
for (const file of files) tally.add(JSON.parse(readFileSync(file, 'utf8')) as Profile)
process.stdout.write(`busy ${(tally.busyUs / 1000).toFixed(0)} ms, idle ${(tally.idleUs / 1000).toFixed(0)} ms\n`)
tally.print('self', tally.self, 40)
tally.print('inclusive', tally.inclusive, 70)
tally.print('by file or package', tally.rooms, 30)

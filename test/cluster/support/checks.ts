/** What must hold of the writes of a run when it is over. */
import { isShoalError, type ShoalNode } from 'shoal'
import type { TestCluster } from 'shoal/testing'
import type { Write } from './workload.ts'

/** Of the state of every actor that was written to; `faults` says what kinds of them the run has had. */
export async function checkWrites(
  cluster: TestCluster,
  writes: readonly Write[],
  faults: readonly string[]
): Promise<void> {
  const byActor = Map.groupBy(writes, write => `${write.kind}/${write.id}`)
  for (const [name, ofActor] of byActor) {
    const slash = name.indexOf('/')
    const [kind, id] = [name.slice(0, slash), name.slice(slash + 1)]
    const knowing = cluster.nodes().filter(node => node.definitions().some(definition => definition.kind === kind))
    const states: string[] = []
    for (const node of knowing) states.push(await stateAt(cluster, node, kind, id))
    if (new Set(states).size > 1) throw new Error(`${name}: replicas differ: ${states.join(' | ')}`)
    checkActor(name, ofActor, states[0] ?? '', faults)
  }
}

/** A node that finds that its disk has gone bad says so, and has what is right within a moment. */
async function stateAt(cluster: TestCluster, node: ShoalNode, kind: string, id: string): Promise<string> {
  for (let tries = 20; ; tries--) {
    try {
      // The next life of a node is another object.
      const alive = cluster.nodes().find(other => other.id === node.id) ?? node
      return JSON.stringify((await cluster.settle(alive.describe(kind, id))).state)
    } catch (error) {
      if (!isShoalError(error) || !error.retryable || tries === 0) throw error
      await cluster.run(250)
    }
  }
}

function checkActor(name: string, writes: readonly Write[], state: string, faults: readonly string[]): void {
  const sure = writes.filter(write => write.fate === 'acknowledged').length
  const maybe = writes.filter(write => write.fate === 'uncertain').length
  if (name.startsWith('counter') || name.startsWith('account')) {
    const value = Number(/-?\d+/.exec(state)?.[0] ?? Number.NaN)
    // In `merge` mode a retry that crosses an overlap of two owners may take effect on both sides.
    const mayDouble = name.startsWith('account') && faults.some(fault => overlapping.has(fault))
    const most = mayDouble ? writes.length * 3 : sure + maybe
    if (!(value >= sure && value <= most))
      throw new Error(`${name}: ${value}, with ${sure} acknowledged and ${maybe} uncertain`)
    return
  }
  const gone = new Set(writes.filter(write => write.removes && write.fate !== 'failed').map(write => write.what))
  const surelyGone = new Set(
    writes.filter(write => write.removes && write.fate === 'acknowledged').map(write => write.what)
  )
  for (const write of writes) {
    if (write.removes) continue
    const there = state.split(name.startsWith('document') ? `<${write.what}>` : `"${write.what}"`).length - 1
    if (there > 1) throw new Error(`${name}: ${write.what} is there ${there} times`)
    if (there === 0 && write.fate === 'acknowledged' && !gone.has(write.what))
      throw new Error(`${name}: the acknowledged ${write.what} is lost: ${state}`)
    if (there === 1 && write.fate === 'failed')
      throw new Error(`${name}: ${write.what} failed for certain, and is there`)
    if (there === 1 && surelyGone.has(write.what)) throw new Error(`${name}: the removed ${write.what} is back`)
  }
  const known = new Set(writes.map(write => write.what))
  for (const [word] of state.matchAll(/\bw\d+\b/g))
    if (!known.has(word)) throw new Error(`${name}: ${word} is there, and nobody wrote it`)
}

const overlapping = new Set([
  'one-way cut',
  'partition',
  'reset',
  'pause',
  'kill',
  'power loss',
  'full disk',
  'slow disk',
  'spikes',
  'corruption',
  'slow consumer',
  'suspend',
  'failed sync',
  'old disk',
  'copied disk'
])

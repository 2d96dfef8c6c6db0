/** Whom a node probes, and when, in a large cluster. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { MemberWatch } from '../../src/cluster/member-watch.ts'
import { membershipFigures } from '../../src/cluster/membership-figures.ts'
import { completeMembershipOptions } from '../../src/cluster/membership-options.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { incarnations } from './member-arbitraries.ts'

function member(number: number): MemberRecord {
  const id = `node-${number}`
  const [incarnation] = incarnations
  return { id, name: id, region: '', zone: '', incarnation, refutation: 0, status: 'alive', addresses: [] }
}

/** The watch of node-0. Nobody answers it. */
class Watched {
  readonly pinged: string[] = []
  readonly asked: string[] = []
  readonly accused: string[] = []
  readonly links = new Set<string>()
  readonly watch: MemberWatch

  constructor(size: number, seed: number) {
    const records = new Map(Array.from({ length: size }, (_, number) => [`node-${number}`, member(number)]))
    this.watch = new MemberWatch(
      {
        self: 'node-0',
        random: new SeededRandom(seed),
        figures: membershipFigures(noMetrics),
        links: this.links,
        record: id => records.get(id),
        present: () => [...records.keys()],
        ping: peer => {
          this.pinged.push(peer)
          return this.links.has(peer)
        },
        ack() {},
        nack() {},
        requestPing: (_, __, target) => {
          this.asked.push(target)
          return true
        },
        tell() {},
        conclude: ({ id, status }) => {
          if (status === 'suspect') this.accused.push(id)
        },
        agree() {},
        deaf() {}
      },
      completeMembershipOptions({})
    )
    this.watch.start(records.values(), 0)
  }

  link(number: number): void {
    this.links.add(`node-${number}`)
    this.watch.linked(`node-${number}`, 0)
  }

  /** Every 50 ms a tick. */
  run(untilMs: number): void {
    for (let ms = 0; ms <= untilMs; ms += 50) this.watch.tick(ms, 0)
  }
}

test('in a small cluster every lost link is a reason to probe', () => {
  const watched = new Watched(8, 1)
  for (let number = 1; number < 8; number++) watched.watch.unlinked(`node-${number}`, 0)
  assert.equal(new Set(watched.pinged).size, 7)
})

test('when a large cluster is cut in two, each member that is lost is probed by a few, and by somebody', () => {
  const size = 200
  const probes = new Map<string, number>()
  for (let seed = 0; seed < size / 2; seed++) {
    const watched = new Watched(size, seed)
    for (let number = size / 2; number < size; number++) watched.watch.unlinked(`node-${number}`, 0)
    for (const id of watched.pinged) probes.set(id, (probes.get(id) ?? 0) + 1)
  }
  const total = [...probes.values()].reduce((sum, count) => sum + count, 0)
  assert.ok(probes.size > 0.9 * (size / 2), `${probes.size} of ${size / 2} were probed`)
  assert.ok(total < 8 * size, `${total} probes`)
})

test('a member that has just become known has time to be linked with before it is probed', () => {
  const watched = new Watched(3, 1)
  watched.link(1)
  watched.watch.changed(undefined, member(2), 'node-1', 0)
  watched.run(1900)
  assert.ok(!watched.pinged.includes('node-2') && watched.asked.every(target => target !== 'node-2'))
  watched.run(4000)
  assert.ok(watched.pinged.includes('node-2'))
})

test('once it was linked, it is probed like any other, also when its link ends', () => {
  const watched = new Watched(3, 1)
  watched.link(1)
  watched.watch.changed(undefined, member(2), 'node-1', 0)
  watched.link(2)
  watched.links.delete('node-2')
  watched.watch.unlinked('node-2', 0)
  assert.ok(watched.pinged.includes('node-2'))
  watched.run(1500)
  assert.ok(watched.accused.includes('node-2'))
})

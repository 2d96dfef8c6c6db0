/** What `shoal repair` says of a store: of its records, and of the files under them, which may be bent though all records fit together. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { lookThrough } from '../../src/cli/repair.ts'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import type { Disk } from '../../src/ports/disk.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica, settle } from '../cluster/support/replica.ts'

async function looking(files: Pick<Disk, 'damage' | 'check'>, change: (disk: Disk) => Promise<void> = async () => {}) {
  const world = new SimulatedWorld({ seed: 'repair' })
  const replica = await Replica.boot(world, 'a', 'a.1')
  replica.write('thing/x', view => view.tags.add('tea'))
  await replica.save()
  const { disk } = replica.ports
  await settle(world, change(disk))
  const lines: string[] = []
  const isSound = await settle(
    world,
    lookThrough(Object.assign(disk, files), line => lines.push(line))
  )
  return { isSound, lines }
}

test('a sound store is said to be so', async () => {
  const { isSound, lines } = await looking({ check: async () => undefined })
  assert.ok(isSound)
  assert.deepEqual(lines, ['1 shards, 1 actors: all as they were written'])
})

test('a record that is lost is said', async () => {
  const { isSound, lines } = await looking({}, disk => disk.write([{ type: 'del', key: stateKey(0, 'thing/x') }]))
  assert.ok(!isSound)
  assert.match(lines.join(), /^shard 0: it has 0 of 1 records/)
})

test('files that are bent under records that fit together are no sound store, and are said', async () => {
  const { isSound, lines } = await looking({
    check: async () => ({ about: '000005.ldb: a block fails its checksum', isBent: true })
  })
  assert.ok(!isSound)
  assert.match(lines.join(), /files of the store are damaged; .*000005\.ldb/)
})

test('files that opening has put in order are said, and are no reason not to start', async () => {
  const { isSound, lines } = await looking({ damage: 'CURRENT is missing', check: async () => undefined })
  assert.ok(isSound)
  assert.match(lines.join(), /were damaged.*CURRENT is missing/)
})

/** Whoever leaves is forgotten in time by all, whenever each of them learns of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formed, seededRandom, type World, type WorldNode } from './member-world.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 20)
const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const retentionMs = 20_000
const options = { leftRetentionMs: retentionMs, syncIntervalMs: 2000 }

const holders = (world: World, id: string) =>
  world.nodes.filter(node => node.id !== id && !node.isDead && node.status(id) !== undefined).map(node => node.id)

async function leave(world: World, node: WorldNode): Promise<void> {
  void node.membership.leave()
  await world.run(500)
  node.membership.stop()
  node.supervisor.stop()
  node.kill()
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
  test(`who left is in no table twice the retention later, whoever was down meanwhile: seed ${seed}`, async () => {
    const random = seededRandom(seed)
    const world = await formed(seed, 5, { membership: options })
    const [leaver, ...others] = world.nodes as [WorldNode, ...WorldNode[]]
    // One is always there to be told.
    for (const node of others.slice(1)) {
      if (random.below(2) === 0) continue
      const downMs = random.below(6000)
      const upMs = 6000 + random.below(retentionMs - 9000)
      world.schedule(downMs, undefined, 'timer', () => node.kill())
      world.schedule(upMs, undefined, 'timer', () => node.start())
      // A life that begins later still remembers since when it has known of the leaving.
      if (random.below(2) === 0) {
        world.schedule(upMs + 8000, undefined, 'timer', () => node.kill())
        world.schedule(upMs + 9000, undefined, 'timer', () => node.start())
      }
    }
    await world.run(random.below(6000))
    await leave(world, leaver)
    const leftAtMs = world.nowMs
    await world.run(random.below(15_000))
    const newcomer = world.add(
      'n90',
      others.map(({ address }) => address),
      options
    )
    newcomer.start()
    await world.run(leftAtMs + retentionMs - world.nowMs)
    assert.ok(others.every(node => node.status(leaver.id) === 'left' || node.status(leaver.id) === undefined))
    await world.run(8000)
    const heard = world.nodes.map(node => node.tablesHeard)
    await world.run(6000)
    const after = world.nodes.map(node => node.tablesHeard)
    assert.deepEqual(after, heard, 'no tables go round, though not all have forgotten who left')
    await world.run(leftAtMs + 2 * retentionMs - world.nowMs)
    assert.deepEqual(holders(world, leaver.id), [])
    assert.ok([...others, newcomer].every(node => node.membership.alive().length === 5))
  })
}

test('a member that was down while another left learns of it, though others have forgotten who that was', async () => {
  const world = await formed(3, 4, { membership: options })
  const [leaver, late, witness, forgetful] = world.nodes as [WorldNode, WorldNode, WorldNode, WorldNode]
  late.kill()
  await world.run(6000)
  await leave(world, leaver)
  // Starts with nothing but what it is told, and so never hears of who has left.
  forgetful.kill()
  forgetful.remembered = []
  await world.run(3000)
  forgetful.start()
  await world.run(3000)
  assert.equal(witness.status(leaver.id), 'left')
  assert.equal(forgetful.status(leaver.id), undefined)
  late.start()
  await world.run(6000)
  assert.equal(late.status(leaver.id), 'left')
})

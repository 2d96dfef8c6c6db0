import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PeerConduct } from '../../src/cluster/peer-conduct.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'

function desk(options = {}) {
  const world = new SimulatedWorld({ seed: 1 })
  const { clock } = world.machine('a').boot({
    clusterKey: new Uint8Array(32),
    facts: { cluster: 'test', shards: 8, protocol: 1 }
  })
  const lists: string[] = []
  const conduct: PeerConduct = new PeerConduct(clock, () => lists.push(conduct.refused().join()), options)
  const run = (ms: number) => world.time.run({ untilMs: world.time.nowMs + ms })
  return { conduct, run, lists }
}

test('the first offence is only the end of a link, and each further one keeps the peer out for longer', async () => {
  const { conduct, run, lists } = desk()
  const refusals: number[] = []
  for (let offence = 0; offence < 9; offence++) {
    refusals.push(conduct.offended('p'))
    await run(70_000)
  }
  assert.deepEqual(refusals, [0, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000])
  assert.deepEqual(lists, new Array(8).fill(['p', '']).flat(), 'it is told each time, and let in each time')
})

test('a long time without an offence makes it as if there had been none', async () => {
  const { conduct, run } = desk()
  conduct.offended('p')
  conduct.offended('p')
  await run(600_001)
  assert.equal(conduct.offended('p'), 0)
})

test('two peers are refused and let in each at its own time', async () => {
  const { conduct, run, lists } = desk()
  conduct.offended('p')
  conduct.offended('q')
  conduct.offended('p')
  await run(500)
  conduct.offended('q')
  await run(2000)
  assert.deepEqual(lists, ['p', 'p,q', 'q', ''])
})

test('a peer under ever new names fills the list to its limit and no further', () => {
  const { conduct } = desk({ maxOffenders: 100 })
  for (let name = 0; name < 10_000; name++) conduct.offended(`p${name}`)
  assert.equal(conduct.offenders, 100)
  assert.equal(conduct.offended('p9999'), 1000)
})

/** How much an actor that is called again and again remembers of its requests: little, and what somebody has not seen is kept. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { requestsField } from '../../src/actors/requests/ran-commands.ts'
import { decodeActorRecord, stateKey } from '../../src/cluster/storage-layout.ts'
import { eachRegisterWrite } from '../../src/crdt/register-access.ts'
import { lookUp, orderOf } from '../../src/simulation/sorted-store.ts'

const Till = exclusive('till', { sum: pnCounter() }, { add: command(({ state }) => state.sum.add(1)) })
const shards = 4

function requestsOn(cluster: TestCluster, node: number): number {
  for (let shard = 0; shard < shards; shard++) {
    const record = lookUp(cluster.machine(node).disk.root, orderOf(stateKey(shard, 'till/a')))?.value
    if (record === undefined) continue
    let requests = 0
    eachRegisterWrite(decodeActorRecord(record, 'till/a').state, requestsField, () => requests++)
    return requests
  }
  throw new Error('no record')
}

async function call(cluster: TestCluster, times: number): Promise<number> {
  let most = 0
  for (let i = 0; i < times; i++) {
    await cluster.settle(cluster.actor(0)(Till, 'a').add())
    // Their disks have it, and its owner has heard so.
    await cluster.run(200)
    most = Math.max(most, requestsOn(cluster, 0))
  }
  return most
}

test('a request is forgotten with the next command once all have confirmed it', async () => {
  await using cluster = await createTestCluster({ actors: [Till], nodes: 3, seed: 1, shards })
  assert.equal(await call(cluster, 6), 1)
})

test('while a member has not confirmed them, requests are kept', async () => {
  await using cluster = await createTestCluster({ actors: [Till], nodes: 3, seed: 1, shards })
  await call(cluster, 1)
  const owner = cluster.nodes()[0]?.owner(Till, 'a')
  const away = cluster.nodes()[2]?.id === owner ? 1 : 2
  cluster.kill(away)
  assert.equal(await call(cluster, 6), 6)
})

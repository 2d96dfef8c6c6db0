/** The registers in Leases of Kubernetes, before a stand-in for its API server: no real one is part of these tests. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { openKubernetesLeaseStore } from '../../../src/adapters/kubernetes/lease-store.ts'
import { SystemClock } from '../../../src/adapters/system/clock.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import type { StoreWorld } from './claims.ts'
import { leaseStoreConformance } from './conformance.ts'
import { KubernetesStandIn, token } from './kubernetes-stand-in.ts'
import { TroubledRelay } from './trouble.ts'

interface KubernetesWorld extends StoreWorld {
  readonly standIn: KubernetesStandIn
}

leaseStoreConformance('kubernetes', openWorld)

test('kubernetes: a server that has too much to do is asked again when it says', async () => {
  const world = await openWorld()
  const { store } = await world.client()
  const { standIn, clock } = world
  standIn.busy = 2
  assert.notEqual(await store.write('shard/1', new Uint8Array(1), undefined, clock.elapsed() + 20_000), 'conflict')
  assert.equal(standIn.requests, 3)
  standIn.busy = 1000
  await assert.rejects(store.read('shard/1', clock.elapsed() + 100), error => isShoalError(error) && error.retryable)
  await world.dispose()
})

test('kubernetes: a Lease that somebody has deleted is not written back on its old version', async () => {
  const world = await openWorld()
  const { store } = await world.client()
  const soon = () => world.clock.elapsed() + 20_000
  const first = await store.write('shard/1', new Uint8Array(1), undefined, soon())
  assert.ok(first !== 'conflict')
  world.standIn.leases.clear()
  assert.equal(await store.write('shard/1', new Uint8Array(2), first.version, soon()), 'conflict')
  await store.write('shard/1', new Uint8Array(3), undefined, soon())
  assert.equal(await store.write('shard/1', new Uint8Array(2), first.version, soon()), 'conflict')
  await world.dispose()
})

test('kubernetes: who may not is told so, and a file that is none is refused', async () => {
  const world = await openWorld('wrong')
  const { store } = await world.client()
  await assert.rejects(store.read('shard/1', world.clock.elapsed() + 20_000), /401/)
  await assert.rejects(
    openKubernetesLeaseStore({ cluster: 'x', clock: world.clock, kubeconfig: '/nowhere' }),
    error => isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION'
  )
  await world.dispose()
})

async function openWorld(password = token): Promise<KubernetesWorld> {
  const clock = new SystemClock()
  const disposed = new AsyncDisposableStack()
  disposed.defer(() => clock.stop())
  const standIn = await KubernetesStandIn.start()
  disposed.defer(() => standIn.close())
  const directory = await mkdtemp(join(tmpdir(), 'shoal-kubernetes-'))
  disposed.defer(() => rm(directory, { recursive: true }))
  return {
    standIn,
    clock,
    patienceMs: 60_000,
    manyRegisters: 1200,
    async client(cluster = 'one') {
      const relay = await TroubledRelay.to(standIn.port)
      disposed.defer(() => relay.close())
      const kubeconfig = join(directory, `${relay.port}.json`)
      await writeFile(kubeconfig, JSON.stringify(configFor(relay.port, password)))
      const store = await openKubernetesLeaseStore({ cluster, clock, kubeconfig })
      disposed.defer(() => store.close())
      return { store, trouble: relay }
    },
    async spoil(key) {
      const lease = [...standIn.leases.values()].find(({ metadata }) => metadata.annotations?.['shoal-key'] === key)
      assert.ok(lease !== undefined)
      lease.metadata.annotations = { 'shoal-value': 'no base64' }
    },
    dispose: () => disposed.disposeAsync()
  }
}

function configFor(port: number, password: string): object {
  const cluster = { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'stand-in', cluster }],
    users: [{ name: 'shoal', user: { token: password } }],
    contexts: [{ name: 'here', context: { cluster: 'stand-in', user: 'shoal', namespace: 'apples' } }],
    'current-context': 'here'
  }
}

/** What a node's option `leases` takes: what is left out or misspelt is refused before anything starts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkLeases, type LeasesOptions } from '../src/lease-stores.ts'

const voters = ['ann', 'bob', 'cas'].map((name, n) => `12D3KooW${name.repeat(15).slice(1)}/${'0'.repeat(23)}${n}`)
const store = { postgres: { url: 'postgres://shoal@127.0.0.1/shoal' } }

test('leases without a whole store, or with a word that is none of its options, are a bad configuration', () => {
  const bad: unknown[] = [
    null,
    true,
    [],
    {},
    { store: null },
    { store: 'postgres' },
    { store: {} },
    { store: { postgres: true } },
    { store: { postgres: {} } },
    { store: { postgres: { url: '' } } },
    { store: { postgres: null } },
    { store: { etcd: {} } },
    { store: { etcd: { endpoints: [] } } },
    { store: { etcd: { endpoints: 'http://127.0.0.1:2379' } } },
    { store: { etcd: { endpoints: [null] } } },
    { store: { kubernetes: { namespace: 7 } } },
    { store: { ...store, kubernetes: {} } },
    { store: { mysql: {} } },
    { store: { voters: {} } },
    { store: { voters: 'a,b,c' } },
    { store: { voters: [] } },
    { store: { voters: voters.slice(0, 2) } },
    { store: { voters: [...voters.slice(0, 2), voters[0]] } },
    { store: { voters: [...voters.slice(0, 2), '12D3KooWcas'] } },
    { store: { voters: [...voters.slice(0, 2), null] } },
    { store: { voters: [...voters.slice(0, 2), `typo/${'0'.repeat(23)}9`] } },
    { store: { voters, ...store } },
    { store, leaseMS: 700 },
    { store, leaseMs: 499 },
    { store, leaseMs: null },
    { store, replicas: 0 }
  ]
  for (const leases of bad)
    assert.throws(
      () => checkLeases(leases as LeasesOptions),
      { code: 'SHOAL_BAD_CONFIGURATION', message: /leases: / },
      JSON.stringify(leases)
    )
})

test('leases with one store are taken', () => {
  const good: LeasesOptions[] = [
    { store },
    { store, leaseMs: 500, replicas: 5 },
    { store: { etcd: { endpoints: ['http://127.0.0.1:2379'] } } },
    { store: { voters } },
    { store: { kubernetes: {} } },
    { store: { kubernetes: { namespace: 'shoal', kubeconfig: '/etc/kube' } } }
  ]
  for (const leases of good) checkLeases(leases)
})

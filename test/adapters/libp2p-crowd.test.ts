/** Many nodes behind one address, as behind a NAT: far more handshakes per second than libp2p takes from one host by default. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Libp2pNetwork } from '../../src/adapters/libp2p/network.ts'
import { newNetwork, until } from './libp2p-world.ts'

const size = 12

test('twelve nodes behind one address are linked with all others, and publications reach all', async t => {
  const heard = new Map<Libp2pNetwork, Set<string>>()
  const networks = Array.from({ length: size }, () => newNetwork())
  try {
    for (const network of networks) {
      const from = new Set<string>()
      heard.set(network, from)
      await network.start({
        linked() {},
        unlinked() {},
        record() {},
        published: bytes => void from.add(new TextDecoder().decode(bytes)),
        discovered() {},
        refused: (peer, reason) => assert.fail(`${peer} was refused: ${reason}`)
      })
    }
    const startedMs = performance.now()
    const missing = (network: Libp2pNetwork) =>
      networks.filter(other => other !== network && !network.links().includes(other.self))
    // As the supervisors do: the lower id goes first, and whoever is missing is dialled again.
    const dialAll = async (network: Libp2pNetwork) => {
      const due = () => missing(network).filter(other => network.self < other.self)
      for (let round = 0; round < 50 && due().length > 0; round++)
        await Promise.allSettled(due().map(other => network.dial(other.addresses())))
    }
    await Promise.all(networks.map(dialAll))
    await until(() => networks.every(network => missing(network).length === 0))
    t.diagnostic(`${(size * (size - 1)) / 2} links after ${(performance.now() - startedMs).toFixed(0)} ms`)
    await until(() => {
      for (const network of networks) network.publish(new TextEncoder().encode(network.self))
      return networks.every(network => heard.get(network)?.size === size - 1)
    })
  } finally {
    await Promise.all(networks.map(network => network.stop()))
  }
})

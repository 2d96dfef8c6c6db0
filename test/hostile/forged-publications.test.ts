/** Over real links: who passes on a publication that nobody has signed so is cut off, and it goes no further. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SignedPublications } from '../../src/adapters/libp2p/signed-publication.ts'
import type { PeerId } from '../../src/ports/network.ts'
import { newNetwork, until } from '../adapters/libp2p-world.ts'

function heard() {
  const links = new Set<PeerId>()
  const publications: string[] = []
  const events = {
    linked: (peer: PeerId) => void links.add(peer),
    unlinked: (peer: PeerId) => void links.delete(peer),
    record() {},
    published: (bytes: Uint8Array, writer: PeerId) =>
      void publications.push(`${writer} ${new TextDecoder().decode(bytes)}`),
    discovered() {},
    refused() {}
  }
  return { links, publications, events }
}

test('a forged publication is heard by nobody and ends the link it came by; what its writer signed is passed on', async t => {
  const networks = [newNetwork(), newNetwork(), newNetwork()] as const
  const [a, b, liar] = networks
  const sides = networks.map(() => heard())
  const [sideA, sideB, sideLiar] = sides as [
    ReturnType<typeof heard>,
    ReturnType<typeof heard>,
    ReturnType<typeof heard>
  ]
  try {
    await Promise.all(networks.map((network, at) => network.start((sides[at] as ReturnType<typeof heard>).events)))
    // A row: b hears of the liar's publications only what a passes on.
    await a.dial(b.addresses())
    await a.dial(liar.addresses())
    const text = (what: string) => new TextEncoder().encode(what)
    let count = 0
    await until(() => {
      if (count < 2000) liar.publish(text(`true-${count++}`))
      return sideB.publications.length > 0
    })
    assert.ok(
      sideB.publications.every(said => said.startsWith(`${liar.self} true-`)),
      'its writer is told, not who passed it on'
    )
    const honest = SignedPublications.prototype.signed
    t.mock.method(SignedPublications.prototype, 'signed', function (this: SignedPublications, contents: Uint8Array) {
      const message = honest.call(this, contents)
      const last = message.length - 1
      message[last] = (message[last] ?? 0) ^ 1
      return message
    })
    await until(() => {
      liar.publish(text('forged'))
      return !sideA.links.has(liar.self)
    })
    await until(() => !sideLiar.links.has(a.self))
    assert.ok(![...sideA.publications, ...sideB.publications].some(said => said.includes('forge')))
    assert.ok(sideA.links.has(b.self))
  } finally {
    await Promise.all(networks.map(network => network.stop()))
  }
})

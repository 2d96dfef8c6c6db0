/** Over real links: who passes on a publication that nobody has signed so is cut off, and it goes no further. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeNodeKey, generateNodeKey } from '../../src/adapters/libp2p/node-key.ts'
import { SignedPublications } from '../../src/adapters/libp2p/signed-publication.ts'
import type { PeerId } from '../../src/ports/network.ts'
import { facts, newNetwork, until } from '../adapters/libp2p-world.ts'

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

test('what is signed with a key that no member has goes no further, and nobody hears it', async t => {
  const networks = [newNetwork(), newNetwork(), newNetwork()] as const
  const [a, b, liar] = networks
  const [sideA, sideB] = [heard(), heard()]
  const admitsWriter = (writer: PeerId) => networks.some(({ self }) => self === writer)
  try {
    await a.start({ ...sideA.events, admitsWriter })
    // It would take all: what it does not hear has gone no further than to the first.
    await b.start(sideB.events)
    await liar.start(heard().events)
    await a.dial(b.addresses())
    await a.dial(liar.addresses())
    const honest = SignedPublications.prototype.signed
    let count = 0
    t.mock.method(SignedPublications.prototype, 'signed', function (this: SignedPublications, contents: Uint8Array) {
      const isMadeUp = new TextDecoder().decode(contents).startsWith('made up')
      const topic = `/shoal/${facts.cluster}/1`
      const signer = isMadeUp ? new SignedPublications(topic, decodeNodeKey(generateNodeKey()), 1) : this
      return honest.call(signer, contents)
    })
    await until(() => {
      for (const what of ['made up', 'true']) liar.publish(new TextEncoder().encode(`${what} ${count++}`))
      return sideB.publications.length >= 30
    })
    assert.ok([...sideA.publications, ...sideB.publications].every(said => said.startsWith(`${liar.self} true`)))
  } finally {
    await Promise.all(networks.map(network => network.stop()))
  }
})

/**
 * What every `Network` promises, as claims. A world calls `networkConformance` with a maker of itself; nothing in here knows
 * whether time is real.
 */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Channel, maxRecordBytes } from '../../src/ports/network.ts'
import { codeOf, type NetworkWorld, type Observed, Scene } from './network-world.ts'

export type { NetworkWorld, NodeOptions } from './network-world.ts'

const channels: readonly Channel[] = ['control', 'calls', 'push', 'bulk']

export function networkConformance(name: string, world: () => Promise<NetworkWorld>): void {
  function claim(text: string, check: (scene: Scene) => Promise<void>): void {
    test(text, { timeout: 300_000 }, async () => {
      const scene = new Scene(await world())
      let failure: unknown
      try {
        await check(scene)
      } catch (error) {
        failure = error
      }
      try {
        await scene.end()
      } catch (error) {
        failure ??= error
      }
      if (failure !== undefined) throw failure
    })
  }

  describe(`network: ${name}`, () => {
    linkClaims(claim)
    refusalClaims(claim)
    recordClaims(claim)
    holdClaims(claim)
    publicationClaims(claim)
  })
}

type Claim = (text: string, check: (scene: Scene) => Promise<void>) => void

function linkClaims(claim: Claim): void {
  claim('a node has its name before it starts, and its name in every address after', async scene => {
    const a = await scene.make()
    const self = a.network.self
    assert.ok(self.length > 0)
    await scene.settle(a.network.start(a))
    assert.equal(a.network.self, self)
    assert.ok(a.network.addresses().length > 0)
    for (const address of a.network.addresses()) assert.ok(address.endsWith(`/p2p/${self}`), address)
  })

  claim('a dial links both sides, once each, and names the peer', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    assert.equal(await scene.settle(scene.dial(a, b)), b.network.self)
    await scene.until(() => a.hasLink(b.network.self) && b.hasLink(a.network.self))
    assert.deepEqual([a.network.links(), b.network.links()], [[b.network.self], [a.network.self]])
    assert.deepEqual([a.linkHistory, b.linkHistory], [[`+${b.network.self}`], [`+${a.network.self}`]])
  })

  claim('when a dial resolves, send reaches the peer', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.settle(scene.dial(a, b))
    assert.equal(
      a.call(network => network.send(b.network.self, 'control', Uint8Array.of(7))),
      true
    )
    await scene.until(() => b.records.length === 1)
  })

  claim('a dial of a linked peer answers the link that exists, from either side', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    assert.equal(await scene.settle(scene.dial(a, b)), b.network.self)
    assert.equal(await scene.settle(scene.dial(b, a)), a.network.self)
    assert.deepEqual([a.linkHistory, b.linkHistory], [[`+${b.network.self}`], [`+${a.network.self}`]])
  })

  claim('nodes that dial each other at once end with one link that carries records both ways', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    const dials = [scene.dial(a, b), scene.dial(b, a), scene.dial(a, b)]
    const names = await scene.settle(Promise.all(dials))
    assert.deepEqual(names, [b.network.self, a.network.self, b.network.self])
    await scene.until(() => a.hasLink(b.network.self) && b.hasLink(a.network.self))
    for (const channel of channels) {
      await scene.until(() => sent(a, b, channel, Uint8Array.of(1)))
      await scene.until(() => sent(b, a, channel, Uint8Array.of(2)))
    }
    await scene.until(() => a.records.length >= 3 && b.records.length >= 3)
    assert.deepEqual([a.network.links(), b.network.links()], [[b.network.self], [a.network.self]])
  })

  claim('three nodes that all dial each other are all linked with each other', async scene => {
    const nodes = [await scene.start(), await scene.start(), await scene.start()]
    const pairs = nodes.flatMap(from => nodes.filter(to => to !== from).map(to => [from, to] as const))
    await scene.settle(Promise.all(pairs.map(([from, to]) => scene.dial(from, to))))
    await scene.until(() => pairs.every(([from, to]) => from.hasLink(to.network.self)))
    for (const node of nodes) assert.equal(node.network.links().length, 2)
  })

  claim('a dial where nobody answers, of an address that is none, of oneself or of no address fails', async scene => {
    const [a, gone] = [await scene.start(), await scene.start()]
    const old = gone.network.addresses()
    await scene.settle(gone.network.stop())
    for (const addresses of [old, ['nonsense'], [''], a.network.addresses(), []]) {
      assert.equal(await scene.failure(a.call(network => network.dial(addresses))), 'SHOAL_DIAL_FAILED')
    }
    assert.deepEqual(a.linkHistory, [])
  })

  claim('a dial tries every address, and one is enough', async scene => {
    const [a, b, gone] = [await scene.start(), await scene.start(), await scene.start()]
    const old = gone.network.addresses()
    await scene.settle(gone.network.stop())
    const dial = a.call(network => network.dial(['nonsense', ...old, ...b.network.addresses()]))
    assert.equal(await scene.settle(dial), b.network.self)
  })

  claim('whoever answers at an address under another name than it says is not linked', async scene => {
    const [a, b, c] = [await scene.start(), await scene.start(), await scene.make()]
    const forged = b.network.addresses().map(address => address.replace(b.network.self, c.network.self))
    assert.equal(await scene.failure(a.call(network => network.dial(forged))), 'SHOAL_DIAL_FAILED')
    assert.deepEqual([a.linkHistory, b.network.links()], [[], []])
  })

  claim('unlink ends the link on both sides, once, and a later dial makes a new one', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    a.call(network => network.unlink(b.network.self))
    a.call(network => network.unlink(b.network.self))
    assert.equal(sent(a, b, 'control', Uint8Array.of(1)), false)
    await scene.until(() => !a.hasLink(b.network.self) && !b.hasLink(a.network.self))
    assert.deepEqual([a.network.links(), b.network.links()], [[], []])
    await scene.link(b, a)
    const [self, peer] = [a.network.self, b.network.self]
    assert.deepEqual(a.linkHistory, [`+${peer}`, `-${peer}`, `+${peer}`])
    assert.deepEqual(b.linkHistory, [`+${self}`, `-${self}`, `+${self}`])
  })

  claim('unlink of a stranger is harmless', async scene => {
    const a = await scene.start()
    a.call(network => network.unlink('nobody'))
    assert.deepEqual(a.network.links(), [])
  })

  claim(
    'stop ends all links, is told to the peers, brings no event to the one that stopped, and may come twice',
    async scene => {
      const [a, b, c] = [await scene.start(), await scene.start(), await scene.start()]
      await scene.link(a, b)
      await scene.link(c, a)
      const stopped = a.call(network => network.stop())
      const events = a.linkHistory.length
      await scene.settle(stopped)
      await scene.until(() => !b.hasLink(a.network.self) && !c.hasLink(a.network.self))
      await scene.settle(a.call(network => network.stop()))
      assert.equal(a.linkHistory.length, events)
      assert.deepEqual(a.network.links(), [])
      assert.equal(sent(a, b, 'control', Uint8Array.of(1)), false)
      assert.equal(
        a.call(network => network.publish(Uint8Array.of(1))),
        0
      )
      await assert.rejects(scene.settle(scene.dial(a, b)))
    }
  )
}

function refusalClaims(claim: Claim): void {
  claim('a peer with another cluster key is refused, and both sides are told', async scene => {
    const [a, b] = [await scene.start(), await scene.start({ clusterKey: new Uint8Array(32).fill(9) })]
    assert.equal(await scene.failure(scene.dial(a, b)), 'SHOAL_CLUSTER_KEY')
    await scene.until(() => a.refusals.length > 0 && b.refusals.length > 0)
    for (const node of [a, b]) assert.match(node.refusals[0]?.reason ?? '', /key/i)
    assert.deepEqual([a.linkHistory, b.linkHistory, a.network.links(), b.network.links()], [[], [], [], []])
  })

  claim(
    'a peer with other replicas of a kind is refused on both sides; one that knows other kinds is not',
    async scene => {
      const [a, b, c] = [
        await scene.start({ facts: { kinds: { tally: 3, everywhere: 0 } } }),
        await scene.start({ facts: { kinds: { tally: 2 } } }),
        await scene.start({ facts: { kinds: { everywhere: 0, constructor: 3 } } })
      ]
      assert.equal(await scene.failure(scene.dial(a, b)), 'SHOAL_CLUSTER_MISMATCH')
      assert.equal(await scene.failure(scene.dial(b, a)), 'SHOAL_CLUSTER_MISMATCH')
      await scene.until(() => a.refusals.length > 0 && b.refusals.length > 0)
      for (const node of [a, b]) assert.match(node.refusals[0]?.reason ?? '', /replication of the kind tally/)
      await scene.link(a, c)
      assert.deepEqual(b.linkHistory, [])
    }
  )

  for (const [fact, facts] of Object.entries({
    cluster: { cluster: 'another' },
    shards: { shards: 17 },
    placement: { placement: '0123456789abcdef' },
    protocol: { protocol: 99 }
  })) {
    claim(`a peer with another ${fact} is refused, and both sides are told which fact it was`, async scene => {
      const [a, b] = [await scene.start(), await scene.start({ facts })]
      assert.equal(await scene.failure(scene.dial(a, b)), 'SHOAL_CLUSTER_MISMATCH')
      assert.equal(await scene.failure(scene.dial(b, a)), 'SHOAL_CLUSTER_MISMATCH')
      await scene.until(() => a.refusals.length > 0 && b.refusals.length > 0)
      for (const node of [a, b]) assert.match(node.refusals[0]?.reason ?? '', new RegExp(fact))
      assert.deepEqual([a.linkHistory, b.linkHistory, a.network.links(), b.network.links()], [[], [], [], []])
    })
  }

  claim(
    'refuse ends the link, turns dials away from both sides, harms no other, and ends when it is taken back',
    async scene => {
      const [a, b, c] = [await scene.start(), await scene.start(), await scene.start()]
      await scene.link(a, b)
      await scene.link(a, c)
      a.call(network => network.refuse(new Set([b.network.self])))
      await scene.until(() => !a.hasLink(b.network.self) && !b.hasLink(a.network.self))
      assert.equal(await scene.failure(scene.dial(a, b)), 'SHOAL_PEER_REFUSED')
      assert.equal(await scene.failure(scene.dial(b, a)), 'SHOAL_PEER_REFUSED')
      await scene.until(() => a.refusals.length > 0 && b.refusals.length > 0)
      assert.deepEqual([a.network.links(), b.network.links()], [[c.network.self], []])
      assert.equal(c.linksLost(a.network.self), 0)
      a.call(network => network.refuse(new Set()))
      await scene.link(b, a)
      assert.equal(b.linksSeen(a.network.self), 2)
    }
  )
}

function recordClaims(claim: Claim): void {
  claim('records arrive whole, once and in order on each channel, of any size from 0', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    const lengths = [0, 1, 127, 128, 129, 1_000, 16_383, 16_384, 65_535, 65_536, 300_000]
    for (let round = 0; round < 30; round++) {
      for (const channel of channels) {
        const record = filled(lengths[round % lengths.length] ?? 0, round)
        await scene.until(() => sent(a, b, channel, record))
        await scene.until(() => sent(b, a, channel, record))
      }
    }
    const all = 30 * channels.length
    await scene.until(() => a.records.length >= all && b.records.length >= all)
    for (const node of [a, b]) {
      for (const channel of channels) {
        const arrived = node.records.filter(record => record.channel === channel)
        assert.equal(arrived.length, 30)
        arrived.forEach(({ bytes }, round) => {
          assert.ok(Buffer.from(bytes).equals(filled(lengths[round % lengths.length] ?? 0, round)), `record ${round}`)
        })
      }
    }
  })

  claim('a thousand records of one turn arrive in order', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    for (let index = 0; index < 1_000; index++) assert.ok(sent(a, b, 'calls', numbered(index)))
    await scene.until(() => b.records.length >= 1_000)
    assert.deepEqual(
      b.records.map(record => numberOf(record.bytes)),
      Array.from({ length: 1_000 }, (_, index) => index)
    )
  })

  claim('the largest record arrives; one byte more is SHOAL_LIMIT, also for a publication', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    const largest = filled(maxRecordBytes, 5)
    assert.ok(sent(a, b, 'bulk', largest))
    await scene.until(() => b.records.length === 1)
    assert.ok(Buffer.from(b.records[0]?.bytes ?? []).equals(largest))
    const over = new Uint8Array(maxRecordBytes + 1)
    for (const attempt of [() => sent(a, b, 'bulk', over), () => a.call(network => network.publish(over))]) {
      assert.throws(attempt, error => codeOf(error) === 'SHOAL_LIMIT')
    }
  })

  claim('without a link nothing is sent or queued', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    for (const channel of channels) {
      assert.equal(sent(a, b, channel, Uint8Array.of(1)), false)
      assert.equal(a.network.queuedBytes(b.network.self, channel), 0)
    }
  })

  claim('a queue has a limit: send says no, and all that it said yes to arrives', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    const block = new Uint8Array(1024 * 1024)
    let taken = 0
    while (taken < 512 && sent(a, b, 'bulk', block)) taken++
    assert.ok(taken >= 4 && taken < 512, `${taken} MiB were queued in one turn`)
    assert.ok(a.network.queuedBytes(b.network.self, 'bulk') > 0)
    await scene.until(() => b.records.length === taken && a.network.queuedBytes(b.network.self, 'bulk') === 0)
    await scene.until(() => sent(a, b, 'bulk', numbered(1)))
    await scene.until(() => b.records.length === taken + 1)
    assert.equal(b.linksSeen(a.network.self), 1)
  })

  claim('a full queue of bulk does not keep control from arriving', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    const block = new Uint8Array(1024 * 1024)
    for (let index = 0; index < 512 && sent(a, b, 'bulk', block); index++);
    assert.ok(sent(a, b, 'control', numbered(1)))
    await scene.until(() => b.records.some(record => record.channel === 'control'))
  })
}

function holdClaims(claim: Claim): void {
  claim('a channel that is held back fills the queue of its sender, and nothing of it is lost', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    await scene.link(a, b)
    b.call(network => network.hold('push', true))
    const block = new Uint8Array(1024 * 1024)
    let taken = 0
    let isFull = false
    for (let round = 0; round < 200 && !isFull; round++) {
      isFull = !sent(a, b, 'push', block)
      if (!isFull) taken++
      assert.ok(sent(a, b, 'control', numbered(round)))
      await scene.until(() =>
        b.records.some(({ channel, bytes }) => channel === 'control' && numberOf(bytes) === round)
      )
    }
    const ofPush = () => b.records.filter(({ channel }) => channel === 'push').length
    assert.ok(isFull, `${taken} MiB were queued for a peer that does not read`)
    assert.ok(ofPush() < taken, 'other channels went on, this one did not')
    b.call(network => network.hold('push', false))
    await scene.until(() => ofPush() === taken)
    await scene.until(() => sent(a, b, 'push', numbered(7)))
    await scene.until(() => ofPush() === taken + 1)
    assert.equal(b.linksSeen(a.network.self), 1)
  })

  claim('a link that comes up while a channel is held back is held back on it, too', async scene => {
    const [a, b] = [await scene.start(), await scene.start()]
    b.call(network => network.hold('push', true))
    await scene.link(a, b)
    assert.ok(sent(a, b, 'push', numbered(1)))
    assert.ok(sent(a, b, 'bulk', numbered(2)))
    await scene.until(() => b.records.length === 1)
    assert.equal(b.records[0]?.channel, 'bulk')
    b.call(network => network.hold('push', false))
    await scene.until(() => b.records.length === 2)
  })
}

function publicationClaims(claim: Claim): void {
  claim('a publication without a link leaves by none', async scene => {
    const a = await scene.start()
    assert.equal(
      a.call(network => network.publish(Uint8Array.of(1))),
      0
    )
  })

  claim('publications reach all linked nodes, whole and with their writer’s id, and not their sender', async scene => {
    const [a, b, c] = [await scene.start(), await scene.start(), await scene.start()]
    await scene.link(a, b)
    await scene.link(a, c)
    // Best effort: one may be lost while links settle, so it is published until both have heard one.
    let count = 0
    await scene.until(() => {
      if (count < 2_000 && (b.publications.length === 0 || c.publications.length === 0)) {
        a.call(network => network.publish(filled(1_000, count++)))
      }
      return b.publications.length > 0 && c.publications.length > 0
    })
    for (const node of [b, c]) {
      for (const bytes of node.publications) assert.ok(Buffer.from(bytes).equals(filled(1_000, bytes[0] ?? 0)))
      assert.deepEqual([...node.writers], [a.network.self])
    }
    assert.equal(a.publications.length, 0)
    assert.ok(a.call(network => network.publish(filled(1_000, count))) >= 1)
  })
}

function sent(from: Observed, to: Observed, channel: Channel, record: Uint8Array): boolean {
  return from.call(network => network.send(to.network.self, channel, record))
}

function filled(length: number, seed: number): Uint8Array {
  return new Uint8Array(length).fill(seed & 255)
}

function numbered(index: number): Uint8Array {
  return Uint8Array.of(index >>> 24, index >>> 16, index >>> 8, index)
}

function numberOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0)
}

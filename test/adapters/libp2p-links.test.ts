/** What the libp2p network does beyond the port's suite: races, restarts, stalls, and what leaves in one write. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { describe, test } from 'node:test'
import { Gossip } from '../../src/adapters/libp2p/gossip.ts'
import { channels } from '../../src/adapters/libp2p/link.ts'
import { generateNodeKey, type Libp2pNetworkOptions } from '../../src/adapters/libp2p/network.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { codeOf, Observed } from '../ports/network-world.ts'
import { CountingMetrics, clock, newNetwork, until } from './libp2p-world.ts'
import { StallingProxy } from './stalling-proxy.ts'

class Node extends Observed implements AsyncDisposable {
  readonly metrics = new CountingMetrics()

  static async start(options: Partial<Libp2pNetworkOptions> = {}): Promise<Node> {
    const metrics = new CountingMetrics()
    const node = new Node(newNetwork({ metrics, ...options }))
    Object.assign(node, { metrics })
    await node.network.start(node)
    return node
  }

  get self(): string {
    return this.network.self
  }

  get port(): number {
    return Number(/\/tcp\/(\d+)/.exec(this.network.addresses()[0] ?? '')?.[1])
  }

  count(figure: string): number {
    return this.metrics.values.get(`shoal_network_${figure}_total`) ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.stop()
    assert.deepEqual(this.violations, [])
  }
}

async function linked(a: Node, b: Node): Promise<void> {
  await until(() => a.hasLink(b.self) && b.hasLink(a.self))
}

/** Publishes until the other has heard this node: the way is open. No link is ended for deafness here, so one that stays deaf hangs. */
async function hears(from: Node, to: Node): Promise<void> {
  const before = to.publications.length
  await until(() => {
    from.network.publish(Uint8Array.of(1))
    return to.publications.length > before
  })
}

/** Established TCP connections that end at one of these ports, as the kernel sees them. */
function establishedAt(ports: readonly number[]): number {
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1)
  return rows.filter(row => {
    const [, local = '', , state] = row.trim().split(/\s+/)
    return state === '01' && ports.includes(Number.parseInt(local.split(':')[1] ?? '', 16))
  }).length
}

/** A clock on which the half second between two looks at the links passes fast. What is heard in time is counted in looks. */
function hastyClock(): Clock {
  return { ...clock, after: (delayMs, task) => clock.after(delayMs === 500 ? 10 : delayMs, task) }
}

describe('libp2p: one connection per pair', () => {
  test('sixty simultaneous dials each end with one connection on which publications and records pass', async t => {
    await using a = await Node.start()
    await using b = await Node.start()
    const ports = [a.port, b.port]
    let slowestMs = 0
    for (let round = 0; round < 60; round++) {
      const started = performance.now()
      const dials = [a.network.dial(b.network.addresses()), b.network.dial(a.network.addresses())]
      if (round % 3 === 1) dials.push(a.network.dial(b.network.addresses().map(withoutName)))
      if (round % 3 === 2) dials.reverse()
      await Promise.all(dials)
      slowestMs = Math.max(slowestMs, performance.now() - started)
      await linked(a, b)
      await until(() => establishedAt(ports) === 1)
      await hears(a, b)
      await hears(b, a)
      const [ra, rb] = [a.records.length, b.records.length]
      assert.ok(a.network.send(b.self, 'calls', Uint8Array.of(1)) && b.network.send(a.self, 'bulk', Uint8Array.of(2)))
      await until(() => a.records.length > ra && b.records.length > rb)
      if (round % 2 === 0) a.network.unlink(b.self)
      else b.network.unlink(a.self)
      await until(() => !a.hasLink(b.self) && !b.hasLink(a.self))
    }
    t.diagnostic(`slowest ${slowestMs.toFixed(0)} ms`)
  })

  test('quick flaps from both sides leave nobody deaf', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    for (let round = 0; round < 40; round++) {
      const [one, other] = round % 2 === 0 ? [a, b] : [b, a]
      await one.network.dial(other.network.addresses())
      if (round % 4 === 3) await new Promise(resolve => setTimeout(resolve, round))
      const loser = round % 3 === 0 ? one : other
      loser.network.unlink(loser === a ? b.self : a.self)
      // The other side may still believe in the old link: its own dial must not be answered by a dead one for long.
      await until(() => !b.hasLink(a.self) || !a.hasLink(b.self))
    }
    await until(() => !b.hasLink(a.self) && !a.hasLink(b.self))
    await a.network.dial(b.network.addresses())
    await linked(a, b)
    await hears(a, b)
    await hears(b, a)
  })

  test('a peer that comes back under its name replaces the connection that its old life left behind', async () => {
    const privateKey = generateNodeKey()
    await using a = await Node.start()
    const oldLife = await Node.start({ privateKey })
    using proxy = await StallingProxy.to(a.network.addresses()[0] ?? '')
    await oldLife.network.dial([proxy.address])
    await linked(a, oldLife)
    proxy.stall()
    await oldLife.network.stop()
    assert.ok(a.hasLink(oldLife.self))
    await using newLife = await Node.start({ privateKey })
    await newLife.network.dial(a.network.addresses())
    await linked(a, newLife)
    const peer = newLife.self
    assert.deepEqual(a.linkHistory, [`+${peer}`, `-${peer}`, `+${peer}`])
    await hears(a, newLife)
    await hears(newLife, a)
    proxy.close()
    await hears(a, newLife)
    assert.ok(a.hasLink(peer))
  })
})

describe('libp2p: strangers', () => {
  for (const [name, words] of Object.entries({
    'a plain libp2p peer': '\x13/multistream/1.0.0\n\x0b/tls/1.0.0\n',
    'a browser': 'GET / HTTP/1.1\r\n\r\n',
    'someone who says nothing': ''
  })) {
    test(`${name} is cut off`, async () => {
      await using a = await Node.start({ handshakeDeadlineMs: 200 })
      const stranger = connect(a.port, '127.0.0.1')
      let isClosed = false
      stranger.on('error', () => {})
      stranger.on('close', () => {
        isClosed = true
      })
      stranger.resume()
      stranger.write(words)
      await until(() => isClosed)
      assert.deepEqual([a.linkHistory, a.network.links()], [[], []])
    })
  }

  test('a connection that stands still anywhere before the link is up is given up, and the next dial links', async t => {
    const seed = Date.now()
    t.diagnostic(`seed ${seed}`)
    const { bytes: total, ms } = await oneLink()
    // Time enough for a link that does not stand still. A round takes this long, so it is no more than two seconds.
    const handshakeDeadlineMs = Math.min(2_000, Math.max(250, 10 * ms))
    const dialDeadlineMs = 1.5 * handshakeDeadlineMs
    await using a = await Node.start({ handshakeDeadlineMs, dialDeadlineMs })
    await using b = await Node.start({ handshakeDeadlineMs, dialDeadlineMs })
    const target = b.network.addresses()[0] ?? ''
    for (let round = 0; round < 12; round++) {
      using proxy = await StallingProxy.to(target, Math.floor((total * (round + (seed % 97) / 97)) / 12))
      const outcome = await a.network.dial([proxy.address]).catch(codeOf)
      if (outcome === b.self) {
        // The last of these bytes are gossipsub's, when the link is up already.
        assert.ok(round >= 6, `a link after ${round}/12 of its bytes`)
        proxy.close()
      } else assert.equal(outcome, 'SHOAL_DIAL_FAILED')
      await until(() => !a.hasLink(b.self) && !b.hasLink(a.self) && establishedAt([b.port]) === 0)
    }
    // As whoever has no link does, again and again: on a busy machine not every dial is in time.
    for (let dials = 0; dials < 100 && !a.hasLink(b.self); dials++)
      await a.network.dial(b.network.addresses()).catch(codeOf)
    await linked(a, b)
    await hears(a, b)
  })
})

describe('libp2p: what leaves, and what waits', () => {
  test('all records of one turn leave in one write', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    await a.network.dial(b.network.addresses())
    await linked(a, b)
    const before = a.count('writes')
    for (let index = 0; index < 500; index++)
      a.network.send(b.self, index % 2 === 0 ? 'control' : 'calls', new Uint8Array(100))
    await until(() => b.records.length === 500)
    assert.equal(a.count('writes') - before, 1)
  })

  test('a record is one frame in one piece of TLS: its header is not sealed and sent on its own', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    using proxy = await StallingProxy.to(b.network.addresses()[0] ?? '')
    await a.network.dial([proxy.address])
    await linked(a, b)
    const sentBytes: number[] = []
    // Of many, as gossipsub and keep-alives send, too.
    for (let sent = 1; sent <= 20; sent++) {
      const before = proxy.bytes
      a.network.send(b.self, 'control', new Uint8Array(100))
      await until(() => b.records.length === sent)
      sentBytes.push(proxy.bytes - before)
    }
    const [sealBytes, frameBytes, lengthBytes] = [22, 12, 1]
    assert.equal(Math.min(...sentBytes), sealBytes + frameBytes + lengthBytes + 100)
  })

  test('what several channels have in one turn is one piece of TLS', async () => {
    await using a = await Node.start()
    await using b = await Node.start()
    using proxy = await StallingProxy.to(b.network.addresses()[0] ?? '')
    await a.network.dial([proxy.address])
    await linked(a, b)
    const sentBytes: number[] = []
    for (let sent = 1; sent <= 20; sent++) {
      const before = proxy.bytes
      for (const channel of channels) a.network.send(b.self, channel, new Uint8Array(100))
      await until(() => b.records.length === sent * channels.length)
      sentBytes.push(proxy.bytes - before)
    }
    const [sealBytes, frameBytes, lengthBytes] = [22, 12, 1]
    assert.equal(Math.min(...sentBytes), sealBytes + channels.length * (frameBytes + lengthBytes + 100))
  })

  test('a stop lets what was queued before it arrive', async () => {
    const a = await Node.start()
    await using b = await Node.start()
    await a.network.dial(b.network.addresses())
    await linked(a, b)
    for (let index = 0; index < 20; index++) a.network.send(b.self, 'control', new Uint8Array(1_000))
    await a.network.stop()
    await until(() => b.linksLost(a.self) === 1)
    assert.equal(b.records.length, 20)
  })

  test('a peer that does not read fills its queue and nothing else, and gets all when it reads again', async () => {
    await using a = await Node.start({ maxQueuedBytes: 4 * 1024 * 1024 })
    await using b = await Node.start()
    using proxy = await StallingProxy.to(b.network.addresses()[0] ?? '')
    await a.network.dial([proxy.address])
    await linked(a, b)
    proxy.stall()
    const record = new Uint8Array(100_000)
    let taken = 0
    // Over many turns, so that what the operating system and the windows take is full, too.
    for (let turn = 0, refusals = 0; turn < 2_000 && refusals < 50; turn++) {
      if (a.network.send(b.self, 'bulk', record)) taken++
      else refusals++
      await new Promise(resolve => setImmediate(resolve))
    }
    assert.equal(a.network.send(b.self, 'bulk', record), false)
    assert.ok(a.network.queuedBytes(b.self, 'bulk') <= 4 * 1024 * 1024)
    assert.ok(a.count('records_turned_away') > 0)
    proxy.goOn()
    await until(() => b.records.length === taken && a.network.queuedBytes(b.self, 'bulk') === 0)
    assert.equal(a.linksLost(b.self), 0)
  })
})

describe('libp2p: links that are none', () => {
  test('a peer of which nothing is heard is unlinked', async () => {
    await using a = await Node.start({ clock: hastyClock(), silenceLimitMs: 20_000 })
    await using b = await Node.start({ clock: hastyClock() })
    using proxy = await StallingProxy.to(b.network.addresses()[0] ?? '')
    await a.network.dial([proxy.address])
    await linked(a, b)
    // Far more looks than the limit, which is forty: keep-alives keep an idle link.
    const idle = performance.now()
    await until(() => performance.now() - idle > 1_000)
    assert.equal(a.linksLost(b.self), 0)
    proxy.stall()
    await until(() => a.linksLost(b.self) === 1)
    assert.equal(a.count('silent_peers'), 1)
  })

  test('a linked peer that publications do not reach is unlinked', async t => {
    await using a = await Node.start({ clock: hastyClock(), deafLimitMs: 1_500 })
    // The peer proves the key and opens the streams, but never subscribes: connected and deaf.
    const start = t.mock.method(Gossip.prototype, 'start', () => {})
    await using b = await Node.start()
    start.mock.restore()
    await a.network.dial(b.network.addresses())
    await until(() => a.linksLost(b.self) === 1)
    assert.equal(a.count('deaf_peers'), 1)
  })
})

/** Bytes in both directions, and time, until a link is up on both sides. */
async function oneLink(): Promise<{ bytes: number; ms: number }> {
  await using a = await Node.start()
  await using b = await Node.start()
  using proxy = await StallingProxy.to(b.network.addresses()[0] ?? '')
  const startMs = performance.now()
  await a.network.dial([proxy.address])
  await linked(a, b)
  return { bytes: proxy.bytes, ms: Math.ceil(performance.now() - startMs) }
}

function withoutName(address: string): string {
  return address.replace(/\/p2p\/.*$/, '')
}

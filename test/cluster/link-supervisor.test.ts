import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LinkSupervisor, type LinkSupervisorOptions } from '../../src/cluster/link-supervisor.ts'
import type { MemberRecord, MemberStatus } from '../../src/cluster/member-record.ts'
import { ShoalError, type ShoalErrorCode } from '../../src/ports/errors.ts'
import type { PeerId } from '../../src/ports/network.ts'
import { incarnations } from './member-arbitraries.ts'
import { seededRandom, World } from './member-world.ts'

interface Dial {
  readonly atMs: number
  readonly addresses: readonly string[]
  answer(peer: PeerId): void
  fail(code: ShoalErrorCode): void
}

const member = (id: PeerId, status: MemberStatus = 'alive'): MemberRecord => ({
  id,
  name: id,
  region: '',
  zone: '',
  incarnation: incarnations[0],
  refutation: 0,
  status,
  addresses: [`/node/${id}`]
})

/** A supervisor of node `m` whose dials are answered by hand, or all alike by `always`. */
class Desk {
  readonly world = new World(1)
  readonly dials: Dial[] = []
  readonly links = new Set<PeerId>()
  readonly logged: string[] = []
  /** How often the members were set. */
  #changes = 0
  #members: MemberRecord[] = []
  always: ((dial: Dial) => void) | undefined
  readonly supervisor: LinkSupervisor

  constructor(addresses: { bootstrap?: string[]; remembered?: string[] } = {}, options: LinkSupervisorOptions = {}) {
    const { world } = this
    const log = (level: string) => (message: string) => this.logged.push(`${level}: ${message}`)
    this.supervisor = new LinkSupervisor(
      {
        clock: {
          now: () => world.nowMs,
          elapsed: () => world.nowMs,
          after: (delayMs, task) => world.schedule(delayMs, undefined, 'timer', task),
          soon: task => world.schedule(0, undefined, 'timer', task)
        },
        random: seededRandom(1),
        logger: { debug() {}, info: log('info'), warn: log('warn'), error: log('error') },
        network: { self: 'm', dial: asked => this.#dial(asked), links: () => [...this.links] },
        members: () => this.#members,
        changes: () => this.#changes,
        bootstrap: addresses.bootstrap ?? [],
        remembered: addresses.remembered ?? []
      },
      options
    )
    this.supervisor.start()
  }

  set members(members: MemberRecord[]) {
    this.#members = members
    this.#changes += 1
  }

  async pass(ms: number): Promise<void> {
    this.world.settle()
    await this.world.run(ms)
  }

  link(peer: PeerId): void {
    this.links.add(peer)
    this.supervisor.linked(peer)
  }

  unlink(peer: PeerId): void {
    this.links.delete(peer)
    this.supervisor.unlinked(peer)
  }

  dialsOf(address: string): Dial[] {
    return this.dials.filter(dial => dial.addresses.includes(address))
  }

  #dial(addresses: readonly string[]): Promise<PeerId> {
    const { promise, resolve, reject } = Promise.withResolvers<PeerId>()
    const { world } = this
    const dial: Dial = {
      atMs: world.nowMs,
      addresses,
      answer(peer) {
        world.settle()
        resolve(peer)
      },
      fail(code) {
        world.settle()
        reject(new ShoalError(code, 'for this test'))
      }
    }
    this.dials.push(dial)
    this.always?.(dial)
    return promise
  }
}

const gaps = (dials: readonly Dial[]) => dials.slice(1).map((dial, at) => dial.atMs - (dials[at]?.atMs ?? 0))

test('a member that does not answer is dialled for ever, ever more slowly up to the cap', async () => {
  const desk = new Desk()
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  desk.members = [member('m'), member('z')]
  await desk.pass(3_600_000)
  const waits = gaps(desk.dials)
  assert.ok((waits[0] ?? 0) <= 120 && (waits[2] ?? 0) > (waits[0] ?? 0))
  assert.ok(
    waits.slice(10).every(wait => wait >= 1000 && wait <= 2050),
    'between half of the cap and the cap'
  )
  assert.ok(new Set(waits.slice(10)).size > 100, 'with jitter')
  assert.deepEqual(desk.dialsOf('/node/m'), [], 'never itself')
})

test('a member that died recently is dialled at the faster pace, one that died long ago more slowly', async () => {
  const desk = new Desk()
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  desk.members = [member('z', 'dead')]
  await desk.pass(600_000)
  assert.ok(gaps(desk.dials).every(wait => wait <= 2050))
  await desk.pass(60_000)
  const before = desk.dials.length
  await desk.pass(600_000)
  const late = gaps(desk.dials.slice(before))
  assert.ok(
    late.every(wait => wait >= 5000 && wait <= 10_050),
    `${late}`
  )
  desk.members = [member('z')]
  await desk.pass(15_000)
  assert.ok((gaps(desk.dials).at(-1) ?? 0) <= 2050, 'alive again, it is dialled faster again')
})

test('a member that is linked is not dialled', async () => {
  const desk = new Desk()
  desk.members = [member('z')]
  desk.link('z')
  await desk.pass(60_000)
  assert.deepEqual(desk.dials, [])
})

test('a member that left is dialled rarely, and not at once when its link ends', async () => {
  const desk = new Desk()
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  desk.members = [member('z')]
  desk.link('z')
  await desk.pass(10_000)
  desk.members = [member('z', 'left')]
  desk.unlink('z')
  await desk.pass(29_000)
  assert.equal(desk.dials.length, 0)
  await desk.pass(3_600_000)
  assert.ok(gaps(desk.dials).every(wait => wait >= 30_000 && wait <= 60_500))
  desk.members = [member('z')]
  await desk.pass(1000)
  assert.ok(desk.world.nowMs - (desk.dials.at(-1)?.atMs ?? 0) <= 1000, 'a new process is dialled at once')
})

test('one dial at a time goes to a member, and one that hangs does not hang the supervisor', async () => {
  const desk = new Desk()
  desk.members = [member('z')]
  await desk.pass(14_000)
  assert.equal(desk.dials.length, 1)
  desk.supervisor.wake('z')
  await desk.pass(100)
  assert.equal(desk.dials.length, 1)
  await desk.pass(5000)
  assert.equal(desk.dials.length, 2)
  desk.dials[0]?.fail('SHOAL_DIAL_FAILED')
  await desk.pass(5000)
  assert.equal(desk.dials.length, 2, 'the late end of the first does not count for the second')
})

test('the lower id dials first', async () => {
  const desk = new Desk()
  desk.members = [member('a'), member('z')]
  await desk.pass(200)
  assert.deepEqual(
    desk.dials.map(dial => dial.addresses[0]),
    ['/node/z']
  )
  await desk.pass(400)
  assert.deepEqual(
    desk.dials.map(dial => dial.addresses[0]),
    ['/node/z', '/node/a']
  )
})

test('a good link that ends is made anew at once; one that ends again and again is not dialled in a tight loop', async () => {
  const desk = new Desk()
  desk.members = [member('z')]
  desk.always = dial => {
    desk.link('z')
    dial.answer('z')
  }
  await desk.pass(10_000)
  desk.unlink('z')
  await desk.pass(10)
  assert.equal(desk.dials.length, 2)
  const flapping = desk.dials.length
  for (let round = 0; round < 2000; round += 1) {
    if (desk.links.has('z')) desk.unlink('z')
    await desk.pass(10)
  }
  assert.ok(desk.dials.length - flapping < 25, `${desk.dials.length - flapping} dials in 20 s`)
  assert.ok(desk.dials.length - flapping > 8)
})

test('a bootstrap address whose peer is linked is left alone, and dialled again when that peer is gone', async () => {
  const desk = new Desk({ bootstrap: ['/seed', '/node/q/p2p/q', '/me/p2p/m'] })
  desk.link('q')
  await desk.pass(10)
  assert.deepEqual(
    desk.dials.map(dial => dial.addresses[0]),
    ['/seed'],
    'not itself, and not q, which is linked'
  )
  desk.link('z')
  desk.dials[0]?.answer('z')
  await desk.pass(60_000)
  assert.equal(desk.dials.length, 1)
  desk.unlink('z')
  await desk.pass(1000)
  assert.equal(desk.dials.length, 2)
  desk.dials[1]?.fail('SHOAL_DIAL_FAILED')
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  await desk.pass(600_000)
  assert.ok(desk.dialsOf('/seed').length > 300, 'for ever')
})

test('an address at which this node itself answers is dropped', async () => {
  const desk = new Desk({ bootstrap: ['/me'] })
  desk.always = dial => dial.answer('m')
  await desk.pass(60_000)
  assert.equal(desk.dials.length, 1)
})

test('a refused dial is tried again at the cap, and said once for each reason', async () => {
  const desk = new Desk({ bootstrap: ['/seed'] })
  desk.always = dial => dial.fail('SHOAL_CLUSTER_KEY')
  await desk.pass(30_000)
  assert.ok(desk.dials.length > 10 && gaps(desk.dials).every(wait => wait >= 1000))
  assert.equal(desk.logged.length, 1)
  assert.match(desk.logged[0] ?? '', /^warn/)
  desk.always = dial => dial.fail('SHOAL_CLUSTER_MISMATCH')
  await desk.pass(30_000)
  desk.always = dial => dial.fail('SHOAL_PEER_REFUSED')
  await desk.pass(30_000)
  assert.deepEqual(
    desk.logged.map(line => line.slice(0, 4)),
    ['warn', 'warn', 'info']
  )
})

test('waking tries at once', async () => {
  const desk = new Desk({ bootstrap: ['/seed'] })
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  desk.members = [member('z')]
  await desk.pass(60_000)
  const before = desk.dials.length
  desk.supervisor.wake()
  await desk.pass(1)
  assert.equal(desk.dials.length, before + 2)
})

test('addresses that are only heard of are dialled, but no more than a limit of them are kept', async () => {
  const desk = new Desk({ bootstrap: ['/seed'] }, { discoveredMax: 10, dialsMax: 1000 })
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  for (let batch = 0; batch < 50; batch += 1) {
    desk.supervisor.discovered(Array.from({ length: 100 }, (_, number) => `/heard/${batch}/${number}`))
    await desk.pass(1000)
  }
  const before = desk.dials.length
  await desk.pass(10_000)
  assert.ok(new Set(desk.dials.slice(before).map(dial => dial.addresses[0])).size <= 11)
  assert.ok(desk.dialsOf('/seed').length > 10, 'the operator’s address stays')
})

test('so many dials are under way at once, and no more', async () => {
  const desk = new Desk({}, { dialsMax: 3 })
  desk.members = Array.from({ length: 20 }, (_, number) => member(`z${number}`))
  await desk.pass(5000)
  assert.equal(desk.dials.length, 3)
  desk.dials[0]?.fail('SHOAL_DIAL_FAILED')
  await desk.pass(1)
  assert.equal(desk.dials.length, 4)
})

test('after the stop no dial starts', async () => {
  const desk = new Desk({ bootstrap: ['/seed'] })
  desk.always = dial => dial.fail('SHOAL_DIAL_FAILED')
  await desk.pass(1000)
  const before = desk.dials.length
  desk.supervisor.stop()
  desk.supervisor.wake()
  desk.supervisor.stop()
  await desk.pass(60_000)
  assert.equal(desk.dials.length, before)
})

test('members that answer nothing keep nobody else from being dialled', async () => {
  const desk = new Desk({ bootstrap: ['/bootstrap'] })
  const silent = Array.from({ length: 40 }, (_, i) => member(`silent-${i}`, 'dead'))
  desk.members = [...silent, member('there')]
  const dialled = new Map<string, number>()
  desk.always = dial => {
    const [address = ''] = dial.addresses
    dialled.set(address, (dialled.get(address) ?? 0) + 1)
    const lastsMs = address.includes('silent') ? 5000 : 5
    desk.world.schedule(lastsMs, undefined, 'timer', () => dial.fail('SHOAL_UNAVAILABLE'))
  }
  await desk.pass(300_000)
  for (const address of ['/node/there', '/bootstrap'])
    assert.ok((dialled.get(address) ?? 0) >= 10, `${address} was dialled ${dialled.get(address)} times in five minutes`)
})

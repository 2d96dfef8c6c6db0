import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startMsOf } from '../../src/cluster/identity.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { formed, isWhole, signed, viewOf, World, type WorldNode } from './member-world.ts'

/** Each claim is tried with so many seeds; a failure names its seed. `SEED=n` tries only that one. */
const { SEED: onlySeed } = process.env
function seedsUpTo(count: number): number[] {
  return onlySeed === undefined ? Array.from({ length: count }, (_, seed) => seed) : [Number(onlySeed)]
}

const without = (world: World, ...absent: WorldNode[]) => world.nodes.filter(node => !absent.includes(node))
const deathsAt = (nodes: readonly WorldNode[]) =>
  nodes.flatMap(node => node.deaths.map(death => `${node.id} buried ${death.id}`))
const forgetDeaths = (world: World) => {
  for (const node of world.nodes) node.deaths.length = 0
}
const refutationsOf = (node: WorldNode) => node.membership.records()[0]?.refutation
const pick = (world: World): WorldNode => {
  const node = world.nodes[world.random.below(world.nodes.length)]
  assert.ok(node)
  return node
}

test('three nodes that each know one other see each other within two seconds, in any order of starting', async () => {
  for (const seed of seedsUpTo(100)) {
    const world = new World(seed)
    const rotation = ['/node/n1', '/node/n2', '/node/n0']
    for (const [number, known] of rotation.entries()) world.add(`n${number}`, [known])
    let first = 0
    for (const node of world.nodes.toSorted(() => world.random.next() - 0.5)) {
      node.start()
      if (first++ < 2) await world.run(world.random.below(3000))
    }
    const tookMs = await world.run(10_000, () => isWhole(world))
    assert.ok(tookMs < 2000, `seed ${seed}: ${tookMs} ms`)
    assert.equal(new Set(world.nodes.map(node => node.membership.viewHash())).size, 1)
  }
})

test('twenty nodes that each know one other find all', async () => {
  for (const seed of seedsUpTo(10)) {
    const world = await formed(seed, 20)
    assert.ok(isWhole(world), `seed ${seed}`)
    assert.deepEqual(deathsAt(world.nodes), [], `seed ${seed}`)
  }
})

test('a killed node is dead at all others within 1.5 s, and nobody else is', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 3 + (seed % 6))
    const victim = pick(world)
    const others = without(world, victim)
    victim.kill()
    const tookMs = await world.run(10_000, () => others.every(node => node.status(victim.id) === 'dead'))
    assert.ok(tookMs <= 1500, `seed ${seed}: ${tookMs} ms`)
    await world.run(3000)
    assert.ok(isWhole(world), `seed ${seed}`)
    assert.deepEqual(
      deathsAt(others).filter(text => !text.endsWith(victim.id)),
      [],
      `seed ${seed}`
    )
    assert.ok(
      others.every(node => node.membership.admitted().includes(victim.id)),
      'the dead stay admitted'
    )
  }
})

test('a node that stands still is dead at all others within 2.4 s, and alive again when it goes on', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 2 + (seed % 7))
    const victim = pick(world)
    const others = without(world, victim)
    const before = others.map(refutationsOf)
    victim.freeze()
    const tookMs = await world.run(10_000, () => others.every(node => node.status(victim.id) === 'dead'))
    assert.ok(tookMs <= 2400, `seed ${seed}: ${tookMs} ms`)
    await world.run(world.random.below(30_000))
    victim.resume()
    const backMs = await world.run(10_000, () => isWhole(world))
    assert.ok(backMs < 2000, `seed ${seed}: ${backMs} ms`)
    assert.ok(
      victim.refuted.some(({ status }) => status === 'dead'),
      `seed ${seed}: it must learn that it was held for dead`
    )
    assert.deepEqual(others.map(refutationsOf), before, `seed ${seed}: others were accused for its standstill`)
  }
})

test('a node that stood still buries nobody whose refutation waits in its sockets', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 2)
    const [observer, suspect] = world.nodes as [WorldNode, WorldNode]
    suspect.freeze()
    await world.run(3000, () => observer.status(suspect.id) === 'suspect')
    observer.freeze()
    suspect.resume()
    await world.run(1000)
    observer.resume()
    await world.run(3000)
    assert.deepEqual(observer.deaths, [], `seed ${seed}`)
    assert.ok(isWhole(world), `seed ${seed}`)
  }
})

test('nobody is held for dead because one node stands still for a second', async () => {
  for (const seed of seedsUpTo(100)) {
    const world = await formed(seed, 2 + (seed % 7))
    for (let round = 0; round < 3; round += 1) {
      const victim = pick(world)
      victim.freeze()
      await world.run(1000)
      victim.resume()
      await world.run(1500 + world.random.below(1000))
    }
    assert.deepEqual(deathsAt(world.nodes), [], `seed ${seed}`)
    await world.run(2000)
    assert.ok(isWhole(world), `seed ${seed}`)
  }
})

test('nobody is held for dead in a quiet cluster, though one record in twenty is lost', async () => {
  for (const seed of seedsUpTo(40)) {
    const world = await formed(seed, 5, { lossProbability: 0.05 })
    forgetDeaths(world)
    await world.run(60_000)
    assert.deepEqual(deathsAt(world.nodes), [], `seed ${seed}`)
  }
})

test('nobody is held for dead for a link that is missing, while others reach it', async () => {
  for (const seed of seedsUpTo(40)) {
    const world = await formed(seed, 5)
    const before = world.nodes.map(refutationsOf)
    world.cut((a, b) => [a, b].sort().join(' ') === 'n10 n11')
    await world.run(30_000)
    assert.ok(isWhole(world), `seed ${seed}`)
    assert.deepEqual(world.nodes.map(refutationsOf), before, `seed ${seed}: somebody was accused`)
  }
})

test('nobody is held for dead as soon as it stops answering, while it still speaks', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 2)
    world.isBlackHole = from => from === 'n10'
    await world.run(1800)
    assert.equal(world.nodes[0]?.status('n11'), 'suspect', `seed ${seed}`)
    world.heal()
    await world.run(3000)
    assert.deepEqual(world.nodes[0]?.deaths, [], `seed ${seed}`)
    assert.ok(isWhole(world), `seed ${seed}`)
  }
})

test('after a long partition all see all again, and the heal makes nobody doubt its own side', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 3 + (seed % 6))
    const size = 1 + world.random.below(world.nodes.length - 1)
    const side = new Set(world.nodes.slice(0, size).map(node => node.id))
    const apart = (a: string, b: string) => side.has(a) !== side.has(b)
    if (seed % 2 === 0) world.cut(apart)
    else world.isBlackHole = apart
    await world.run(5000)
    for (const node of world.nodes) {
      const own = world.nodes.filter(other => side.has(other.id) === side.has(node.id)).map(other => other.id)
      assert.equal(viewOf(node), own.sort().join(' '), `seed ${seed}: view of ${node.id}`)
    }
    await world.run(world.random.below(60_000))
    forgetDeaths(world)
    world.heal()
    const tookMs = await world.run(20_000, () => isWhole(world))
    assert.ok(tookMs < 4000, `seed ${seed}: ${tookMs} ms`)
    await world.run(3000)
    assert.deepEqual(deathsAt(world.nodes), [], `seed ${seed}`)
  }
})

test('a partition of an hour mends itself', async () => {
  const world = await formed(7, 3)
  world.cut((a, b) => a === 'n10' || b === 'n10')
  await world.run(60 * 60 * 1000)
  world.heal()
  const tookMs = await world.run(60_000, () => isWhole(world))
  assert.ok(tookMs < 12_000, `${tookMs} ms`)
})

test('two clusters that never heard of each other become one when any two of their nodes meet', async () => {
  for (const seed of seedsUpTo(40)) {
    const world = new World(seed)
    for (let number = 0; number < 6; number += 1) {
      const island = number % 2
      world.add(`n${number}`, number < 2 ? [] : [`/node/n${island}`])
    }
    for (const node of world.nodes) node.start()
    await world.run(5000)
    assert.equal(viewOf(pick(world)).split(' ').length, 3, `seed ${seed}`)
    pick(world).supervisor.discovered(world.nodes.map(node => node.address))
    const tookMs = await world.run(10_000, () => isWhole(world))
    assert.ok(tookMs < 2000, `seed ${seed}: ${tookMs} ms`)
  }
})

test('a node that leaves is gone at once everywhere, and late gossip does not bring it back', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 3 + (seed % 6))
    const leaver = pick(world)
    const others = without(world, leaver)
    const absent = others[0] as WorldNode
    absent.freeze()
    await world.run(200)
    let isFarewellOver = false
    leaver.membership.leave().then(() => {
      isFarewellOver = true
      leaver.kill()
    })
    world.settle()
    await world.run(300)
    for (const node of without(world, leaver, absent)) {
      assert.ok(!node.membership.admitted().includes(leaver.id), `seed ${seed}: ${node.id} still admits it`)
      assert.ok(!node.membership.alive().includes(leaver.id), `seed ${seed}`)
    }
    await world.run(3000)
    world.settle()
    await world.run(1)
    assert.ok(isFarewellOver, `seed ${seed}: the farewell waits for a node that does not answer`)
    absent.resume()
    await world.run(10_000)
    assert.ok(isWhole(world), `seed ${seed}`)
    assert.ok(
      others.every(node => node.status(leaver.id) === 'left'),
      `seed ${seed}`
    )
    assert.deepEqual(
      deathsAt(others).filter(text => text.endsWith(leaver.id)),
      [],
      `seed ${seed}`
    )
    leaver.start()
    await world.run(10_000, () => isWhole(world))
    assert.ok(isWhole(world) && viewOf(absent).includes(leaver.id), `seed ${seed}: a new process is a member again`)
  }
})

test('a node that is killed and comes back at once is never held for dead in its new life', async () => {
  for (const seed of seedsUpTo(60)) {
    const world = await formed(seed, 3 + (seed % 4))
    const victim = pick(world)
    victim.kill()
    await world.run(50 + world.random.below(900))
    victim.start()
    const incarnation = victim.membership.records()[0]?.incarnation
    await world.run(10_000)
    assert.ok(isWhole(world), `seed ${seed}`)
    for (const node of world.nodes) {
      assert.equal(node.membership.member(victim.id)?.incarnation, incarnation)
      assert.equal(node.membership.member(victim.id)?.refutation, 0, `seed ${seed}: it had to refute`)
    }
  }
})

test('a node remembers the members over a restart, with nobody left to ask', async () => {
  const world = await formed(3, 4)
  const survivor = world.nodes[3] as WorldNode
  for (const node of world.nodes) node.kill()
  await world.run(5000)
  survivor.start()
  assert.equal(survivor.membership.alive().length, 4)
  await world.run(5000)
  assert.deepEqual(survivor.membership.alive(), [survivor.id])
  assert.equal(survivor.membership.admitted().length, 4)
  for (const node of without(world, survivor)) node.start()
  const tookMs = await world.run(10_000, () => isWhole(world))
  assert.ok(tookMs < 4000, `${tookMs} ms`)
})

test('the older of two processes with one identity is told of the younger', async () => {
  const world = await formed(5, 3)
  const [original, witness] = world.nodes as [WorldNode, WorldNode]
  const record = witness.membership.member(original.id)
  assert.ok(record)
  const hourLater = (startMsOf(record.incarnation) + 3_600_000).toString(36).padStart(9, '0')
  const younger = signed({ ...record, incarnation: hourLater + record.incarnation.slice(9) })
  witness.membership.merge([younger])
  await world.run(2000)
  assert.deepEqual(
    original.impostors.map(each => each.incarnation),
    [younger.incarnation]
  )
})

test('a process from ten years ahead is believed of nobody, nor remembered', async () => {
  const world = await formed(5, 3)
  const [original, witness] = world.nodes as [WorldNode, WorldNode]
  const record = witness.membership.member(original.id)
  assert.ok(record)
  const tenYearsLater = (startMsOf(record.incarnation) + 315_360_000_000).toString(36).padStart(9, '0')
  const lie = { ...record, incarnation: tenYearsLater + record.incarnation.slice(9) }
  witness.membership.merge([signed(lie), signed({ ...lie, id: 'nobody' })])
  original.membership.merge([signed(lie)])
  await world.run(2000)
  assert.deepEqual(original.impostors, [])
  assert.equal(witness.membership.member(original.id)?.incarnation, record.incarnation)
  witness.kill()
  witness.remembered = [signed(lie), signed({ ...record, id: 'somebody' })]
  witness.start()
  assert.equal(witness.membership.member(original.id), undefined)
  assert.ok(witness.membership.member('somebody'))
})

test('views are numbered upwards and named by what they hold', async () => {
  const world = await formed(6, 3)
  const [a, b, c] = world.nodes as [WorldNode, WorldNode, WorldNode]
  const [hash, number] = [a.membership.viewHash(), a.membership.viewNumber]
  assert.equal(hash, b.membership.viewHash())
  c.kill()
  await world.run(3000)
  assert.notEqual(a.membership.viewHash(), hash)
  assert.ok(a.membership.viewNumber > number)
  c.start()
  await world.run(3000)
  assert.equal(a.membership.viewHash(), hash)
})

test('new addresses of a running node reach all others', async () => {
  const world = await formed(8, 4)
  const mover = pick(world)
  mover.address = '/node/elsewhere'
  await world.run(2000)
  for (const node of world.nodes) assert.deepEqual(node.membership.member(mover.id)?.addresses, ['/node/elsewhere'])
})

test('links that come up before the start, and what comes over them, are not lost', async () => {
  const world = await formed(9, 3)
  const late = world.add('n99')
  late.startLate()
  await world.run(0)
  world.link(late, pick(world))
  await world.run(1000)
  assert.equal(late.membership.records().length, 4, 'it heard the greeting')
  late.membership.start()
  late.supervisor.start()
  await world.run(3000)
  assert.ok(isWhole(world))
})

test('a peer that invents members fills the table to its limit, and harms nobody who is in it', async () => {
  const world = new World(10)
  for (let number = 0; number < 3; number += 1) world.add(`n${number}`, ['/node/n0'], { membersMax: 40 })
  for (const node of world.nodes) node.start()
  await world.run(5000)
  const [victim, liar] = world.nodes as [WorldNode, WorldNode]
  for (let batch = 0; batch < 10; batch += 1) {
    const [, example] = victim.membership.records() as [MemberRecord, MemberRecord]
    const invented = Array.from({ length: 500 }, (_, number) =>
      signed({ ...example, id: `x${batch}-${number}`, addresses: ['/nowhere'] })
    )
    victim.membership.receiveHello(liar.id, invented)
    await world.run(100)
  }
  assert.equal(victim.membership.records().length, 40)
  await world.run(20_000)
  for (const node of world.nodes) {
    assert.ok(node.membership.records().length <= 40)
    for (const other of world.nodes) assert.equal(node.status(other.id), 'alive')
  }
})

test('a listener hears of each change once all of a message are in, also when it brings news itself', async () => {
  const world = await formed(11, 3)
  const node = pick(world)
  const [, example] = node.membership.records()
  assert.ok(example)
  const stranger = (id: string): MemberRecord => signed({ ...example, id, addresses: [] })
  const heard: string[] = []
  node.membership.onChange(({ before, after }) => {
    heard.push(`${after.id} ${before?.status} ${after.status} of ${node.membership.records().length}`)
    if (after.id === 'x1') node.membership.merge([stranger('x3')])
  })
  node.membership.merge([stranger('x1'), stranger('x2')])
  assert.deepEqual(heard, ['x1 undefined alive of 5', 'x2 undefined alive of 6', 'x3 undefined alive of 6'])
})

test('whatever happens, and then stops happening, all see all that live', async () => {
  const seen = { kill: 0, restart: 0, freeze: 0, cut: 0, hole: 0, leave: 0 }
  for (const seed of seedsUpTo(150)) {
    const world = await formed(seed, 3 + (seed % 5), { lossProbability: lossOf(seed), latencyMsMax: 1 + (seed % 20) })
    let leavers = 0
    for (let step = 0; step < 15; step += 1) {
      const node = pick(world)
      const dice = world.random.below(8)
      const living = world.nodes.filter(each => !each.isDead).length
      if (node.isDead) {
        node.start()
        seen.restart += 1
      } else if (node.isStopped) node.resume()
      else if (dice === 0 && living > 1) {
        node.kill()
        seen.kill += 1
      } else if (dice === 1) {
        node.freeze()
        seen.freeze += 1
      } else if (dice === 2) {
        const far = new Set(world.nodes.filter(() => world.random.next() < 0.5).map(each => each.id))
        world.cut((a, b) => far.has(a) !== far.has(b))
        seen.cut += 1
      } else if (dice === 3) {
        world.isBlackHole = (a, b) => a === node.id || b === node.id
        seen.hole += 1
      } else if (dice === 4 && living > 1) {
        node.membership.leave()
        await world.run(50)
        node.kill()
        seen.leave += 1
        leavers += 1
      } else if (dice === 5) world.heal()
      await world.run(world.random.below(4000))
    }
    world.heal()
    world.lossProbability = 0
    for (const node of world.nodes) if (node.isStopped) node.resume()
    // Two nodes that left while they could not hear each other, and came back with all others down, dial each other rarely.
    const boundMs = leavers > 1 ? 65_000 : 10_000
    const tookMs = await world.run(90_000, () => isWhole(world))
    assert.ok(
      tookMs < boundMs,
      `seed ${seed}: ${tookMs} ms; ${world.nodes.map(node => `${node.id}: ${viewOf(node)}`).join('; ')}`
    )
    await world.run(5000)
    assert.ok(isWhole(world), `seed ${seed}: it did not last`)
    assert.deepEqual(
      world.nodes.flatMap(node => node.impostors),
      [],
      `seed ${seed}`
    )
  }
  if (onlySeed === undefined)
    for (const [fault, count] of Object.entries(seen)) assert.ok(count > 20, `${fault}: only ${count}`)
})

function lossOf(seed: number): number {
  return seed % 3 === 0 ? 0.1 : 0
}

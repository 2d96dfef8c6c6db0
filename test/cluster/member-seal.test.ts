/** Who may say what of a member: accuse it, anybody; speak for it, only itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { startMsOf } from '../../src/cluster/identity.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { declarationOf, isSameDeclaration } from '../../src/cluster/member-seal.ts'
import { memberFrom, memberTo } from '../../src/cluster/member-wire.ts'
import { incarnations, recordsOf } from './member-arbitraries.ts'
import { formed, isWhole, signed, type World, type WorldNode } from './member-world.ts'

const malformed = { code: 'SHOAL_MALFORMED' }

async function three(): Promise<{ world: World; victim: WorldNode; witness: WorldNode; held: MemberRecord }> {
  const world = await formed(7, 3)
  const [victim, witness] = world.nodes as [WorldNode, WorldNode]
  const held = witness.membership.member(victim.id)
  assert.ok(held)
  return { world, victim, witness, held }
}

function younger({ incarnation }: MemberRecord): string {
  return (startMsOf(incarnation) + 1000).toString(36).padStart(9, '0') + incarnation.slice(9)
}

test('what a member signs is equal where the records differ in accusations only, and nowhere else', () => {
  const hex = (record: MemberRecord) => Buffer.from(declarationOf(record)).toString('hex')
  fc.assert(
    fc.property(recordsOf(['n1', 'n2']), recordsOf(['n1', 'n2']), (a, b) => {
      assert.equal(hex(a) === hex(b), a.id === b.id && isSameDeclaration(a, b))
      assert.equal(hex(memberFrom(memberTo(signed(a)))), hex({ ...a, zone: a.zone || a.region }))
    })
  )
})

test('a signature is of each thing that a member says of itself', () => {
  const hex = (record: MemberRecord) => Buffer.from(declarationOf(record)).toString('hex')
  const said = signed({
    id: 'n1',
    name: 'a',
    region: 'eu',
    zone: 'eu-1',
    incarnation: incarnations[0],
    refutation: 1,
    status: 'alive',
    addresses: ['/here'],
    kinds: '0123456789abcdef'
  })
  const others: Partial<MemberRecord>[] = [
    { id: 'n2' },
    { name: 'b' },
    { region: 'us' },
    { zone: 'eu-2' },
    { incarnation: incarnations[1] },
    { refutation: 2 },
    { status: 'left' },
    { addresses: ['/here', '/there'] },
    { kinds: 'fedcba9876543210' },
    { weight: 2 }
  ]
  for (const other of others) assert.notEqual(hex({ ...said, ...other }), hex(said), JSON.stringify(other))
  for (const status of ['suspect', 'dead', 'forgotten'] as const) assert.equal(hex({ ...said, status }), hex(said))
})

test('where the table is full, whoever stands before a node gets in with its own signature only', async () => {
  const world = await formed(7, 3, { membership: { membersMax: 4 } })
  const [, witness] = world.nodes as [WorldNode, WorldNode]
  const held = witness.membership.member('n10')
  assert.ok(held)
  const invented = signed({ ...held, id: 'x1', addresses: [] })
  witness.membership.receiveHello('n12', [invented])
  const stranger = signed({ ...held, id: 'x9', addresses: [] })
  const { signature: _, ...bare } = stranger
  assert.throws(() => witness.membership.receiveHello('x9', [bare]), malformed)
  assert.deepEqual([witness.status('x1'), witness.status('x9')], ['alive', undefined])
  witness.membership.receiveHello('x9', [stranger])
  assert.deepEqual([witness.status('x1'), witness.status('x9')], [undefined, 'alive'])
})

test('nobody can end a process by claiming a younger life of it: neither the process nor a witness believes it', async () => {
  const { world, victim, witness, held } = await three()
  for (const signature of [held.signature, new Uint8Array(64), undefined]) {
    const { signature: _, ...rest } = held
    const lie = { ...rest, incarnation: younger(held), ...(signature === undefined ? {} : { signature }) }
    for (const node of [victim, witness]) assert.throws(() => node.membership.receiveHello('n12', [lie]), malformed)
  }
  await world.run(3000)
  assert.deepEqual(victim.impostors, [])
  assert.equal(witness.membership.member(victim.id)?.incarnation, held.incarnation)
  assert.ok(isWhole(world))
})

test('nobody can say of another that it has left, nor use up its refutations', async () => {
  const { world, victim, witness, held } = await three()
  for (const lie of [
    { ...held, status: 'left' as const },
    { ...held, status: 'dead' as const, refutation: 0xffff_ffff },
    { ...held, addresses: ['/somewhere'] },
    { ...held, refutation: held.refutation + 1, name: 'another' }
  ])
    for (const node of [victim, witness]) assert.throws(() => node.membership.receivePing('n12', 1, [lie]), malformed)
  await world.run(3000)
  assert.ok(isWhole(world))
})

test('an accusation needs no signature, is contradicted, and is kept under the signature of the accused', async () => {
  const { world, victim, witness, held } = await three()
  const { signature: _, ...bare } = held
  witness.membership.receiveHello('n12', [{ ...bare, status: 'suspect' }])
  assert.equal(witness.status(victim.id), 'suspect')
  assert.deepEqual(witness.membership.member(victim.id)?.signature, held.signature)
  await world.run(3000)
  assert.ok(isWhole(world))
  assert.ok((witness.membership.member(victim.id)?.refutation ?? 0) > held.refutation)
})

test('what comes before a made-up record in a message is taken in, and what an old disk says without signatures is not', async () => {
  const { world, victim, witness, held } = await three()
  const stranger = signed({ ...held, id: 'x1', addresses: [] })
  const lie = { ...held, incarnation: younger(held) }
  assert.throws(() => witness.membership.receiveHello('n12', [stranger, lie]), malformed)
  assert.ok(witness.membership.alive().includes('x1'))
  witness.kill()
  const { signature: _, ...bare } = stranger
  witness.remembered = [bare, held]
  witness.start()
  assert.equal(witness.status('x1'), undefined)
  assert.equal(witness.status(victim.id), 'alive')
  await world.run(100)
})

/** Where replicas are: alike in equal views, spread over zones and regions, and moved little by those who come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { type PlacedMember, Placement } from '../../src/cluster/placement.ts'

const slices = 32
const shardsOf = (replicas: number) => Array.from({ length: slices }, (_, slice) => replicas * slices + slice)

const membersOf = (options: { minLength?: number; maxLength?: number; zones?: number; regions?: number } = {}) =>
  fc
    .uniqueArray(
      fc.record({
        id: fc.integer({ min: 0, max: 500 }).map(number => `12D3KooW${number}`),
        region: fc.integer({ min: 1, max: options.regions ?? 3 }).map(number => `r${number}`),
        zone: fc.integer({ min: 1, max: options.zones ?? 3 }).map(number => `z${number}`),
        isLongGone: fc.boolean()
      }),
      { selector: member => member.id, minLength: options.minLength ?? 1, maxLength: options.maxLength ?? 20 }
    )
    .map(members => members as PlacedMember[])

const zoneOf = ({ region, zone }: PlacedMember) => `${region}/${zone}`

test('equal views place alike, in whatever order their members come', () => {
  fc.assert(
    fc.property(
      membersOf(),
      fc.integer({ min: 0, max: 15 }),
      fc.infiniteStream(fc.nat()),
      (members, replicas, dice) => {
        const shuffled = members
          .map(member => ({ member, at: dice.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ member }) => member)
        const [one, other] = [new Placement(members, slices), new Placement(shuffled, slices)]
        for (const shard of shardsOf(replicas)) {
          assert.deepEqual(one.home(shard), other.home(shard))
          assert.deepEqual(one.hosts(shard), other.hosts(shard))
        }
      }
    )
  )
})

test('a home has R different members, or all where there are fewer; hosts are none of those long gone', () => {
  fc.assert(
    fc.property(membersOf(), fc.integer({ min: 1, max: 15 }), (members, replicas) => {
      const placement = new Placement(members, slices)
      const here = members.filter(member => !member.isLongGone).map(({ id }) => id)
      for (const shard of shardsOf(replicas)) {
        assert.equal(new Set(placement.home(shard)).size, Math.min(replicas, members.length))
        assert.equal(new Set(placement.hosts(shard)).size, Math.min(replicas, here.length))
        assert.ok(placement.hosts(shard).every(id => here.includes(id)))
        const storing = new Set(placement.storing(shard))
        assert.ok([...placement.home(shard), ...placement.hosts(shard)].every(id => storing.has(id)))
      }
    })
  )
})

test('with no number of replicas every member stores the shard', () => {
  fc.assert(
    fc.property(membersOf(), members => {
      const placement = new Placement(members, slices)
      assert.deepEqual(placement.home(0), members.map(({ id }) => id).sort())
    })
  )
})

test('no zone has two replicas while another has none, and no region', () => {
  fc.assert(
    fc.property(membersOf({ minLength: 2 }), fc.integer({ min: 2, max: 6 }), (members, replicas) => {
      const placement = new Placement(members, slices)
      const byId = new Map(members.map(member => [member.id, member]))
      for (const shard of shardsOf(replicas)) {
        const home = placement.home(shard).flatMap(id => byId.get(id) ?? [])
        for (const groupOf of [zoneOf, (member: PlacedMember) => member.region]) {
          const groups = new Set(members.map(groupOf))
          const counts = [...Map.groupBy(home, groupOf).values()].map(group => group.length)
          if (counts.length < groups.size) assert.ok(Math.max(...counts) <= 1, `${home.map(groupOf)}`)
        }
      }
    })
  )
})

test('in one zone, who joins or leaves moves about its own part, and nothing between the others', () => {
  fc.assert(
    fc.property(
      membersOf({ minLength: 4, zones: 1, regions: 1 }),
      fc.integer({ min: 1, max: 5 }),
      (members, replicas) => {
        const [newcomer, ...others] = members.map(member => ({ ...member, isLongGone: false }))
        assert.ok(newcomer !== undefined)
        const [before, after] = [new Placement(others, slices), new Placement([newcomer, ...others], slices)]
        for (const shard of shardsOf(replicas)) {
          const gained = after.home(shard).filter(id => !before.home(shard).includes(id))
          assert.ok(gained.length <= 1 && gained.every(id => id === newcomer.id), 'only the newcomer gains')
        }
      }
    )
  )
})

test('a newcomer to 12 nodes in three zones takes about a thirteenth of the replicas', () => {
  const member = (number: number): PlacedMember => ({
    id: `12D3KooW${number}`,
    region: 'eu',
    zone: `z${number % 3}`,
    isLongGone: false
  })
  const many = 256
  let gained = 0
  let lost = 0
  const others = Array.from({ length: 12 }, (_, number) => member(number))
  const [before, after] = [new Placement(others, many), new Placement([...others, member(12)], many)]
  for (let shard = 3 * many; shard < 4 * many; shard++) {
    gained += after.home(shard).filter(id => !before.home(shard).includes(id)).length
    lost += before.home(shard).filter(id => !after.home(shard).includes(id)).length
  }
  assert.equal(gained, lost)
  // Three replicas of 256 slices over thirteen nodes are 59 each; the ring's points are not even.
  assert.ok(gained >= 30 && gained <= 130, `${gained} of ${3 * many} moved`)
})

/** What concurrent changes of bounded counters and votes do: five replicas agree, at every moment, with the changes they have seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type BoundedCounterView, boundedCounter, type VoteView, vote } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import type { Writer } from './support/model.ts'
import { agrees, replicaCount, type Subject } from './support/subject.ts'

interface Ballot {
  readonly node: string
  readonly origin: string
  readonly index: number
  readonly yes: boolean
}

/** Of each node the ballot of its newest life, and of that the newest. */
function latest(ballots: Iterable<Ballot>): Map<string, Ballot> {
  const byNode = new Map<string, Ballot>()
  for (const ballot of ballots) {
    const known = byNode.get(ballot.node)
    const isLater =
      known === undefined ||
      ballot.origin > known.origin ||
      (ballot.origin === known.origin && ballot.index > known.index)
    if (isLater) byNode.set(ballot.node, ballot)
  }
  return byNode
}

function nodeOf({ origin }: Writer): string {
  return origin.slice(0, origin.lastIndexOf('.'))
}

function votes(): Subject<Ballot> {
  const seen = Array.from({ length: replicaCount }, () => new Set<Ballot>())
  const seenBy = (replica: number): Set<Ballot> => seen[replica] ?? new Set()
  let count = 0
  return {
    field: vote(),
    edit(writer, erased, [choice = 0]) {
      const view = erased as VoteView
      const yes = choice % 2 === 0
      const own = latest(seenBy(writer.replica)).get(nodeOf(writer))
      assert.equal(view.own, own?.yes)
      view.cast(yes)
      assert.equal(view.own, yes)
      if (own?.yes === yes) return []
      const ballot = { node: nodeOf(writer), origin: writer.origin, index: count++, yes }
      seenBy(writer.replica).add(ballot)
      return [ballot]
    },
    see(replica, ballots) {
      for (const ballot of ballots) seenBy(replica).add(ballot)
    },
    seenBy,
    check(replica, plain) {
      const ballots = [...latest(seenBy(replica)).values()]
      const inFavour = ballots.filter(({ yes }) => yes).length
      assert.deepEqual(plain, { for: inFavour, against: ballots.length - inFavour })
    }
  }
}

test('each node has one vote, and its latest counts', () => agrees(60, votes))

interface Movement {
  readonly origin: string
  readonly up: number
  readonly down: number
  readonly given: number
  readonly to: string | undefined
  /** What the same origin did before. A replica that sees one movement sees these too. */
  readonly before: readonly Movement[]
}

const min = -3

function rightsOf(origin: string, movements: Iterable<Movement>): number {
  let rights = 0
  for (const { origin: from, to, up, down, given } of movements) {
    if (from === origin) rights += up - down - given
    if (to === origin) rights += given
  }
  return rights
}

function total(movements: Iterable<Movement>): number {
  let sum = 0
  for (const { up, down } of movements) sum += up - down
  return sum
}

function boundedCounters(): Subject<Movement> {
  const all = new Set<Movement>()
  const seen = Array.from({ length: replicaCount }, () => new Set<Movement>())
  const origins = new Set<string>()
  const seenBy = (replica: number): Set<Movement> => seen[replica] ?? new Set()
  const ownOf = (origin: string): Movement[] => [...all].filter(movement => movement.origin === origin)
  const see = (replica: number, movements: Iterable<Movement>): void => {
    for (const movement of movements) {
      for (const earlier of [...movement.before, movement]) seenBy(replica).add(earlier)
    }
  }

  function move(view: BoundedCounterView, writer: Writer, choice: number, amount: number, to: string): Movement {
    const nothing = { origin: writer.origin, up: 0, down: 0, given: 0, to: undefined, before: ownOf(writer.origin) }
    if (choice % 3 === 0) {
      view.add(amount)
      return { ...nothing, up: amount }
    }
    if (choice % 3 === 1) {
      view.subtract(amount)
      return { ...nothing, down: amount }
    }
    view.transfer(to, amount)
    return { ...nothing, given: to === writer.origin ? 0 : amount, to }
  }

  return {
    field: boundedCounter({ min }),
    edit(writer, erased, [choice = 0, amount = 0, to = 0]) {
      const view = erased as BoundedCounterView
      origins.add(writer.origin)
      const { rights, value } = view
      assert.ok(rights >= rightsOf(writer.origin, seenBy(writer.replica)), 'no right is lost')
      assert.ok(rights <= value - min, 'no right is more than what is there')
      const receiver = [...origins][to % origins.size] ?? writer.origin
      // Often all that one may spend, so that little is left to hide a mistake.
      const wanted = choice % 3 === 0 ? amount % 20 : amount % 3 === 0 ? amount % (rights + 3) : rights
      let made: Movement
      try {
        made = move(view, writer, choice, wanted, receiver)
      } catch (error) {
        assert.ok(isShoalError(error) && error.code === 'SHOAL_INSUFFICIENT_RIGHTS', String(error))
        assert.ok(wanted > rights, 'only who lacks rights is refused')
        assert.deepEqual([view.rights, view.value], [rights, value], 'a refusal changes nothing')
        return []
      }
      assert.ok(choice % 3 === 0 || receiver === writer.origin || wanted <= rights, 'who lacks rights is refused')
      assert.equal(view.value, value + made.up - made.down)
      assert.equal(view.rights, rights + made.up - made.down - made.given)
      if (made.up + made.down + made.given === 0) return []
      all.add(made)
      see(writer.replica, [made])
      return [made]
    },
    see,
    seenBy,
    check(replica, plain) {
      const value = Number(plain)
      assert.ok(value >= min, `${value} is below ${min}`)
      if (seenBy(replica).size === all.size) assert.equal(value, min + total(all), 'nothing is lost or counted twice')
    }
  }
}

test('a bounded counter is never below its bound, and every right is spent once', () => agrees(80, boundedCounters))

/** Whose publications are taken, and how many lives one node can have them taken under. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { PublishingLives } from '../../src/cluster/publishing-lives.ts'

function world(...incarnations: (readonly [id: string, incarnation: string])[]) {
  const state = { nowMs: 0, members: new Map(incarnations) }
  const clock = { now: () => 0, elapsed: () => state.nowMs, after: () => ({ cancel() {} }), soon() {} }
  const members = () => [...state.members].map(([id, incarnation]) => ({ id, incarnation }) as unknown as MemberRecord)
  return { state, lives: new PublishingLives(clock, members) }
}

test('a member publishes under the life that its record tells of, and a stranger not at all', () => {
  const { lives } = world(['a', '1'])
  assert.ok(lives.publishes('a', 'a.1'))
  assert.equal(lives.publishes('a', 'a.2'), false)
  assert.equal(lives.publishes('b', 'b.1'), false)
  assert.deepEqual([lives.writerOf('a.1'), lives.writerOf('b.1')], ['a', undefined])
})

test('another life of a node is taken after some seconds, so that a liar is believed a few in a minute', () => {
  const { lives, state } = world()
  let believed = 0
  for (let life = 1; life <= 60_000; life += 10) {
    state.nowMs = life
    state.members.set('a', `${life}`)
    if (lives.publishes('a', `a.${life}`)) believed++
  }
  assert.ok(believed > 1 && believed <= 6, `${believed}`)
  assert.equal(lives.size, 1)
})

test('no more lives are kept than a cluster has members', () => {
  const { lives, state } = world()
  for (let at = 0; at < 3000; at++) {
    state.members = new Map([[`n${at}`, '1']])
    assert.ok(lives.publishes(`n${at}`, `n${at}.1`))
  }
  assert.equal(lives.size, 1024)
  assert.deepEqual([lives.writerOf('n0.1'), lives.writerOf('n2999.1')], [undefined, 'n2999'])
})

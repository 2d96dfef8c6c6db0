/** Votes that go to other voters: what a file must be, and of whom; that nothing is lost by it is shown with faults in voters.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Accepted } from '../../../src/cluster/lease/voters-messages.ts'
import { faultOfVoters, type VoterName } from '../../../src/cluster/lease/voters-names.ts'
import { decodeVotes, encodeVotes, type GivenVotes, merged } from '../../../src/cluster/lease/votes-file.ts'

const diskId = (digit: string) => '0'.repeat(12) + digit.repeat(12)
const voter = (digit: string): VoterName => ({ peer: `node-${digit}`, disk: diskId(digit) })
const list = ['1', '2', '3'].map(voter)
const accepted = (counter: number): Accepted => ({
  ballot: { counter, proposer: diskId('a') },
  version: diskId(`${counter % 10}`),
  value: Uint8Array.of(counter)
})
const given = (digit: string, votes: Record<string, number | undefined>): GivenVotes => ({
  list,
  voter: voter(digit),
  votes: new Map(
    Object.entries(votes).map(([key, counter]) => [key, counter === undefined ? undefined : accepted(counter)])
  )
})

test('a file comes back as it was written, and one with a flipped bit does not', () => {
  const file = given('1', { identity: 1, 'shard/1': 7, 'shard/2': undefined })
  const bytes = encodeVotes(file)
  assert.deepEqual(decodeVotes(bytes), { ...file, list: [...list] })
  for (let at = 0; at < bytes.length; at++) {
    const bent = bytes.slice()
    bent[at] = (bent[at] ?? 0) ^ 1
    assert.throws(() => decodeVotes(bent), { code: 'SHOAL_CORRUPT' }, `byte ${at}`)
  }
})

test('of each register the vote under the highest ballot goes on, of most voters of one list and no fewer', () => {
  const one = given('1', { 'shard/1': 7, 'shard/2': 1 })
  const two = given('2', { 'shard/1': 9 })
  const { votes } = merged([one, two])
  assert.deepEqual([...votes.keys()], ['shard/1', 'shard/2'])
  assert.deepEqual(
    [...votes.values()].map(it => it.ballot.counter),
    [9, 1]
  )
  const others: GivenVotes = { ...two, list: [voter('2'), voter('3'), voter('4')] }
  for (const files of [[], [one], [one, one], [one, two, two], [one, others]])
    assert.throws(() => merged(files), { code: 'SHOAL_BAD_CONFIGURATION' })
})

test('a damaged vote is made up for by another, and where none is left nothing is taken', () => {
  const [one, two, three] = [given('1', { identity: 3 }), given('2', { identity: undefined }), given('3', {})]
  assert.equal(merged([one, two, three]).votes.get('identity')?.ballot.counter, 3)
  assert.throws(() => merged([one, two]), { code: 'SHOAL_CORRUPT' })
})

test('voters that began with other votes are in no list together', () => {
  const [one, two, three] = [given('1', { identity: 3 }), given('2', { identity: 3 }), given('3', { identity: 4 })]
  const origins = [merged([one, two]), merged([two, one]), merged([one, two, three])].map(({ origin }) => origin)
  assert.equal(origins[0], origins[1])
  const disks = origins.map((origin, n) => `${origin}${`${n}`.repeat(12)}`)
  const names = disks.map((disk, n) => ({ peer: `node-${n}`, disk }))
  assert.match(faultOfVoters(names) ?? '', /did not begin with the same votes/)
})

/** What a node makes of what others say of its lives. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { OwnRecord } from '../../src/cluster/own-record.ts'
import { silentLogger } from '../../src/ports/logger.ts'

const life = (incarnation: string, status: MemberRecord['status'] = 'dead'): MemberRecord => ({
  id: 'a',
  name: 'a',
  region: 'r',
  zone: 'r',
  incarnation,
  refutation: 0,
  status,
  addresses: []
})

/** How often it took itself for one on whom others had not counted. The disk knows of life 2, and this is life 5. */
function heard(previous: string | undefined, ...said: MemberRecord[]): number {
  let forgotten = 0
  const own = new OwnRecord({
    logger: silentLogger,
    current: () => life('5', 'alive'),
    declare: () => {},
    refuted: () => {},
    previous,
    forgotten: () => forgotten++,
    impostor: () => {}
  })
  for (const record of said) own.hear(record, 'b')
  return forgotten
}

test('a life of which the disk does not know: the disk was put back, or is another one', () => {
  assert.equal(heard('2', life('1'), life('2'), life('5')), 0)
  assert.equal(heard('2', life('3')), 1)
  assert.equal(heard(undefined, life('1')), 1)
  assert.equal(heard('2', life('2', 'forgotten')), 1)
})

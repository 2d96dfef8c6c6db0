/** Names of registers: what a voter lets begin is what nodes of the cluster write, and nothing else. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRegisterKey, ownershipKey, sessionKey } from '../../../src/cluster/lease/lease-registers.ts'

const isMember = (node: string) => node === '12D3KooWann'
const isOne = (key: string) => isRegisterKey(key, 16, isMember)

test('the store, each shard and the session of each member have a register, and nothing else has', () => {
  for (const key of ['identity', ownershipKey(0), ownershipKey(15), sessionKey('12D3KooWann')])
    assert.ok(isOne(key), key)
  const junk = [
    '',
    'x',
    'identity/1',
    'shard/16',
    'shard/01',
    'shard/1e0',
    'shard/',
    'shard/-1',
    'shard/1/2',
    sessionKey('12D3KooWbob'),
    'session/',
    'session/0',
    'session/zz',
    'session/ff',
    `${sessionKey('12D3KooWann')}/1`
  ]
  for (const key of junk) assert.ok(!isOne(key), key)
})

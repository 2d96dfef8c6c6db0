import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import '../../src/cluster/plain-integers.ts'
import { shoal } from '#proto/generated/peer.js'
import {
  ackFrom,
  helloFrom,
  memberFrom,
  memberLimits,
  memberTo,
  pingFrom,
  pingRequestFrom,
  tableHashFrom
} from '../../src/cluster/member-wire.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { recordsOf } from './member-arbitraries.ts'

const { Control } = shoal.peer
const good: shoal.peer.IMember = {
  id: 'n1',
  name: 'a',
  incarnation: '0lx5f0000aaaaaaaaaaaaa',
  addresses: ['/ip4/127.0.0.1/tcp/1']
}
const isMalformed = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_MALFORMED'

test('a record survives the way over the wire', () => {
  fc.assert(
    fc.property(fc.array(recordsOf(['n1', '12D3KooWGzxz']), { maxLength: 5 }), fc.nat(), (records, number) => {
      const members = records.map(memberTo)
      const read = (control: shoal.peer.IControl) => Control.decode(Control.encode(control).finish())
      assert.deepEqual(helloFrom(read({ hello: { members } }).hello ?? {}), records)
      const ping = read({ ping: { number, news: members, wallMs: 8 } }).ping ?? {}
      assert.deepEqual(pingFrom(ping), { number, news: records, wallMs: 8 })
      const ack = read({ ack: { number, news: members, wallMs: 7 } }).ack ?? {}
      assert.deepEqual(ackFrom(ack), { number, news: records, wallMs: 7 })
      const request = read({ pingRequest: { number, target: 'n9', news: members } }).pingRequest ?? {}
      assert.deepEqual(pingRequestFrom(request), { number, target: 'n9', news: records })
    })
  )
})

test('what is held already is read as the very record that is held, and anything else as if nothing was', () => {
  const record = recordsOf(['n1', 'n2'])
  const heldCount = { same: 0, other: 0 }
  fc.assert(
    fc.property(record, record, fc.boolean(), (held, other, isSame) => {
      const told = isSame ? { ...held } : other
      const { hello } = Control.decode(Control.encode({ hello: { members: [memberTo(told)] } }).finish())
      const [read] = helloFrom(hello ?? {}, id => (id === held.id ? held : undefined))
      assert.deepEqual(read, told)
      assert.equal(read === held, isDeepStrictEqual(told, held))
      heldCount[read === held ? 'same' : 'other']++
    })
  )
  assert.ok(heldCount.same > 0 && heldCount.other > 0)
})

test('a time beyond the integers and the hash of a table in another length are malformed', () => {
  assert.throws(() => ackFrom({ wallMs: 2 ** 60 }), isMalformed)
  assert.throws(() => tableHashFrom({ table: new Uint8Array(7) }), isMalformed)
  assert.equal(tableHashFrom({}), undefined)
  assert.deepEqual(tableHashFrom({ table: new Uint8Array(8) }), new Uint8Array(8))
})

test('a record with a field out of its limits is malformed', () => {
  assert.equal(memberFrom(good).status, 'alive')
  const bad: Record<string, shoal.peer.IMember> = {
    'no id': { ...good, id: '' },
    'an id with a slash': { ...good, id: '../x' },
    'an id that is too long': { ...good, id: 'x'.repeat(memberLimits.idCharacters + 1) },
    'a name that is too long': { ...good, name: 'x'.repeat(memberLimits.nameCharacters + 1) },
    'a name with a line break': { ...good, name: 'a\nready {}' },
    'a region that is too long': { ...good, region: 'x'.repeat(memberLimits.regionCharacters + 1) },
    'no incarnation': { ...good, incarnation: '' },
    'an incarnation of another form': { ...good, incarnation: 'ZZZZZZZZZZZZZZZZZZZZZZ' },
    'an incarnation that is too long': { ...good, incarnation: '0lx5f0000aaaaaaaaaaaaaa' },
    'an unknown status': { ...good, status: 5 },
    'a broken refutation': { ...good, refutation: 1.5 },
    'too many addresses': { ...good, addresses: Array(memberLimits.addresses + 1).fill('/a') },
    'an address that is too long': { ...good, addresses: [`/${'a'.repeat(memberLimits.addressCharacters)}`] },
    'an address that is none': { ...good, addresses: ['127.0.0.1:80'] }
  }
  for (const [what, message] of Object.entries(bad)) assert.throws(() => memberFrom(message), isMalformed, what)
})

test('a message with too many members is malformed', () => {
  assert.throws(() => helloFrom({ members: Array(memberLimits.helloMembers + 1).fill(good) }), isMalformed)
  assert.throws(() => pingFrom({ news: Array(memberLimits.newsMembers + 1).fill(good) }), isMalformed)
  assert.throws(() => pingRequestFrom({ target: '' }), isMalformed)
})

test('every truncation and every flipped bit of a hello is read or rejected, never worse', () => {
  const bytes = Control.encode({ hello: { members: [good, { ...good, id: 'n2', status: 2 }] } }).finish()
  const readAll = (image: Uint8Array) => {
    try {
      helloFrom(Control.decode(image).hello ?? {})
    } catch (error) {
      assert.ok(error instanceof Error)
    }
  }
  for (let length = 0; length < bytes.length; length += 1) readAll(bytes.slice(0, length))
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const flipped = bytes.slice()
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7))
    readAll(flipped)
  }
})

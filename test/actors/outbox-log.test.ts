/** What a record keeps of an outbox: as it was written, and no more than there is room for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { command, exclusive, isShoalError, value } from 'shoal'
import { encodeLeaseRecord } from '../../src/actors/leased/lease-record.ts'
import { noRequests } from '../../src/actors/leased/lease-requests.ts'
import {
  findSent,
  latestStamp,
  type Mail,
  mailFromJson,
  mailToJson,
  noMail,
  withCarriedOut,
  withOver,
  withoutSender,
  withSent,
  withStamp,
  withTold
} from '../../src/actors/outbox/outbox-log.ts'
import { OutboxSends } from '../../src/actors/outbox/outbox-sends.ts'
import { emptyState, encodeState } from '../../src/crdt/index.ts'

const Target = exclusive('a', value({}), { m: command(() => {}) }, { partition: 'lease' })

const refusal = (message: string) => ({ code: 'NO', message, isRefusal: true })
const state = encodeState(emptyState, false)

test('an actor that neither sends nor is sent anything has not a byte more in its record', () => {
  const log = JSON.stringify([0, []])
  assert.equal(encodeLeaseRecord(1, noRequests, state).length, 11 + log.length + state.length)
  assert.equal(mailToJson(noMail), '')
})

const step = fc.record({
  deed: fc.constantFrom('send', 'over', 'refused', 'stamp', 'told', 'came', 'failed', 'forget'),
  who: fc.constantFrom('a/1', 'a/2', 'b/ü"'),
  number: fc.nat(20),
  text: fc.string({ maxLength: 20 }),
  hasArgument: fc.boolean()
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function after(mail: Mail, { deed, who, number, text, hasArgument }: Step): Mail {
  if (deed === 'send')
    return withSent(mail, [{ to: who, method: 'm', argument: hasArgument ? JSON.stringify([text]) : '' }], number)
  if (deed === 'over' || deed === 'refused')
    return withOver(mail, number, deed === 'over' ? undefined : refusal(text), number)
  if (deed === 'stamp') return withStamp(mail, who, number)
  if (deed === 'told') return withTold(mail, who, number)
  if (deed === 'forget') return withoutSender(mail, who, { number, stamp: number }, 0)
  return withCarriedOut(mail, who, number, deed === 'came' ? undefined : refusal(text))
}

test('it is read back as it was written, and what is none is corrupt', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), steps => {
      const mail = steps.reduce(after, noMail)
      const text = mailToJson(mail)
      const read = mailFromJson(text === '' ? undefined : JSON.parse(text))
      assert.equal(mailToJson(read), text)
      assert.deepEqual([read.commands, read.over, read.senders], [mail.commands, mail.over, mail.senders])
      assert.deepEqual([read.last, read.stamp, read.horizon], [mail.last, mail.stamp, mail.horizon])
      assert.equal(read.senderBytes, mail.senderBytes)
    })
  )
  for (const bad of [
    null,
    {},
    [],
    [1],
    ['', 0, [], [], [], 0, []],
    [0, 0, [[1]], [], [], 0, []],
    [0, 0, [], [], [], 0, [['a/1', 1, 'NO']]]
  ])
    assert.throws(() => mailFromJson(bad), { code: 'SHOAL_CORRUPT' })
})

test('the latest refused commands are kept, and a large argument of one is not', () => {
  let mail = noMail
  for (let i = 1; i <= 40; i++) {
    mail = withSent(
      mail,
      [{ to: 'a/1', method: 'm', argument: JSON.stringify('x'.repeat(i === 40 ? 60_000 : i * 100)) }],
      i
    )
    mail = withOver(mail, i, refusal(`${i}`), i)
  }
  assert.ok(mail.refused.length > 3 && mail.refused.length <= 16)
  const [last] = mail.refused.toReversed()
  assert.deepEqual([last?.message, last?.argument], ['40', undefined])
  assert.ok(JSON.stringify(mail.refused).length <= 16 * 1024 + 200)
})

test('an actor remembers so many senders, and so much of them; those that it knows go on', () => {
  const fill = (name: (i: number) => string): Mail => {
    let mail = noMail
    for (let i = 0; ; i++) {
      const sender = name(i)
      if (findSent(mail, { sender, number: 1, stamp: 0 }, 0) === 'full') return mail
      mail = withCarriedOut(mail, sender, 1, i % 2 === 0 ? undefined : refusal('x'.repeat(1000)))
    }
  }
  const many = fill(i => `a/${i}`)
  assert.ok(many.senders.size <= 1024)
  const large = fill(i => `a/${String(i).padEnd(1000, 'x')}`)
  for (const mail of [many, large]) assert.ok(mailToJson(mail).length < 36 * 1024, `${mailToJson(mail).length}`)
  assert.equal(findSent(many, { sender: 'a/0', number: 2, stamp: 0 }, 0), 'new')
  const done = ['a/0', 'a/1', 'a/2', 'a/3']
  const room = done.reduce((mail, sender) => withoutSender(mail, sender, { number: 1, stamp: 7 }, 0), many)
  assert.deepEqual(findSent(room, { sender: 'b/0', number: 1, stamp: 7 }, 0), { stale: 8 })
  assert.equal(findSent(room, { sender: 'b/0', number: 1, stamp: 8 }, 0), 'new')
})

test('no stamp of another node makes a record that cannot be read, or puts a target out of the reach of others', () => {
  const nowMs = Date.UTC(2030, 0)
  const [sender, number] = ['a/1', 1]
  const last = Number.MAX_SAFE_INTEGER
  assert.equal(findSent(noMail, { sender, number, stamp: last }, nowMs), 'ahead')
  let mail = withCarriedOut(noMail, sender, number, undefined)
  assert.equal(findSent(mail, { sender, number: 2, stamp: last }, nowMs), 'ahead')
  assert.equal(withoutSender(mail, sender, { number, stamp: last }, nowMs), mail)
  // A clock that is wrong by decades does no harm.
  const wrongMs = Date.UTC(2099, 0)
  assert.equal(findSent(mail, { sender: 'a/2', number, stamp: wrongMs }, nowMs), 'new')
  mail = withoutSender(mail, sender, { number, stamp: wrongMs }, nowMs)
  assert.equal(mail.horizon, wrongMs + 1)
  // Step by step to the end of all numbers.
  for (let i = 0; i < 4000; i++) {
    const stamp = latestStamp(mail.horizon, nowMs)
    mail = withoutSender(withCarriedOut(mail, sender, number, undefined), sender, { number, stamp }, nowMs)
    mail = withStamp(withSent(mail, [{ to: 'b/1', method: 'm', argument: '' }], nowMs), 'b/1', stamp)
    mail = withTold(withOver(mail, mail.last, undefined, nowMs), 'b/1', mail.last)
  }
  assert.equal(mail.horizon, last)
  assert.equal(mailFromJson(JSON.parse(mailToJson(mail))).horizon, last)
})

test('what waits and whom to tell take so much of a record together, whatever their names', () => {
  const actorOf = () => ({})
  const target = (i: number) => `a/${String(i).padEnd(900, 'x')}`
  let mail = noMail
  for (let i = 0; ; i++) {
    const intent = { to: target(i), method: 'm', argument: '' }
    const sends = new OutboxSends('a/s', { mail, written: mail }, false, actorOf as never)
    const outgoing = sends.to(Target, target(i).slice(2))
    try {
      outgoing.m()
    } catch (error) {
      assert.ok(isShoalError(error) && error.code === 'SHOAL_OVERLOADED' && error.retryable)
      break
    }
    mail = withOver(withSent(mail, sends.intents, 0), i + 1, undefined, 0)
    assert.equal(sends.intents[0]?.to, intent.to)
    assert.ok(i < 1024)
  }
  assert.ok(mail.over.size > 60 && mailToJson(mail).length <= 64 * 1024, `${mailToJson(mail).length}`)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FailureDetector } from '../../src/cluster/failure-detector.ts'

/** A detector whose sent messages and findings are written down; it has no link to those in `unlinked`. */
function desk(helpers: string[] = ['h1', 'h2'], unlinked: string[] = []) {
  const said: string[] = []
  const numbers = new Map<string, number>()
  const detector = new FailureDetector(
    {
      ping(peer, number) {
        if (unlinked.includes(peer)) return false
        said.push(`ping ${peer}`)
        numbers.set(peer, number)
        return true
      },
      ack: (peer, number) => said.push(`ack ${peer} ${number}`),
      nack: (peer, number) => said.push(`nack ${peer} ${number}`),
      requestPing(helper, number, target) {
        said.push(`ask ${helper} for ${target}`)
        numbers.set(`${helper} for ${target}`, number)
        return true
      },
      helpers: target => helpers.filter(helper => helper !== target),
      multiplier: () => 1,
      answered: (target, isDirect) => said.push(`answered ${target}${isDirect ? '' : ' through others'}`),
      failed: (target, silentHelpers) => said.push(`failed ${target}, ${silentHelpers} helpers silent`)
    },
    { directTimeoutMs: 200, indirectTimeoutMs: 300, errandsMax: 3 }
  )
  const take = () => said.splice(0)
  return { detector, take, numberOf: (key: string) => numbers.get(key) ?? -1 }
}

test('a probe that is answered is over', () => {
  const { detector, take, numberOf } = desk()
  detector.probe('t', 0)
  detector.probe('t', 10)
  assert.equal(detector.acked('t', numberOf('t'), 12), 12, 'the time of the round trip')
  detector.tick(10_000)
  assert.deepEqual(take(), ['ping t', 'answered t'])
})

test('helpers are asked when the target is silent, and probed too; one answer through them is enough', () => {
  const { detector, take, numberOf } = desk()
  detector.probe('t', 0)
  detector.tick(199)
  assert.deepEqual(take(), ['ping t'])
  detector.tick(200)
  assert.deepEqual(take(), ['ask h1 for t', 'ping h1', 'ask h2 for t', 'ping h2'])
  assert.equal(detector.acked('h2', numberOf('h2 for t'), 250), undefined)
  assert.deepEqual(take(), ['answered t through others'])
})

test('a silent target fails, and helpers that said anything do not count against us', () => {
  const { detector, take, numberOf } = desk(['h1', 'h2', 'h3'])
  detector.probe('t', 0)
  detector.tick(200)
  detector.acked('h1', numberOf('h1'), 210)
  detector.nacked('h2', numberOf('h2 for t'))
  detector.nacked('stranger', numberOf('h3 for t'))
  take()
  detector.tick(500)
  assert.ok(take().includes('failed t, 1 helpers silent'))
})

test('a silent target fails, and the finding is doubtful by as many helpers as were silent, too', () => {
  const { detector, take } = desk()
  detector.probe('t', 0)
  detector.tick(200)
  take()
  detector.tick(500)
  assert.ok(take().includes('failed t, 2 helpers silent'))
})

test('without a link helpers are asked at once', () => {
  const { detector, take } = desk(['h1'], ['t'])
  detector.probe('t', 0)
  assert.deepEqual(take(), ['ask h1 for t', 'ping h1'])
  detector.probe('u', 0)
  take()
  detector.unlinked('u', 1)
  assert.deepEqual(take(), ['ask h1 for u'])
})

test('an answer from somebody who was not asked, or with another number, counts for nothing', () => {
  const { detector, take, numberOf } = desk()
  detector.probe('t', 0)
  detector.acked('stranger', numberOf('t'), 1)
  detector.acked('h1', numberOf('t'), 1)
  detector.acked('t', numberOf('t') + 7, 1)
  assert.deepEqual(take(), ['ping t'])
})

test('an errand ends with an answer to the asker, and past a limit the asker hears that there is none', () => {
  const { detector, take, numberOf } = desk()
  detector.requested('asker', 77, 't', 0)
  detector.acked('stranger', numberOf('t'), 1)
  detector.acked('t', numberOf('t'), 1)
  assert.deepEqual(take(), ['ping t', 'ack asker 77'])
  for (let number = 0; number < 10; number += 1) detector.requested('asker', number, `t${number}`, 0)
  assert.equal(take().filter(text => text.startsWith('nack asker')).length, 7)
  detector.tick(500)
  take()
  detector.requested('asker', 1, 't', 500)
  assert.deepEqual(take(), ['ping t'])
})

test('an asker hears once that the target is silent, and still of an answer that comes late', () => {
  const { detector, take, numberOf } = desk()
  detector.requested('asker', 77, 't', 0)
  detector.tick(199)
  take()
  detector.tick(200)
  detector.tick(250)
  assert.deepEqual(take(), ['nack asker 77'])
  detector.acked('t', numberOf('t'), 260)
  assert.deepEqual(take(), ['ack asker 77'])
})

test('an asker hears at once that there is no link to the target', () => {
  const { detector, take } = desk(['h1'], ['t'])
  detector.requested('asker', 77, 't', 0)
  assert.deepEqual(take(), ['nack asker 77'])
})

test('a standstill of this node is not counted against the target', () => {
  const { detector, take } = desk([])
  detector.probe('t', 0)
  detector.postpone(5000)
  detector.tick(5199)
  assert.deepEqual(take(), ['ping t'])
})

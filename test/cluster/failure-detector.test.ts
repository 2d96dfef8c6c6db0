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
      requestPing(helper, number, target) {
        said.push(`ask ${helper} for ${target}`)
        numbers.set(`${helper} for ${target}`, number)
        return true
      },
      helpers: target => helpers.filter(helper => helper !== target),
      multiplier: () => 1,
      answered: target => said.push(`answered ${target}`),
      failed: (target, isOursDoubtful) => said.push(`failed ${target}${isOursDoubtful ? ', doubtful' : ''}`)
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
  detector.acked('t', numberOf('t'))
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
  detector.acked('h2', numberOf('h2 for t'))
  assert.deepEqual(take(), ['answered t'])
})

test('a silent target fails, and the finding is sound where a helper answered us', () => {
  const { detector, take, numberOf } = desk()
  detector.probe('t', 0)
  detector.tick(200)
  detector.acked('h1', numberOf('h1'))
  take()
  detector.tick(500)
  assert.ok(take().includes('failed t'))
})

test('a silent target fails, and the finding is doubtful where no helper answered us either', () => {
  const { detector, take } = desk()
  detector.probe('t', 0)
  detector.tick(200)
  take()
  detector.tick(500)
  assert.ok(take().includes('failed t, doubtful'))
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
  detector.acked('stranger', numberOf('t'))
  detector.acked('h1', numberOf('t'))
  detector.acked('t', numberOf('t') + 7)
  assert.deepEqual(take(), ['ping t'])
})

test('an errand ends with an answer to the asker, and only so many are taken on', () => {
  const { detector, take, numberOf } = desk()
  detector.requested('asker', 77, 't', 0)
  detector.acked('stranger', numberOf('t'))
  detector.acked('t', numberOf('t'))
  assert.deepEqual(take(), ['ping t', 'ack asker 77'])
  for (let number = 0; number < 10; number += 1) detector.requested('asker', number, `t${number}`, 0)
  assert.equal(take().length, 3)
  detector.tick(500)
  detector.requested('asker', 1, 't', 500)
  assert.deepEqual(take(), ['ping t'])
})

test('a standstill of this node is not counted against the target', () => {
  const { detector, take } = desk([])
  detector.probe('t', 0)
  detector.postpone(5000)
  detector.tick(5199)
  assert.deepEqual(take(), ['ping t'])
})

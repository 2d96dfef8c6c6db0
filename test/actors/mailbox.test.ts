/** A mailbox: in order, one at a time, never stuck. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Mailbox } from '../../src/actors/running/mailbox.ts'

test('jobs run in the order of their coming, each to its end before the next', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ waits: fc.nat(3), adds: fc.nat(2) }), { maxLength: 20 }), async jobs => {
      const trace: string[] = []
      let emptied = 0
      const mailbox = new Mailbox(1000, () => emptied++)
      let number = 0
      let expected = 0
      const add = (waits: number, adds: number) => {
        const me = number++
        expected++
        mailbox.add({
          run: () => {
            trace.push(`+${me}`)
            for (let i = 0; i < adds; i++) add(0, 0)
            if (waits === 0) {
              trace.push(`-${me}`)
              return undefined
            }
            return (async () => {
              for (let i = 0; i < waits; i++) await Promise.resolve()
              trace.push(`-${me}`)
            })()
          }
        })
      }
      for (const { waits, adds } of jobs) add(waits, adds)
      for (let i = 0; i < 500; i++) await Promise.resolve()
      assert.equal(trace.length, 2 * expected)
      for (let i = 0; i < trace.length; i += 2) assert.equal(trace[i]?.slice(1), trace[i + 1]?.slice(1), 'interleaved')
      const starts = trace.filter(entry => entry.startsWith('+')).map(entry => Number(entry.slice(1)))
      assert.deepEqual(
        starts,
        starts.toSorted((a, b) => a - b)
      )
      assert.equal(mailbox.isRunning, false)
      assert.equal(emptied > 0, jobs.length > 0)
    })
  )
})

test('a full mailbox says so, and takes more when it has room', async () => {
  const mailbox = new Mailbox(2, () => {})
  const { promise, resolve } = Promise.withResolvers<void>()
  const ran: number[] = []
  mailbox.add({ run: () => promise })
  const job = (number: number) => ({
    run: () => {
      ran.push(number)
      return undefined
    }
  })
  assert.deepEqual([mailbox.add(job(1)), mailbox.add(job(2)), mailbox.add(job(3))], [true, true, false])
  resolve()
  await promise
  await Promise.resolve()
  assert.equal(mailbox.add(job(4)), true)
  assert.deepEqual(ran, [1, 2, 4])
})

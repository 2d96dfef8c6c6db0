/** What others take of the machine does not count, and what the test's own processes take does. */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { MachineTime, oursOf, readTicks } from './machine-time.ts'

const skip = existsSync('/proc/stat') ? false : 'only Linux tells who has had the processors'
const from = { all: 1000, own: 100 }

test('all time counts where nobody else had anything, however much the test had', () => {
  assert.equal(oursOf(5000, from, from, 2), 5000)
  assert.equal(oursOf(5000, from, { all: 2000, own: 1100 }, 2), 5000)
})

test('what others had of the processors is left out, up to nine tenths', () => {
  assert.equal(oursOf(5000, from, { all: 1500, own: 100 }, 2), 2500)
  assert.equal(oursOf(5000, from, { all: 1800, own: 400 }, 2), 2500)
  assert.equal(Math.round(oursOf(5000, from, { all: 2000, own: 100 }, 2)), 500)
})

test('of a time too short for a tick all counts', () => {
  assert.equal(oursOf(0, from, { all: 1001, own: 100 }, 2), 0)
  assert.equal(oursOf(5, from, { all: 1000, own: 101 }, 2), 5)
})

test("what a child and its child have had is the test's own, while they run and when they have ended", {
  skip
}, async () => {
  const time = new MachineTime()
  const began = readTicks()
  assert.ok(began !== undefined)
  const burn =
    'while (process.cpuUsage().user < 300_000); process.stdout.write("burnt"); process.stdin.on("data", () => process.exit())'
  const within = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(burn)}], { stdio: 'inherit' })`
  const child = spawn(process.execPath, ['-e', within], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(child.stdout, 'data')
  const running = readTicks()
  assert.ok(running !== undefined && running.own - began.own >= 29, `${running?.own} after ${began.own} ticks`)
  child.stdin.write('end')
  await once(child, 'close')
  const ended = readTicks()
  assert.ok(ended !== undefined && ended.own >= running.own, `${ended?.own} after ${running.own} ticks`)
  assert.ok(ended.all - began.all > 0 && time.ms > 0)
})

/** Waiting in real time: looks again at every turn of the event loop's timers, and gives up at a deadline. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'

export async function untilReally(condition: () => boolean, deadlineMs: number): Promise<void> {
  const endMs = performance.now() + deadlineMs
  while (!condition()) {
    assert.ok(performance.now() < endMs, `not within ${deadlineMs} ms`)
    await pause(1)
  }
}

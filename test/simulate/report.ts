/**
 * A run as one self-contained page: a lane per node (up, paused, down, cut off, disk bad; its colour is its digest), the number of
 * different digests, the writes and their fates, the faults. Wheel to zoom, drag to move, hover to read.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { LaneChange, RunRecord } from './recorder.ts'

const template = fileURLToPath(new URL('./report.html', import.meta.url))

export function reportPage(record: RunRecord): string {
  const json = JSON.stringify(compact(record)).replaceAll('<', '\\u003c')
  return readFileSync(template, 'utf8').replace('"RECORD"', () => json)
}

/** Short keys and whole tenths of milliseconds: the page stays small. */
function compact(record: RunRecord): object {
  const { lanes, digests, faults, writes, notes, ...rest } = record
  const tenths = (ms: number) => Math.round(ms * 10) / 10
  const lane = ({ atMs, state, digest, cut, disk }: LaneChange) => [tenths(atMs), state, digest, cut, disk.join(' ')]
  return {
    ...rest,
    lanes: lanes.map(changes => changes.map(lane)),
    digests: digests.map(([atMs, different]) => [tenths(atMs), different]),
    faults: faults.map(({ atMs, node, kind, words }) => [tenths(atMs), node, kind, words]),
    writes: writes.map(({ atMs, node, fate, what }) => [tenths(atMs), node, fate, what]),
    notes: notes.map(({ atMs, node, words }) => [tenths(atMs), node, words])
  }
}

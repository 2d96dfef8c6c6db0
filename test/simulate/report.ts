import type { RunRecord } from './recorder.ts'
export function reportPage(record: RunRecord): string {
  return JSON.stringify(record)
}

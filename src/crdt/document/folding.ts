/**
 * Folding: many parts of a document become one. A snapshot by the engine, where the document is open and too much is loose;
 * or, on their way out, updates that were made one after another.
 */
import { Coverage } from './coverage.ts'
import type { DocumentEngine } from './engine.ts'
import { DocumentLog } from './log.ts'
import { DocumentPart, maxPartBytes } from './part.ts'

/** Loose parts are folded where their bytes are more than this and more than this many times the snapshot's. */
const minFoldBytes = 64 * 1024
const foldRatio = 1
/** And where there are more of them than this, and than the snapshot has of so many bytes. */
const minFoldParts = 1024
const snapshotBytesPerPart = 8

/** Updates are merged on their way out up to so many, and so many bytes. */
export const maxMergedParts = 1024
const maxMergedBytes = 1024 * 1024

export function isHeavy(log: DocumentLog): boolean {
  const { looseBytes, snapshotBytes } = log
  return (
    looseBytes > Math.max(minFoldBytes, foldRatio * snapshotBytes) ||
    log.parts.length > Math.max(minFoldParts, snapshotBytes / snapshotBytesPerPart)
  )
}

/** The log as one snapshot, with the opened document. The log itself where something in it waits for what it depends on. */
export function folded(engine: DocumentEngine, log: DocumentLog, isTrusted: boolean): DocumentLog {
  if (log.parts.length < 2 || log.isTooLargeToFold || engine.isWaiting(log.opened)) return log
  const bytes = engine.snapshot(log.opened)
  log.isTooLargeToFold = bytes.length > maxPartBytes
  if (log.isTooLargeToFold) return log
  return new DocumentLog([DocumentPart.of('snapshot', log.coverage.extents(), isTrusted, bytes)]).adopt(log, 1)
}

/** As `folded`, where the edit before it must stand whatever happens: the engine may fail, and the document is opened anew then. */
export function foldedIfPossible(engine: DocumentEngine, log: DocumentLog, isTrusted: boolean): DocumentLog {
  try {
    return folded(engine, log, isTrusted)
  } catch {
    log.close()
    return log
  }
}

/** Runs of one origin's updates become one update each. */
export function mergeAdjacent(engine: DocumentEngine, parts: readonly DocumentPart[]): DocumentPart[] {
  const merged: DocumentPart[] = []
  let run: DocumentPart[] = []
  let runBytes = 0
  const end = (): void => {
    const [first] = run
    if (first === undefined) return
    merged.push(run.length === 1 ? first : mergeRun(engine, run))
    run = []
    runBytes = 0
  }
  for (const part of parts) {
    const last = run[run.length - 1]
    const goesOn =
      last !== undefined && isRun(last) && isRun(part) && last.origin === part.origin && last.to + 1 === part.from
    if (!goesOn || runBytes + part.byteLength > maxMergedBytes) end()
    run.push(part)
    runBytes += part.byteLength
  }
  end()
  return merged
}

function isRun({ kind, more }: DocumentPart): boolean {
  return kind === 'update' && more.length === 0
}

function mergeRun(engine: DocumentEngine, run: readonly DocumentPart[]): DocumentPart {
  const coverage = Coverage.of(run)
  const bytes = engine.mergeUpdates(run.map(part => part.bytes))
  return DocumentPart.of('update', coverage.extents(), true, bytes)
}

/** What LevelDB says when something fails: it has no codes for most of it. */

/** LevelDB's own words are at the bottom of a chain of causes. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : reasonOf(error.cause)
}

/** LevelDB's words for files that are not as it left them; an unreadable sector or a full disk is something else. */
export function isDamage(reason: string): boolean {
  return /Corruption|Invalid argument|No such file/.test(reason)
}

export function isLock(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 'LEVEL_LOCKED') || isLock(error.cause)
}

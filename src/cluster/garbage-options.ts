/** Settings of dropping removed actors and of giving their space back, made complete and checked once. */
import { ShoalError } from '../ports/errors.ts'

export interface GarbageOptions {
  /** Mean time between two rounds in which removed actors are dropped, in milliseconds; 0 for none. @default 10000 */
  gcIntervalMs?: number
  /** How long a member that is gone is waited for before removed actors are dropped without it, in milliseconds. @default 86400000 */
  gcHorizonMs?: number
  /** Removed actors dropped in a second, at most. @default 5000 */
  gcActorsPerSecond?: number
  /** Size of dropped records after which the disk is compacted, in bytes. @default 16777216 */
  compactAfterBytes?: number
  /** Shortest time between two compactions, in milliseconds. @default 60000 */
  compactIntervalMs?: number
}

const defaults: Required<GarbageOptions> = {
  gcIntervalMs: 10_000,
  gcHorizonMs: 24 * 60 * 60 * 1000,
  gcActorsPerSecond: 5000,
  compactAfterBytes: 16 * 1024 * 1024,
  compactIntervalMs: 60_000
}

/** Throws `SHOAL_BAD_ARGUMENT`. Other settings may be among the options. */
export function completeGarbageOptions(options: GarbageOptions): Readonly<Required<GarbageOptions>> {
  const complete = {
    gcIntervalMs: options.gcIntervalMs ?? defaults.gcIntervalMs,
    gcHorizonMs: options.gcHorizonMs ?? defaults.gcHorizonMs,
    gcActorsPerSecond: options.gcActorsPerSecond ?? defaults.gcActorsPerSecond,
    compactAfterBytes: options.compactAfterBytes ?? defaults.compactAfterBytes,
    compactIntervalMs: options.compactIntervalMs ?? defaults.compactIntervalMs
  }
  for (const [name, value] of Object.entries(complete)) {
    const isGood = Number.isFinite(value) && (value > 0 || (value === 0 && name === 'gcIntervalMs'))
    if (!isGood)
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `garbage option ${name} must be a positive number, got ${value}`)
  }
  return Object.freeze(complete)
}

/** Chance. The system's source is cryptographic; the simulator's is seeded. */
export interface Random {
  /** `length` random bytes. */
  bytes(length: number): Uint8Array
  /** A number in [0, 1). */
  next(): number
  /** An integer in [0, limit), 1 <= limit <= 2^31. */
  below(limit: number): number
}

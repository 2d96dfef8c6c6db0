/**
 * SHA-256 of short messages in one piece: names and small states, hashed one by one and a hundred thousand times over.
 *
 * A general library makes several objects for each message, which cost more than to hash a block or two; this makes none but the
 * digest. Source: FIPS 180-4, 5 and 6.2. test/cluster/sha-256.test.ts compares it with another implementation.
 */
const blockBytes = 64
const lengthBytes = 8

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes, and of the square roots of the first 8. */
const roundConstants = Int32Array.from(primes(64), prime => fraction(Math.cbrt(prime)))
const initial = Int32Array.from(primes(8), prime => fraction(Math.sqrt(prime)))

const schedule = new Int32Array(64)
const state = new Int32Array(8)
const lastBlocks = new Uint8Array(2 * blockBytes)

export function sha256(message: Uint8Array): Uint8Array {
  state.set(initial)
  const whole = message.length - (message.length % blockBytes)
  for (let at = 0; at < whole; at += blockBytes) addBlock(message, at)
  const rest = message.length - whole
  const end = rest + 1 + lengthBytes <= blockBytes ? blockBytes : 2 * blockBytes
  lastBlocks.fill(0)
  for (let i = 0; i < rest; i++) lastBlocks[i] = message[whole + i] ?? 0
  lastBlocks[rest] = 0x80
  putUint32(lastBlocks, end - 4, message.length << 3)
  putUint32(lastBlocks, end - 8, Math.floor(message.length / 2 ** 29))
  addBlock(lastBlocks, 0)
  if (end > blockBytes) addBlock(lastBlocks, blockBytes)
  const digest = new Uint8Array(32)
  for (let i = 0; i < 8; i++) putUint32(digest, 4 * i, state[i] ?? 0)
  return digest
}

function addBlock(bytes: Uint8Array, start: number): void {
  const w = schedule
  for (let i = 0, at = start; i < 16; i++, at += 4)
    w[i] =
      ((bytes[at] as number) << 24) |
      ((bytes[at + 1] as number) << 16) |
      ((bytes[at + 2] as number) << 8) |
      (bytes[at + 3] as number)
  for (let i = 16; i < 64; i++) {
    const x = w[i - 15] as number
    const y = w[i - 2] as number
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)
    w[i] = ((w[i - 16] as number) + s0 + (w[i - 7] as number) + s1) | 0
  }
  let a = state[0] as number
  let b = state[1] as number
  let c = state[2] as number
  let d = state[3] as number
  let e = state[4] as number
  let f = state[5] as number
  let g = state[6] as number
  let h = state[7] as number
  for (let i = 0; i < 64; i++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + (roundConstants[i] as number) + (w[i] as number)) | 0
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10))
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
    h = g
    g = f
    f = e
    e = (d + t1) | 0
    d = c
    c = b
    b = a
    a = (t1 + t2) | 0
  }
  state[0] = (state[0] as number) + a
  state[1] = (state[1] as number) + b
  state[2] = (state[2] as number) + c
  state[3] = (state[3] as number) + d
  state[4] = (state[4] as number) + e
  state[5] = (state[5] as number) + f
  state[6] = (state[6] as number) + g
  state[7] = (state[7] as number) + h
}

function putUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

function primes(count: number): number[] {
  const found: number[] = []
  for (let n = 2; found.length < count; n++) if (found.every(prime => n % prime !== 0)) found.push(n)
  return found
}

function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 2 ** 32) | 0
}

/**
 * CRC-32C (Castagnoli), as iSCSI has it (RFC 3720): finds what a disk gets wrong. It is no defence against forgery.
 *
 * Table-driven, after Sarwate, "Computation of cyclic redundancy checks via table look-up", 1988.
 */
const polynomial = 0x82f63b78

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  return crc
})

/**
 * The checksum of `bytes` from `start` on: an unsigned 32-bit integer. With `before`, the checksum of some bytes, that of those and
 * then these.
 */
export function crc32c(bytes: Uint8Array, start = 0, before = 0): number {
  let crc = before ^ 0xffffffff
  for (let i = start; i < bytes.length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] ?? 0)) & 0xff] ?? 0)
  return (crc ^ 0xffffffff) >>> 0
}

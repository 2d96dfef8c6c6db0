/**
 * CRC-32C (Castagnoli), as iSCSI has it (RFC 3720): finds what a disk gets wrong. It is no defence against forgery.
 *
 * Table-driven, after Sarwate, "Computation of cyclic redundancy checks via table look-up", 1988, four bytes at a time: Kounavis and Berry,
 * "A systematic approach to building high performance software-based CRC generators", 2005.
 */
const polynomial = 0x82f63b78

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1
  return crc
})
/** What a byte comes to when one, two or three more have followed it. */
const [table1, table2, table3] = [1, 2, 3].map(more =>
  table.map(crc => {
    for (let i = 0; i < more; i++) crc = (crc >>> 8) ^ (table[crc & 0xff] as number)
    return crc
  })
) as [Uint32Array, Uint32Array, Uint32Array]

/**
 * The checksum of `bytes` from `start` on: an unsigned 32-bit integer. With `before`, the checksum of some bytes, that of those and
 * then these.
 */
export function crc32c(bytes: Uint8Array, start = 0, before = 0): number {
  const { length } = bytes
  let crc = before ^ 0xffffffff
  let i = start
  for (; i + 4 <= length; i += 4) {
    crc ^=
      (bytes[i] as number) |
      ((bytes[i + 1] as number) << 8) |
      ((bytes[i + 2] as number) << 16) |
      ((bytes[i + 3] as number) << 24)
    crc =
      (table3[crc & 0xff] as number) ^
      (table2[(crc >>> 8) & 0xff] as number) ^
      (table1[(crc >>> 16) & 0xff] as number) ^
      (table[crc >>> 24] as number)
  }
  for (; i < length; i++) crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

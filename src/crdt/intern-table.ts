/**
 * Short strings that come again and again in decoded bytes, so that each is in memory once and is not decoded anew.
 *
 * A cache of a fixed size: a string takes the place that its bytes give it, whatever stood there.
 */
const slots = 1024
const maxLength = 64

export class InternTable {
  readonly #strings: (string | undefined)[] = new Array(slots).fill(undefined)

  /** The string of these bytes, if it is here. Only strings of ASCII are. */
  find(bytes: Uint8Array, start: number, length: number): string | undefined {
    if (length > maxLength || length === 0) return undefined
    const known =
      this.#strings[
        slotOf(
          length,
          bytes[start] as number,
          bytes[start + (length >>> 1)] as number,
          bytes[start + length - 1] as number
        )
      ]
    if (known === undefined || known.length !== length) return undefined
    for (let i = 0; i < length; i++) if (known.charCodeAt(i) !== bytes[start + i]) return undefined
    return known
  }

  /** The string that begins with the character of this code and goes on with `rest`. Not for a table that `find` looks into. */
  joined(code: number, rest: string): string {
    const length = rest.length + 1
    if (length > maxLength || length === 1) return String.fromCharCode(code) + rest
    const slot = slotOf(length, code, rest.charCodeAt((length >>> 1) - 1), rest.charCodeAt(length - 2))
    const known = this.#strings[slot]
    if (known?.length === length && known.charCodeAt(0) === code && known.endsWith(rest)) return known
    const text = String.fromCharCode(code) + rest
    this.#strings[slot] = text
    return text
  }

  /** Keeps the string, if it is one of ASCII. Any other has other bytes than its character codes. */
  keep(text: string): void {
    const { length } = text
    if (length > maxLength || length === 0 || !isAscii(text)) return
    const slot = slotOf(length, text.charCodeAt(0), text.charCodeAt(length >>> 1), text.charCodeAt(length - 1))
    this.#strings[slot] = text
  }
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) >= 0x80) return false
  return true
}

/** A few of the letters tell names apart well enough; the whole is compared anyway. */
function slotOf(length: number, first: number, middle: number, last: number): number {
  const hash = Math.imul(Math.imul(Math.imul(length, 31) + first, 37) + middle, 41) + last
  return (hash ^ (hash >>> 10)) & (slots - 1)
}

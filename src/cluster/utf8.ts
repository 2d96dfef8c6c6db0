/** The UTF-8 of names: they are short and plain as a rule, and then a loop is several times faster than the encoder. */
const encoder = new TextEncoder()
const maxLoopLength = 64

export function utf8Of(text: string): Uint8Array {
  const { length } = text
  if (length > maxLoopLength) return encoder.encode(text)
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x80) return encoder.encode(text)
    bytes[i] = code
  }
  return bytes
}

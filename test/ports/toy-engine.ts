/**
 * A document engine for tests of the sandbox: a document is a set of lines, and a part brings some. Lines that start with '!'
 * are orders to misbehave. The worker's thread imports this file as it would an engine.
 */
import type { SandboxEngine, SandboxPart } from '../../src/ports/sandbox.ts'

type Lines = Set<string>

const utf8 = new TextEncoder()
const text = new TextDecoder()

const misdeeds: Record<string, () => void> = {
  '!hang': () => {
    for (;;);
  },
  '!throw': () => {
    throw new RangeError('no such line')
  },
  '!exit': () => process.exit(3),
  /** The heap of V8. */
  '!heap': () => {
    const kept = new Map<number, object>()
    for (;;) kept.set(kept.size, { kept })
  },
  /** Outside of it, as WebAssembly does. */
  '!buffers': () => {
    const kept: Uint8Array[] = []
    for (;;) kept.push(new Uint8Array(4 * 1024 * 1024).fill(1))
  }
}

const toy: SandboxEngine<Lines> = {
  create: () => new Set(),
  apply(lines, parts) {
    for (const part of parts) {
      for (const line of text.decode(part.bytes).split('\n')) {
        misdeeds[line]?.()
        lines.add(line)
      }
    }
    return lines
  },
  snapshot: lines => utf8.encode([...lines].sort().join('\n')),
  findFault: lines => (lines.has('fault') ? 'a fault' : undefined)
}

export function engineOf(engine: string, content: string): SandboxEngine {
  if (content !== 'lines') throw new TypeError(`no engine for ${engine} ${content}`)
  return toy as SandboxEngine
}

export function part(...lines: readonly string[]): SandboxPart {
  return { kind: 'update', bytes: utf8.encode(lines.join('\n')) }
}

export function linesOf(snapshot: Uint8Array | undefined): string[] {
  assertThere(snapshot)
  return text.decode(snapshot).split('\n')
}

function assertThere(snapshot: Uint8Array | undefined): asserts snapshot is Uint8Array {
  if (snapshot === undefined) throw new Error('no snapshot')
}

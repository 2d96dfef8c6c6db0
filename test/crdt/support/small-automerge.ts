/** Automerge with so little memory that it soon runs out of it, for tests of what happens then. */
import assert from 'node:assert/strict'
import { loadAutomerge } from '../../../src/automerge-module.ts'
import type { AutomergeModule } from '../../../src/crdt/automerge/module.ts'

const memorySection = 5

function readLeb(bytes: Uint8Array, offset: number): { value: number; end: number } {
  let value = 0
  for (let at = offset, shift = 0; ; at++, shift += 7) {
    const byte = bytes[at] ?? 0
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return { value, end: at + 1 }
  }
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(value >>> 7)]
}

/** The same WebAssembly, whose memory cannot grow beyond so many pages of 64 KiB. */
function withMaxPages(wasm: Uint8Array, maxPages: number): Uint8Array<ArrayBuffer> {
  for (let offset = 8; offset < wasm.length; ) {
    const { value: length, end: start } = readLeb(wasm, offset + 1)
    if (wasm[offset] === memorySection) {
      const isOneWithoutMaximum = wasm[start] === 1 && wasm[start + 1] === 0
      assert.ok(isOneWithoutMaximum, 'one memory without a maximum')
      const limits = [1, 1, ...leb(readLeb(wasm, start + 2).value), ...leb(maxPages)]
      return Uint8Array.from([
        ...wasm.subarray(0, offset),
        ...[memorySection, ...leb(limits.length), ...limits],
        ...wasm.subarray(start + length)
      ])
    }
    offset = start + length
  }
  throw new Error('no memory section')
}

type ModuleClass = new (bytes: Uint8Array) => object

/** Its names are not among the types of Node. */
export const webAssembly = Reflect.get(globalThis, 'WebAssembly') as { Module: ModuleClass; RuntimeError: typeof Error }

export function loadSmallAutomerge(maxPages: number): AutomergeModule {
  const { Module } = webAssembly
  class SmallModule extends Module {
    constructor(bytes: Uint8Array) {
      super(withMaxPages(new Uint8Array(bytes), maxPages))
    }
  }
  webAssembly.Module = SmallModule
  try {
    return loadAutomerge()
  } finally {
    webAssembly.Module = Module
  }
}

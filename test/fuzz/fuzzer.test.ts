/** The fuzzer can find: decoders with one fault each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError } from '../../src/ports/errors.ts'
import type { Target } from './support/check.ts'
import { Fuzzer } from './support/fuzzer.ts'

const refuse = (what: string): never => {
  throw new ShoalError('SHOAL_MALFORMED', what)
}

/** Takes 3, then as many bytes as the next one says. */
function decode(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 3) refuse('not a three')
  if (bytes[1] !== bytes.length - 2) refuse(`${bytes.length} bytes are not as many as it says`)
  return bytes.slice(2)
}

const sound: Target = {
  decode,
  encode: value => Uint8Array.of(3, (value as Uint8Array).length, ...(value as Uint8Array)),
  seeds: () => [Uint8Array.of(3, 2, 65, 66)]
}

/** Answers the faults that some thousand inputs show, and the inputs that show them. */
function faultsOf(target: Target, rounds = 60): Map<string, Uint8Array> {
  let ms = 0
  const fuzzer = new Fuzzer(target, { seed: 'fuzzer', nowMs: () => ms++ / 1000, trying() {} })
  fuzzer.begin(target.seeds())
  for (let i = 0; i < rounds && !fuzzer.isDone; i++) fuzzer.round()
  assert.ok(fuzzer.figures.executions > 128 && fuzzer.figures.accepted > 0)
  return new Map(fuzzer.found.map(({ fault, bytes }) => [fault, bytes]))
}

test('a sound decoder has no findings, and refusals are told apart', () => {
  assert.deepEqual(faultsOf(sound), new Map())
})

test('an error without a type is found, with a short input that shows it', () => {
  const fault = 'an error that is not typed'
  const broken: Target = {
    ...sound,
    decode(bytes) {
      if (bytes[0] === 3 && bytes.includes(0xff)) throw new TypeError('no')
      return decode(bytes)
    }
  }
  const found = faultsOf(broken)
  assert.deepEqual([...found.keys()], [fault])
  assert.deepEqual(found.get(fault)?.toSorted(), Uint8Array.of(3, 0xff))
})

test('an error of the wrong type is found', () => {
  const broken: Target = {
    ...sound,
    decode(bytes) {
      if (bytes.length > 6) throw new ShoalError('SHOAL_LIMIT', 'long')
      return decode(bytes)
    }
  }
  assert.deepEqual([...faultsOf(broken).keys()], ['refused as SHOAL_LIMIT'])
})

test('a value with two encodings is found', () => {
  const broken: Target = {
    ...sound,
    decode: bytes => decode(bytes[0] === 2 ? Uint8Array.of(3, ...bytes.slice(1)) : bytes)
  }
  assert.deepEqual([...faultsOf(broken).keys()], ['accepted, but not canonical'])
})

test('an input that is changed is found', () => {
  const broken: Target = {
    decode(bytes) {
      const value = decode(bytes)
      if (bytes.length > 4) bytes[0] = 0
      return value
    },
    seeds: sound.seeds
  }
  assert.ok(faultsOf(broken).has('the input was changed'))
})

test('a value that cannot be used is found', () => {
  const broken: Target = {
    ...sound,
    use(value) {
      if ((value as Uint8Array).length === 1) throw new Error('one')
    }
  }
  assert.deepEqual([...faultsOf(broken).keys()], ['accepted, but cannot be used'])
})

test('an input that takes long is found', () => {
  let ms = 0
  const broken: Target = {
    ...sound,
    decode(bytes) {
      if (bytes.length > 20) ms += 200
      return decode(bytes)
    }
  }
  const fuzzer = new Fuzzer(broken, { seed: 'slow', nowMs: () => ms, trying() {} })
  fuzzer.begin(broken.seeds())
  for (let i = 0; i < 60; i++) fuzzer.round()
  assert.deepEqual(
    fuzzer.found.map(({ fault }) => fault),
    ['too slow']
  )
})

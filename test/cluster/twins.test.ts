import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Twins } from '../../src/cluster/twins.ts'

test('an earlier life that greets over a new link is noticed, and the later one is told of it', () => {
  const twins = new Twins()
  assert.equal(twins.linked('p', 'b', 0), undefined)
  assert.equal(twins.spoke('p', 'a', 10), true)
  assert.equal(twins.spoke('p', 'a', 20), false, 'once')
  twins.unlinked('p')
  assert.equal(twins.linked('p', 'b', 30), 'a')
  assert.equal(twins.linked('p', 'b', 70_000), undefined, 'that was long ago')
})

test('an earlier life that says itself that it is one need not greet over a new link', () => {
  const twins = new Twins()
  twins.linked('p', 'a', 0)
  twins.outlived('p', 'a', 10)
  twins.unlinked('p')
  assert.equal(twins.linked('p', 'b', 20), 'a')
})

test('an earlier life whose last words come late is nobody’s twin', () => {
  const twins = new Twins()
  twins.linked('p', 'a', 0)
  assert.equal(twins.spoke('p', 'a', 10), false)
  assert.equal(twins.spoke('p', 'b', 20), false, 'nor is a new one')
  twins.unlinked('p')
  assert.equal(twins.spoke('p', 'a', 30), false)
})

test('however many ids are doubled, only so many are remembered', () => {
  const twins = new Twins()
  for (let id = 0; id < 1000; id++) {
    twins.linked(`p${id}`, 'b', 0)
    twins.spoke(`p${id}`, 'a', 0)
  }
  let told = 0
  for (let id = 0; id < 1000; id++) if (twins.linked(`p${id}`, 'b', 1) !== undefined) told++
  assert.equal(told, 64)
})

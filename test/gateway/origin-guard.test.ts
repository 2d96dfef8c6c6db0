import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostnameOf, isLoopbackHost, refusalOf } from '../../src/gateway/origin-guard.ts'

test('loopback has many names, and others only look like it', () => {
  for (const host of [
    'localhost',
    'LOCALHOST:80',
    'a.localhost',
    '127.0.0.1',
    '127.9.9.9:1',
    '[::1]',
    '[::1]:80',
    '::1',
    '[::ffff:127.0.0.1]:1'
  ]) {
    assert.equal(isLoopbackHost(hostnameOf(host)), true, host)
  }
  for (const host of [
    '',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '128.0.0.1',
    '0.0.0.0',
    '[::2]',
    '127.evil',
    'localhost@evil.example'
  ]) {
    assert.equal(isLoopbackHost(hostnameOf(host)), false, host)
  }
})

test('a door for the network takes any host, but no page of another origin', () => {
  const request = { method: 'POST', host: 'node.example:7101', origin: undefined }
  assert.equal(refusalOf(request, false), undefined)
  assert.equal(refusalOf({ ...request, origin: 'http://node.example:7101' }, false), undefined)
  for (const origin of ['http://node.example', 'http://evil.example', 'null', 'nonsense', '']) {
    assert.notEqual(refusalOf({ ...request, origin }, false), undefined, origin)
  }
})

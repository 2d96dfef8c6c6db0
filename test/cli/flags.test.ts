import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  hostPort,
  httpUrl,
  joinAddress,
  label,
  leaseStore,
  listenAddress,
  weight,
  wholeNumber
} from '../../src/cli/flags.ts'
import { UsageError } from '../../src/cli/usage-error.ts'

function refused(parse: (text: string) => unknown, texts: readonly string[]) {
  for (const text of texts) assert.throws(() => parse(text), UsageError, JSON.stringify(text))
}

test('where to answer HTTP is a host and a port', () => {
  assert.deepEqual(hostPort('127.0.0.1:0'), { host: '127.0.0.1', port: 0 })
  assert.deepEqual(hostPort('[::1]:7101'), { host: '::1', port: 7101 })
  assert.deepEqual(hostPort('localhost:65535'), { host: 'localhost', port: 65535 })
  refused(hostPort, [
    '',
    '7101',
    ':7101',
    '127.0.0.1',
    '127.0.0.1:',
    'a:65536',
    'a:-1',
    '::1:80',
    '[::g]:1',
    'a b:1',
    '1.2.3:4',
    'a:1\n'
  ])
})

test('addresses of peers are TCP multiaddresses', () => {
  for (const text of ['/ip4/127.0.0.1/tcp/0', '/ip6/::/tcp/7201', '/dns4/seed.example/tcp/1']) {
    assert.equal(listenAddress(text), text)
  }
  const peer = '/ip4/10.0.0.1/tcp/7201/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf'
  assert.equal(joinAddress(peer), peer)
  const both = [
    '',
    '127.0.0.1:7201',
    '/ip4/127.0.0.1',
    '/ip4/256.0.0.1/tcp/1',
    '/ip4/::1/tcp/1',
    '/ip4/127.0.0.1/udp/1/quic-v1',
    '/ip4/127.0.0.1/tcp/65536',
    '/ip6/127.0.0.1/tcp/1',
    '/dns4/1.2.3/tcp/1',
    ' /ip4/127.0.0.1/tcp/1'
  ]
  refused(listenAddress, [...both, peer])
  refused(joinAddress, [...both, '/ip4/127.0.0.1/tcp/0', '/ip4/127.0.0.1/tcp/1/p2p/', '/ip4/127.0.0.1/tcp/1/p2p/0OIl'])
})

test('numbers, names and doors say what they may be', () => {
  const shards = wholeNumber('--shards', 1, 4096)
  assert.equal(shards('256'), 256)
  refused(shards, ['0', '4097', '1.5', '-1', '1e3', '', ' 1', '99999999999999999999'])
  assert.equal(label('--name')('knoten-ä.1'), 'knoten-ä.1')
  refused(label('--name'), ['', '-a', 'a b', 'a\n', 'x'.repeat(64)])
  assert.equal(httpUrl('127.0.0.1:7101').origin, 'http://127.0.0.1:7101')
  assert.equal(httpUrl('http://[::1]:80/').hostname, '[::1]')
  refused(httpUrl, ['', 'https://x', 'http://x/y', 'http://x?y', 'http://u@x', 'ftp://x', 'http://'])
})

test('a lease store is one of four, and what is refused is not shown: it may have a password in it', () => {
  assert.deepEqual(leaseStore('postgres://me@db:5432/shoal'), { postgres: { url: 'postgres://me@db:5432/shoal' } })
  assert.deepEqual(leaseStore('etcd:http://a:2379,https://b:2379'), {
    etcd: { endpoints: ['http://a:2379', 'https://b:2379'] }
  })
  const voters = ['a', 'b', 'c'].map(name =>
    `12D3KooW${name.repeat(44)}/${name.repeat(24)}`.replace(/\/.{12}/, `/${'0'.repeat(12)}`)
  )
  assert.deepEqual(leaseStore(`voters:${voters.join(',')}`), { voters })
  refused(leaseStore, ['voters:', `voters:${voters.slice(1).join(',')}`, 'voters:a/b,c/d,e/f'])
  assert.deepEqual(leaseStore('kubernetes'), { kubernetes: {} })
  assert.deepEqual(leaseStore('kubernetes:prod-1'), { kubernetes: { namespace: 'prod-1' } })
  refused(leaseStore, [
    '',
    'postgres',
    'postgres:',
    'postgres:db',
    'etcd',
    'etcd:a:2379',
    'etcd:http://a,',
    'redis://a'
  ])
  refused(leaseStore, ['kubernetes:', 'kubernetes:A', 'kubernetes:-a', 'etcd:http://u:p@a:1', 'Postgres://a/b'])
  assert.throws(
    () => leaseStore('mysql://me:secret@db/x'),
    error => !String(error).includes('secret')
  )
})

test('a weight is a number from 0 to 100 with at most two decimals', () => {
  assert.deepEqual(['0', '0.5', '1', '99.99', '100'].map(weight), [0, 0.5, 1, 99.99, 100])
  refused(weight, ['', '-1', '1e2', '0.001', '100.01', '1.', 'x', ' 1'])
})

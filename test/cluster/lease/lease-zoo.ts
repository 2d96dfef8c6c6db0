/**
 * Deliberate bugs of lease shards, each a few lines of the sources changed. Those of the model are here again, in the code that ships.
 *
 * `moves its position with every page` needs shards of more than one page, and `keeps the stamps of what stands above the cut` changes nothing
 * that a client sees: 30 seeds find neither; test/models/epochs.test.ts does. 24 seeds have not found those of time but for the wall clock.
 */
export interface LeaseMutant {
  readonly name: string
  readonly file: string
  readonly find: string
  readonly replace: string
  /** What else it takes: another rule that would hide it. */
  readonly also?: { readonly file: string; readonly find: string; readonly replace: string }
}

function bug(name: string, file: string, find: string, replace: string): LeaseMutant {
  return { name, file: `cluster/lease/${file}`, find, replace }
}

export const leaseMutants: readonly LeaseMutant[] = [
  bug('no epoch check', 'replica.ts', 'if (epoch < this.#promise) return false', 'if (epoch < 0) return false'),
  bug(
    'a promise that is not stored',
    'replica.ts',
    'this.#collected = { promise: this.#promise, lineage',
    'this.#collected = { promise: positionOf(this.#lineage).epoch, lineage'
  ),
  {
    ...bug(
      'accepts what does not follow',
      'lease-shard.ts',
      'if (after <= position.n) for (const entry of entries.slice(position.n - after))',
      'for (const entry of entries.slice(Math.max(0, position.n - after)))'
    ),
    // Who sends begins where the replica stood, so that nothing ever comes that does not follow.
    also: {
      file: 'cluster/lease/epoch-writer.ts',
      find: '    follower.sent = follower.accepted\n    this.#probe',
      replace: '    this.#probe'
    }
  },
  bug(
    'acknowledges before it is stored',
    'lease-shard.ts',
    'const { epoch, n } = positionOf(this.replica.stored.lineage)\n    if (this.#owner',
    'const { epoch, n } = positionOf(this.replica.lineage)\n    if (this.#owner'
  ),
  bug(
    'asks its own replicas only',
    'epoch-opening.ts',
    'const asked = isFirst ? set : opened',
    'const asked = opened.length < 0 ? opened : set'
  ),
  bug(
    'asks the replicas that were claimed last',
    'epoch-opening.ts',
    'const opened = record?.opened ?? { epoch: 0, set: [] }',
    'const opened = record === undefined ? { epoch: 0, set: [] } : { epoch: record.epoch, set: record.set }'
  ),
  bug(
    'asks less than a majority',
    'sealing.ts',
    'set.filter(peer => this.#heard.has(peer) && knows(peer)).length > set.length / 2',
    'set.filter(peer => this.#heard.has(peer) && knows(peer)).length > 0'
  ),
  bug(
    'takes its own prefix',
    'epoch-opening.ts',
    'source = await sealing.run()',
    'await sealing.run()\n    source = self'
  ),
  bug(
    'opens before a majority has the cut',
    'epoch-opening.ts',
    'await Promise.race([writer.reached(last).catch(() => {}), writer.fenced])\n',
    '\n'
  ),
  bug(
    'claims again under the same epoch',
    'epoch-opening.ts',
    'Math.max(record?.epoch ?? 0, shard.largestPromised) + 1',
    'Math.max((record?.epoch ?? 0) + (record?.node === self && record.opened.epoch === record.epoch ? 0 : 1), shard.largestPromised, 1)'
  ),
  bug(
    'keeps entries above the cut',
    'replica.ts',
    'if (!isOn(lineage, own)) this.#setAside',
    'if (own.n < 0) this.#setAside'
  ),
  bug('does not ask for what it must replace', 'fetch.ts', 'await this.#replace(actors)', 'await this.#replace([])'),
  bug(
    'moves its position with every page',
    'fetch.ts',
    '      cursor = page.cursor\n',
    '      cursor = page.cursor\n      replica.moveTo(page.lineage)\n'
  ),
  bug(
    'keeps the stamps of what stands above the cut',
    'epoch-opening.ts',
    'replica.restamp(entry.actor, { epoch, n: ++n })',
    'n += 0'
  ),
  bug(
    'acknowledges by one replica',
    'epoch-writer.ts',
    "all[acknowledge === 'all' ? all.length - 1 : Math.floor(all.length / 2)] ?? -1",
    'all[0] ?? -1'
  ),
  bug(
    'reads what is not acknowledged',
    'lease.ts',
    'if (entry?.epoch === this.epoch) await',
    'if (entry?.epoch === 0) await'
  ),
  bug(
    'reads without a lease',
    'lease.ts',
    'return !writer.isFenced && !this.#isReleased && sessions.current === session && sessions.isValid()',
    'return !this.#isReleased && session.length > 0 && sessions.leaseMs > 0'
  ),
  {
    ...bug(
      'serves on when it was fenced',
      'lease.ts',
      'return !writer.isFenced && !this.#isReleased && sessions.current === session && sessions.isValid()',
      'return !this.#isReleased && session.length > 0 && sessions.leaseMs > 0'
    ),
    also: {
      file: 'actors/lease-holdings.ts',
      find: '      holding.isFenced = true\n',
      replace: '      if (why !== undefined) return\n      holding.isFenced = true\n'
    }
  },
  bug(
    'counts from when it was answered',
    'sessions.ts',
    'this.#validUntilMs = askedMs +',
    'this.#validUntilMs = Math.max(askedMs, this.#parts.clock.elapsed()) +'
  ),
  bug(
    'leases by the wall clock',
    'sessions.ts',
    'this.#parts.clock.elapsed() < this.#validUntilMs',
    'this.#parts.clock.now() - 1_767_225_600_000 < this.#validUntilMs'
  ),
  bug(
    'takes over without waiting',
    'sessions.ts',
    'if (nowMs - seen.sinceMs < record.leaseMs * (1 + this.#rateError)) return false',
    'if (nowMs - seen.sinceMs < this.leaseMs / 3) return false'
  ),
  bug(
    'a session is not ended by who takes over',
    'sessions.ts',
    '    const outcome = await store.write(sessionKey(node), ended, register.version, this.deadline())\n',
    "    const outcome = ended.length > 0 ? { version: '' } : 'conflict'\n"
  ),
  bug(
    'an index that is missed while it is written',
    'replica.ts',
    'if (this.#walks > 0) for',
    'if (this.#walks < 0) for'
  )
]

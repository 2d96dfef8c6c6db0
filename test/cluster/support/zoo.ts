/** Deliberate bugs, each a few lines of the sources changed, that the simulator must find. */
import { defaultFaultKinds, type FaultKind } from '../../../src/simulation/faults.ts'
import { restlessKinds } from './scenario.ts'

export interface Mutant {
  readonly name: string
  readonly changes: readonly { readonly file: string; readonly find: string; readonly replace: string }[]
  /** Kinds of faults that it takes to find it. @default the usual ones */
  readonly kinds?: readonly FaultKind[]
  /** Only planned moves can show it. */
  readonly isOfMoves?: boolean
  /** Only replicas that move at once whenever somebody is gone show it: the kinds are those that make them move. */
  readonly isRestless?: boolean
}

/** Mends many a bug before it shows, at a beacon and at the end of a stream: off where a bug is about what it mends. */
const noFullCompare = [
  {
    file: 'cluster/beacon.ts',
    find: 'if (compare.length > 0) this.#compare(peer, compare)',
    replace: ''
  },
  {
    file: 'cluster/catch-up.ts',
    find: 'for (const shard of unlike) await this.#compare(peer, shard, true)',
    replace: ''
  }
]

/** Without the full compare disks that lie differ by themselves, and would show nothing of the bug: these are hunted with disks that do not. */
function alsoUnmended(mutant: Mutant): Mutant {
  return { name: mutant.name, changes: [...mutant.changes, ...noFullCompare], kinds: [...defaultFaultKinds] }
}

function one(name: string, file: string, find: string, replace: string): Mutant {
  return { name, changes: [{ file, find, replace }] }
}

export const mutants: readonly Mutant[] = [
  one(
    'acknowledge before durable',
    'actors/running/acknowledgement.ts',
    `    try {
      await this.#cluster.store.durable()
      // Else`,
    `    try {
      // Else`
  ),
  one(
    'push before durable',
    'cluster/shard-store.ts',
    'this.#written(actors, updates)',
    `this.#written(actors, [])
    }
    this.#committed({ updates, actors: [], emptied: [] })
    if (this.shardCount < 0) {`
  ),
  one('confirm before durable', 'cluster/push-receiver.ts', 'await commit\n', '\n'),
  alsoUnmended(
    one(
      'removal not remembered',
      'cluster/shard-joining.ts',
      'seen: delta.context, extra: delta.context }',
      'seen: delta.context, extra: CausalContext.empty }'
    )
  ),
  alsoUnmended(
    one(
      'removal forgotten where nothing is seen',
      'cluster/unsaved-changes.ts',
      'if (isSeen || hasExtra) this.note(actor, isSeen)',
      'if (isSeen) this.note(actor, isSeen)'
    )
  ),
  alsoUnmended(
    one(
      'removal not stored',
      'cluster/storage-layout.ts',
      'const { extra, gaps } = record',
      'const { gaps } = record\n  const extra = CausalContext.empty'
    )
  ),
  one(
    'context joined at the first chunk',
    'cluster/catch-up-receiver.ts',
    `this.#isBehind(shard)
    return nothing`,
    `this.#isBehind(shard)
    return () => this.#store.joining.joinContext(shard, context)`
  ),
  alsoUnmended(
    one(
      'scan ends at the contiguous vector',
      'cluster/catch-up-sender.ts',
      'for await (const page of pages(snapshot, indexRange(shard, origin, first)))',
      `const end = context.intervals(origin)[1] ?? 0
    const bounds = { gte: indexRange(shard, origin, first).gte, lt: indexRange(shard, origin, end + 1).gte }
    for await (const page of pages(snapshot, bounds))`
    )
  ),
  alsoUnmended(
    one(
      'scan ends at what was missing',
      'cluster/catch-up-sender.ts',
      'for await (const page of pages(snapshot, indexRange(shard, origin, first)))',
      `const missing = context.minus(want.context).intervals(origin)[1] ?? 0
      const bounds = { gte: indexRange(shard, origin, first).gte, lt: indexRange(shard, origin, missing + 1).gte }
      for await (const page of pages(snapshot, bounds))`
    )
  ),
  alsoUnmended(
    one(
      'first missing update omitted by name',
      'cluster/missing-entries.ts',
      'if (seq >= (starts.get(origin) ??',
      'if (seq > (starts.get(origin) ??'
    )
  ),
  one('held dots omitted', 'cluster/catch-up-sender.ts', 'held: held.union(record.gaps),', 'held: record.gaps,'),
  one('what the sender lacks is not told', 'cluster/catch-up-sender.ts', 'held: held.union(record.gaps),', 'held,'),
  one(
    'what an update comes after is not looked at',
    'cluster/unsaved-changes.ts',
    "const last = 'after' in position ? position.after : seq",
    "const last = 'after' in position ? 0 : seq"
  ),
  {
    ...one(
      'what an actor has seen is what its shard has',
      'cluster/shard-store.ts',
      'return coversOf(actor, this.#ledger.at(actor.shard).floor)',
      'return coversOf(actor, this.#ledger.at(actor.shard).context)'
    ),
    kinds: ['vanished entry', 'partition', 'kill']
  },
  alsoUnmended(
    one('extra dots omitted', 'cluster/catch-up-sender.ts', 'extra: record.extra', 'extra: CausalContext.empty')
  ),
  alsoUnmended(
    one(
      'index not moved by pushes',
      'cluster/shard-joining.ts',
      'const told = { index: [{ origin, seq, after }],',
      'const told = { index: [{ origin, seq: seq * 0, after: after * 0 }],'
    )
  ),
  one(
    'index not moved by streams',
    'cluster/shard-joining.ts',
    'return this.#unsaved.change(actor, joined, { index: fragment.positions, seen, extra })',
    'return this.#unsaved.change(actor, joined, { index: [], seen, extra })'
  ),
  one(
    'seqs of others named in a push',
    'cluster/outbox.ts',
    'name: actor, seqs, after, delta }))',
    `name: actor, after, ...withEarlier(this.#origin, seqs, delta) }))
    function withEarlier(origin: Origin, seqs: CausalContext, { state, context }: Delta) {
      const all = seqs.isEmpty() ? seqs : seqs.with(origin, 1, seqs.next(origin) - 1)
      return { seqs: all, delta: { state, context: context.union(all) } }
    }`
  ),
  one(
    'request id not recorded',
    'actors/running/handler-runs.ts',
    'if (request === undefined) return 0',
    'if (request === undefined || deadlineMs > 0) return 0'
  ),
  one(
    'request id not looked up',
    'actors/running/handler-runs.ts',
    'if (stored === undefined) return false',
    'if (stored !== null) return false'
  ),
  one('one disk is a majority', 'cluster/quorum.ts', '    enough: lacking === 0,', '    enough: lacking >= 0,'),
  one('no drain before a grant', 'cluster/ownership.ts', 'await this.#events.drain(new Set(shards))', ''),
  one(
    'a shard opens without grants',
    'cluster/ownership.ts',
    'if (maySee) for (const shard of this.#owned) if (!blocked.has(shard))',
    'if (maySee) for (const shard of this.#owned) if (!blocked.has(-1))'
  ),
  {
    name: 'a grant brings no state',
    changes: [
      {
        file: 'cluster/catch-up-streams.ts',
        find: 'await stream.run(wanted, inFull)',
        replace: 'await stream.run(claim === undefined ? wanted : [], inFull)'
      },
      // Else the claimer sees that it got nothing, and asks again.
      {
        file: 'cluster/catch-up.ts',
        find: '\n    if (refused.length > 0) throw',
        replace: '\n    if (refused.length > 0 && how.claim !== true) throw'
      }
    ],
    isOfMoves: true
  },
  {
    name: 'state is streamed before the drain',
    changes: [
      {
        file: 'cluster/catch-up-streams.ts',
        find: 'if (claim !== undefined) await this.#events.seal(peer, shards, claim)',
        replace: ''
      },
      {
        file: 'cluster/catch-up-streams.ts',
        find: 'await stream.run(wanted, inFull)',
        replace:
          'await stream.run(wanted, inFull)\n      if (claim !== undefined) await this.#events.seal(peer, shards, claim)'
      }
    ],
    isOfMoves: true
  },
  one(
    'origin used again after a restart',
    'cluster/cluster-parts.ts',
    'const origin = originOf(network.self, incarnation)',
    "const origin = originOf(network.self, 'always')"
  ),
  one(
    'text client id used again',
    'actors/running/turn.ts',
    'clientIdOf(store.origin, actor.name)',
    'clientIdOf(store.origin.slice(0, 7), actor.name)'
  ),
  one('floor not raised', 'cluster/removed-actors.ts', '    state.floor = floor\n', ''),
  one(
    'floor not looked at',
    'cluster/catch-up-sender.ts',
    'if (isAll && !want.context.covers(floor)) {',
    'if (isAll && want.context.isEmpty() && !want.context.covers(floor)) {'
  ),
  one(
    'absence is ignorance',
    'cluster/catch-up-receiver.ts',
    '      this.#store.joining.joinActor(shard, actor, nothingOfIt, { context, floor: this.#floorOf(shard) })\n',
    ''
  ),
  alsoUnmended(
    one(
      'stream resumed with the newer context',
      'cluster/catch-up-receiver.ts',
      'this.#store.joining.joinContext(shard, asked.resumed?.context ?? context)',
      'this.#store.joining.joinContext(shard, context)'
    )
  ),
  alsoUnmended(
    one(
      'stream resumed by who is behind the last one',
      'cluster/catch-up-receiver.ts',
      'covers(asked.resumed?.seen ??',
      'covers(asked.resumed?.context ??'
    )
  ),
  {
    name: 'shard dropped before others have it',
    changes: [
      {
        file: 'cluster/shard-dropping.ts',
        find: 'this.#holdings.areWhole(placement.hosts(shard), shard)',
        replace: 'placement.hosts(shard).length > 0'
      },
      {
        file: 'cluster/shard-dropping.ts',
        find: 'if (!placement.hosts(shard).every(peer => answers.get(peer) === true)) continue',
        replace: ''
      },
      // To be asked is enough for them to fetch it, whatever is made of what they answer.
      {
        file: 'cluster/shard-dropping.ts',
        find: 'const answers = await this.#ask(placement, shards)',
        replace: ''
      }
    ],
    kinds: ['partition', 'one-way cut']
  },
  {
    name: 'shard dropped unasked',
    changes: [
      {
        file: 'cluster/shard-dropping.ts',
        find: 'if (!placement.hosts(shard).every(peer => answers.get(peer) === true)) continue',
        replace: ''
      },
      { file: 'cluster/shard-dropping.ts', find: 'const answers = await this.#ask(placement, shards)', replace: '' }
    ],
    kinds: restlessKinds,
    isRestless: true
  },
  one(
    'majority read from one',
    'actors/running/quorum-reads.ts',
    'level, this.#cluster.isWhole(shard))(told)',
    'level, this.#cluster.isWhole(shard))(told.size > -1 ? new Set(this.#cluster.membership.admitted()) : told)'
  ),
  {
    name: "damaged shard's context trusted",
    changes: [
      {
        file: 'cluster/distrust.ts',
        find: 'shard.context = rebuilt.context.union(claims.context())',
        replace: 'shard.context = shard.context.union(rebuilt.context).union(claims.context())'
      },
      ...noFullCompare
    ],
    kinds: ['bit rot', 'lost record', 'lost batch', 'kill', 'partition']
  },
  {
    name: 'shards not verified on open',
    changes: [
      {
        file: 'cluster/shard-trust.ts',
        find: '    this.#unverified.add(shard)\n',
        replace: '    if (this.suspicions(shard) > 0) this.#unverified.add(shard)\n'
      }
    ],
    kinds: ['lost record', 'lost batch', 'kill']
  },
  one(
    'floor raised early',
    'cluster/garbage.ts',
    'this.#mustConfirm(shard).every(id => round.has(shard, id))',
    'this.#mustConfirm(shard).length >= 0'
  ),
  {
    name: 'a vanished record is believed',
    changes: [
      {
        file: 'cluster/checked-reads.ts',
        find: 'if (!this.#known.agrees(shard, name, checksum)) {',
        replace: 'if (checksum < 0) {'
      }
    ],
    kinds: ['vanished record', 'reverted record', 'partition']
  },
  {
    name: 'an older record is sent',
    changes: [
      {
        file: 'cluster/catch-up-sender.ts',
        find: '    snapshot.check(shard, name, checksumOf(bytes))\n    return',
        replace: '    return'
      },
      {
        file: 'cluster/catch-up-sender.ts',
        find: '        snapshot.check(shard, name, checksum)\n',
        replace: ''
      },
      { file: 'cluster/catch-up-sender.ts', find: '    assertTold(shard, found, tally)\n', replace: '' }
    ],
    kinds: ['vanished record', 'reverted record', 'partition']
  },
  {
    name: 'records read by name are not counted',
    changes: [
      { file: 'cluster/catch-up-sender.ts', find: '    assertTold(shard, found, tally)\n', replace: '' },
      ...noFullCompare
    ],
    kinds: ['vanished record', 'kill', 'partition']
  },
  alsoUnmended(
    one(
      'ended lives taken for equal unchecked',
      'crdt/short-context.ts',
      'return isSame(hashOf(ended), endedHash) ? last.union(ended) : undefined',
      'return last.union(ended)'
    )
  ),
  one(
    'ended lives not written',
    'cluster/shard-record.ts',
    'if (stored === undefined || !isSame(parts, stored)) {',
    'if (stored === undefined) {'
  ),
  { name: 'no full compare', changes: noFullCompare, kinds: ['vanished entry', 'kill', 'partition'] },
  one('no beacons', 'cluster/beacon.ts', 'this.#beat()\n', '\n')
]

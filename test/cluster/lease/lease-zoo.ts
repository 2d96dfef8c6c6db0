/**
 * Deliberate bugs of lease shards and of the actors on them, each a few lines of the sources changed. Those of the model are here again, in
 * the code that ships. mutants.ts hunts them: by runs of faults for the most part, which lease-judge.ts looks at; where chance does not get
 * there, a test that says what the bug breaks must fail with it.
 *
 * Some changes break nothing, and are not here:
 * - A lease that is not looked at after the handler: what such a handler has done is not taken, and the next owner runs it.
 * - A fenced owner that acknowledges what a majority has accepted all the same: every later epoch has that.
 * - A claimant that goes on though it has itself promised a later epoch, or without its own promise on the disk: the later claim was in the
 *   store before, so this one cannot open, and nothing of it is acknowledged. Four places see to it that it ends soon; sixty seeds
 *   without any of them went well.
 * - A page for somebody to whom a later promise was made while it was read: of two claimants the later one alone can open.
 * - Of two calls under one id, the second runs after the first, and not with it: then it finds what the first came to.
 */
export interface SourceChange {
  /** Below src. */
  readonly file: string
  /** Occurs once. */
  readonly find: string
  readonly replace: string
}

/** Runs of faults, the same with small limits, the sweep over the arrows of hand-offs, random clusters of whole nodes, histories of clients. */
export const ways = ['seeds', 'small', 'sweep', 'clusters', 'histories'] as const
export type Way = (typeof ways)[number]

export interface LeaseMutant extends SourceChange {
  readonly name: string
  /** What else it takes: other rules that would hide it. */
  readonly also?: SourceChange | readonly SourceChange[]
  /** What is to find it. @default 'seeds' */
  readonly by?: Way
  /** Where chance does not get there: the test, below test, that says what it breaks. */
  readonly claim?: string
}

function limit(file: string, name: string, from: number, to: number): SourceChange {
  return { file: `cluster/lease/${file}`, find: `const ${name} = ${from}\n`, replace: `const ${name} = ${to}\n` }
}

/** So that a handful of entries is more than one page, one batch, one tail. */
export const smallLimits: readonly SourceChange[] = [
  limit('lease-shard.ts', 'pageEntries', 512, 2),
  limit('epoch-opening.ts', 'restampEntries', 256, 2),
  limit('entry-tail.ts', 'maxEntries', 4096, 3),
  limit('entry-tail.ts', 'maxBatchEntries', 1024, 2),
  limit('lease-messages.ts', 'maxNamed', 256, 2),
  limit('lineage.ts', 'maxLineage', 64, 8)
]

function bug(name: string, file: string, find: string, replace: string): LeaseMutant {
  return { name, file: `cluster/lease/${file}`, find, replace }
}

function actorBug(name: string, file: string, find: string, replace: string): LeaseMutant {
  return { name, file: `actors/${file}`, find, replace }
}

/** Hunted by these runs. */
function by(way: Way, mutant: LeaseMutant): LeaseMutant {
  return { ...mutant, by: way }
}

/** Stated by this test. */
function claimed(claim: string, mutant: LeaseMutant): LeaseMutant {
  return { ...mutant, claim }
}

export const leaseMutants: readonly LeaseMutant[] = [
  bug('no epoch check', 'replica.ts', 'if (epoch < this.#promise) return false', 'if (epoch < 0) return false'),
  bug(
    'a promise that is not stored',
    'replica.ts',
    'const head: Head = { promise: this.#promise, lineage',
    'const head: Head = { promise: positionOf(this.#lineage).epoch, lineage'
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
  {
    ...bug(
      'acknowledges before it is stored',
      'lease-shard.ts',
      'const { epoch, n } = positionOf(this.replica.stored.lineage)\n    if (this.#owner',
      'const { epoch, n } = positionOf(this.replica.lineage)\n    if (this.#owner'
    ),
    also: {
      file: 'cluster/lease/lease-shard.ts',
      find: 'if (positionOf(this.replica.lineage).n === position.n) this.#tell()',
      replace: 'this.#tell()'
    }
  },
  bug(
    'asks its own replicas only',
    'epoch-opening.ts',
    'isFirst ? set : opened.set',
    'opened.set.length < 0 ? opened.set : set'
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
    'set.filter(peer => this.#knows(peer)).length > set.length / 2',
    'set.filter(peer => this.#knows(peer)).length > 0'
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
    'Math.max(record?.epoch ?? 0, shard.largestEpoch) + 1',
    'Math.max((record?.epoch ?? 0) + (record?.node === self && record.opened.epoch === record.epoch ? 0 : 1), shard.largestEpoch, 1)'
  ),
  bug(
    'keeps entries above the cut',
    'replica.ts',
    'if (isAbove && !isOn(lineage, own)) this.#setAside',
    'if (own.n < 0) this.#setAside'
  ),
  bug('does not ask for what it must replace', 'fetch.ts', 'await this.#replace(actors)', 'await this.#replace([])'),
  by(
    'small',
    bug(
      'moves its position with every page',
      'fetch.ts',
      '      cursor = page.cursor\n',
      '      cursor = page.cursor\n      replica.moveTo(page.lineage)\n'
    )
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
    "if (n > 0 || acknowledge === 'all') await",
    "if (n < 0 || acknowledge === 'all') await"
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
      file: 'actors/leased/lease-holdings.ts',
      find: '      holding.isFenced = true\n',
      replace: '      if (why !== undefined) return\n      holding.isFenced = true\n'
    }
  },
  claimed(
    'cluster/lease/sessions.test.ts',
    bug(
      'counts from when it was answered',
      'sessions.ts',
      'this.#validUntilMs = askedMs +',
      'this.#validUntilMs = Math.max(askedMs, this.#parts.clock.elapsed()) +'
    )
  ),
  claimed('cluster/lease/sessions.test.ts', {
    ...bug(
      'leases by the wall clock',
      'sessions.ts',
      'this.#parts.clock.elapsed() < this.#validUntilMs',
      'this.#parts.clock.now() < this.#validUntilMs'
    ),
    also: {
      file: 'cluster/lease/sessions.ts',
      find: 'this.#validUntilMs = askedMs +',
      replace: 'this.#validUntilMs = this.#parts.clock.now() - this.#parts.clock.elapsed() + askedMs +'
    }
  }),
  bug(
    'takes over without waiting',
    'session-watch.ts',
    'return sinceMs + record.leaseMs * (1 + this.#parts.rateError)',
    'return sinceMs + record.leaseMs / 3'
  ),
  bug(
    'a session is not ended by who takes over',
    'session-watch.ts',
    '    const outcome = await store.write(key, encodeRegister(ended), register.version, deadline())\n',
    "    const outcome = ended.isOver ? { version: '' } : 'conflict'\n"
  ),
  claimed(
    'cluster/lease/fetch-and-entries.test.ts',
    bug(
      'an index that is missed while it is written',
      'replica-records.ts',
      'if (this.#walks > 0) for',
      'if (this.#walks < 0) for'
    )
  ),
  claimed(
    'cluster/lease/fetch-and-entries.test.ts',
    bug(
      'what is not on the disk yet is missed below what is',
      'replica-records.ts',
      'if (!areEqual(first, stamp) && !page.add(first, first)) return page.finish(lineage(), false)',
      ''
    )
  ),
  bug(
    'keeps its position while it sets entries aside',
    'replica.ts',
    'if (!areEqual(positionOf(this.lineage), common)) this',
    'if (common.epoch < 0) this'
  ),
  bug(
    'says that it promised before that is on the disk',
    'lease-shard.ts',
    'const { promise, lineage } = this.replica.stored\n    for (const [peer, epoch] of this.#sealers)',
    'const { promise, lineage } = this.replica\n    for (const [peer, epoch] of this.#sealers)'
  ),
  claimed(
    'cluster/lease/claims-in-doubt.test.ts',
    bug(
      'a claim of unknown outcome counts as done',
      'epoch-opening.ts',
      'if (found === undefined || textOf(ownershipFrom(found)) !== textOf(record)) throw error',
      'if (found === undefined || textOf(ownershipFrom(found)) === String(error)) throw error'
    )
  ),
  claimed(
    'cluster/lease/lost-memory.test.ts',
    bug(
      'who has forgotten has a vote',
      'sealing.ts',
      '(this.#parts.isFirst || lineage.length > 0)',
      '(this.#parts.isFirst || lineage.length >= 0)'
    )
  ),
  claimed(
    'cluster/lease/lost-memory.test.ts',
    bug('who has forgotten believes any epoch', 'claim-check.ts', 'return replica.mustAsk || epoch', 'return epoch')
  ),
  claimed(
    'cluster/lease/lease-shards.test.ts',
    bug('lets go before all is accepted', 'lease.ts', 'await writer.reached(writer.last).catch(() => {})\n', '\n')
  ),
  claimed(
    'cluster/lease/claims-in-doubt.test.ts',
    bug(
      'lets go of what another has claimed since',
      'letting-go.ts',
      'if (record.epoch > claim.epoch || record.node !== self || record.session !== claim.session) return true\n',
      ''
    )
  ),
  bug(
    'an owner is not fenced by a later promise',
    'lease-shard.ts',
    'if (this.#writer !== undefined && this.#writer.epoch < epoch) this.end(fencedBy(epoch))',
    'if (this.#writer !== undefined && epoch < 0) this.end(fencedBy(epoch))'
  ),
  claimed(
    'cluster/lease/fetch-and-entries.test.ts',
    bug(
      'writes an entry over a later one of its owner',
      'replica.ts',
      'own.epoch !== entry.epoch || own.n < entry.n',
      'own.epoch !== entry.epoch || own.n !== entry.n'
    )
  ),
  claimed(
    'cluster/lease/claims-in-doubt.test.ts',
    bug(
      'opens though its session is over',
      'epoch-opening.ts',
      "if (sessions.current !== session) throw notNow('its session is over')",
      ''
    )
  ),
  claimed(
    'cluster/lease/refilled.test.ts',
    bug(
      'a replica that counts for nothing keeps what a cut has excluded',
      'replica.ts',
      'const isAbove = compareStamps(own, positionOf(this.lineage)) > 0',
      'const isAbove = compareStamps(own, positionOf(this.#lineage)) > 0'
    )
  ),
  claimed(
    'actors/lease-once.test.ts',
    actorBug(
      'a request id is not committed with the effect',
      'leased/lease-answers.ts',
      'const requests = isNoted ? withRequest(',
      'const requests = isNoted && times.nowMs < 0 ? withRequest('
    )
  ),
  claimed(
    'actors/lease-requests.test.ts',
    actorBug(
      'a request that is answered for good runs again',
      'leased/lease-requests.ts',
      'const isOver = request.number < (session?.lowWater ?? 0)',
      'const isOver = request.number < 0 * (session?.lowWater ?? 0)'
    )
  ),
  claimed(
    'actors/lease-kinds.test.ts',
    actorBug(
      'a query shows what is not accepted',
      'leased/lease-answers.ts',
      "if (actor.unaccepted === 0 && level === 'majority') check()",
      "if (actor.unaccepted >= 0 && level === 'majority') check()"
    )
  ),
  claimed(
    'actors/lease-kinds.test.ts',
    actorBug(
      'a command is answered before it is accepted',
      'leased/lease-answers.ts',
      'accepted.then(answer, () => call.end(inDoubt))',
      'void accepted.then(answer, () => call.end(inDoubt))\n        answer()'
    )
  ),
  claimed(
    'actors/lease-crdt.test.ts',
    actorBug(
      'all owners edit a document under one client id',
      'leased/lease-crdt.ts',
      'clientIdOf(writerIn(records.epoch)',
      'clientIdOf(writerIn(0)'
    )
  ),
  claimed(
    'actors/lease-bounded.test.ts',
    actorBug(
      'what no owner could take from a bounded counter is tried again',
      'leased/lease-crdt.ts',
      'isOnlyWriter: true',
      'isOnlyWriter: false'
    )
  ),
  claimed(
    'actors/lease-documents.test.ts',
    actorBug(
      'a document is opened before it is vetted',
      'leased/leased-documents.ts',
      '(form.unvetted?.(held).length ?? 0) > 0',
      '(form.unvetted?.(held).length ?? 0) < 0'
    )
  ),
  claimed(
    'actors/lease-once.test.ts',
    actorBug(
      'a command in doubt is refused',
      'leased/lease-answers.ts',
      'accepted.then(answer, () => call.end(inDoubt))',
      "accepted.then(answer, () => call.fail(new ShoalError('SHOAL_UNAVAILABLE', 'its lease is over')))"
    )
  ),
  claimed(
    'cluster/lease/opened-epochs.test.ts',
    bug(
      'an opened epoch without entries is forgotten',
      'lineage.ts',
      '(cut.n > 0 || cut.epoch === opened)',
      '(cut.n > 0 || cut.epoch + opened < 0)'
    )
  ),
  claimed(
    'cluster/lease/letting-go.test.ts',
    bug('a claim that failed is tried again under its epoch', 'epoch-opening.ts', '  shard.claims(record.epoch)\n', '')
  ),
  claimed(
    'actors/lease-once.test.ts',
    actorBug(
      'a refusal is not noted where others may run the command',
      'leased/lease-answers.ts',
      '(request !== undefined && hasCopies)',
      '(request !== undefined && hasCopies && request.number < 0)'
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'what another actor has sent is not noted with its effect',
      'leased/lease-answers.ts',
      'const noted = sent === undefined ? known : ',
      'const noted = sent === undefined || sent.number > 0 ? known : '
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'that a command from another actor was refused is not noted',
      'leased/lease-answers.ts',
      'const isNoted = sent !== undefined || ',
      'const isNoted = '
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'commands to others leave before what sent them is accepted',
      'leased/lease-answers.ts',
      'return mail === noMail ? accepted : accepted.then(',
      'actor.accepted = { number: actor.entries, mail }\n    outbox.accepted(holding, call.name, actor)\n    return mail === noMail ? accepted : accepted.then('
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'who forgets a sender raises no horizon',
      'outbox/outbox-log.ts',
      'horizon: Math.max(mail.horizon, stamp + 1)',
      'horizon: Math.max(mail.horizon, 0 * stamp)'
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'who has sent commands is not written down for the next owner',
      'outbox/outbox-waiting.ts',
      'this.#write(this.#firstWithRoom, names, bytes)',
      ''
    )
  ),
  claimed(
    'actors/outbox.test.ts',
    actorBug(
      'nobody opens a shard for the commands in it',
      'outbox/outbox-waking.ts',
      'if (name !== undefined) calls.push(this.#wake(name))',
      "if (name === undefined) calls.push(this.#wake(name ?? ''))"
    )
  ),
  claimed('actors/lease-doubt.test.ts', {
    ...actorBug(
      'a repeated request is answered before its entry is accepted',
      'leased/lease-answers.ts',
      'this.#onceAccepted(running, () => call.end({ moved: false, result: found.reply }))',
      'call.end({ moved: false, result: found.reply })'
    ),
    // While the first is under way, the second waits for what that one comes to.
    also: {
      file: 'actors/leased/lease-actors.ts',
      find: 'this.#inFlight.set(key, { outcome, hasCopies })',
      replace: ''
    }
  }),
  claimed(
    'actors/lease-doubt.test.ts',
    actorBug(
      'what changes nothing is answered without a look at the lease',
      'leased/lease-answers.ts',
      'if (holding.lease.isValid()) answer()',
      'if (holding.lease.epoch > 0) answer()'
    )
  ),
  claimed(
    'actors/lease-doubt.test.ts',
    actorBug(
      'an entry in doubt is told of as none',
      'leased/lease-answers.ts',
      'accepted.then(answer, () => call.end(inDoubt))',
      'accepted.then(answer, () => call.end(moved))'
    )
  ),
  claimed('actors/lease-doubt.test.ts', {
    ...actorBug(
      'a handler that is given up takes effect',
      'leased/lease-actors.ts',
      'if (call.isOver) end(running)',
      'if (call.isOver && holding.isOver) end(running)'
    ),
    also: {
      file: 'actors/leased/lease-actors.ts',
      find: 'Promise.race([Promise.resolve(pending), call.over, givenUp.promise])',
      replace: 'Promise.race([Promise.resolve(pending), givenUp.promise])'
    }
  }),
  claimed(
    'actors/lease-doubt.test.ts',
    actorBug(
      'an actor is dropped from memory with entries that are not accepted',
      'leased/lease-holding.ts',
      'unaccepted > 0 ||',
      'false ||'
    )
  ),
  claimed(
    'actors/lease-hand-off.test.ts',
    actorBug(
      'a hand-off waits for no handler',
      'leased/lease-holding.ts',
      'while (this.#running.size > 0) await',
      'while (this.#running.size < 0) await'
    )
  ),
  claimed(
    'actors/lease-once.test.ts',
    actorBug(
      'all replicas are a majority of them',
      'leased/lease-answers.ts',
      "invocation.acknowledge === 'all' ? 'all' : 'majority'",
      "invocation.acknowledge === 'all' && invocation.id === '' ? 'all' : 'majority'"
    )
  ),
  claimed(
    'actors/lease-tending.test.ts',
    actorBug(
      'no set is ever poor',
      'leased/lease-sets.ts',
      'set.some(peer => !this.#admitted.has(peer)) ||',
      'set.length > 0 && this.#replicas < 0 ||'
    )
  ),
  claimed(
    'cluster/lease/dropped-replicas.test.ts',
    bug(
      'drops a replica that the last opened epoch names',
      'replica-dropping.ts',
      'return isLater && !opened.set.includes(self) && !set.includes(self)',
      'return isLater && !set.includes(self)'
    )
  ),
  claimed(
    'cluster/lease/dropped-replicas.test.ts',
    bug(
      'drops a replica that is named by the last claim',
      'replica-dropping.ts',
      'return isLater && !opened.set.includes(self) && !set.includes(self)',
      'return isLater && !opened.set.includes(self)'
    )
  ),
  claimed(
    'cluster/lease/session-end.test.ts',
    bug(
      'serves on under a session that it ends',
      'sessions.ts',
      'this.#validUntilMs = Number.NEGATIVE_INFINITY\n    this.#ending ??=',
      'this.#ending ??='
    )
  ),
  claimed(
    'actors/outbox-faults.test.ts',
    actorBug(
      'a target is told that a command is over before that is committed',
      'outbox/outbox-lanes.ts',
      'over.number === told?.number && !hasCommands(accepted.mail, to)',
      'true'
    )
  ),
  claimed(
    'actors/outbox-faults.test.ts',
    actorBug(
      'commands go on to a target before its refusal is committed',
      'outbox/outbox-lanes.ts',
      'if (accepted.mail.commands.some(({ number }) => number === refused)) await this.#entries.saved(sender)\n      else await',
      'if (refused > -1) await'
    )
  ),
  claimed(
    'actors/outbox-faults.test.ts',
    actorBug(
      'commands to one target overtake each other',
      'outbox/outbox-lanes.ts',
      'accepted.mail.commands.find(sent',
      'accepted.mail.commands.findLast(sent'
    )
  ),
  claimed(
    'actors/outbox-faults.test.ts',
    actorBug(
      'an old copy runs where its sender is forgotten',
      'outbox/outbox-log.ts',
      'if (stamp < horizon) return',
      'if (stamp < 0) return'
    )
  ),
  claimed(
    'actors/outbox-faults.test.ts',
    actorBug(
      'a command that was sent is carried out again by every delivery',
      'outbox/outbox-log.ts',
      'if (number > known.number) return',
      'if (number >= known.number) return'
    )
  )
]

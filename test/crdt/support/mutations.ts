/**
 * Deliberate bugs, each a few characters of the sources changed, that the tests of the data types must notice. By file, and where
 * each is looked for first.
 */
export interface Mutation {
  readonly name: string
  /** Under src/. */
  readonly file: string
  readonly find: string
  readonly replace: string
  /** A file under test/crdt/, and the tests in it whose names begin so; all of them where that is missing. */
  readonly hint: readonly [file: string, tests?: string]
}

/** What is changed, the change, and where it is looked for first. */
type Row = readonly [name: string, find: string, replace: string, ...hint: Mutation['hint']]

function inFile(file: string, ...rows: readonly Row[]): Mutation[] {
  return rows.map(([name, find, replace, ...hint]) => ({ name, file: `crdt/${file}`, find, replace, hint }))
}

const laws = 'laws.test.ts'
const model = 'semantics.test.ts'
const codec = 'codec.test.ts'

export const mutations: readonly Mutation[] = [
  ...inFile(
    'dot.ts',
    [
      'a list keeps a dot that the other side has removed',
      'if (order === 0 || !sides.right.has(left.origin, left.seq)) {',
      'if (sides) {',
      laws
    ],
    [
      'a list takes back a dot that its side has removed',
      'if (!sides.left.has(right.origin, right.seq)) {',
      'if (sides) {',
      laws
    ],
    ['dots of an origin are in the wrong order', '|| a.seq - b.seq', '|| b.seq - a.seq', laws],
    [
      'a join that keeps all of the left forgets what the right brings',
      'if (fromA === a.length && joined.length === a.length) return a',
      'if (fromA === a.length) return a',
      laws
    ],
    ['all of a list is news', 'entries.filter(({ origin, seq }) => !left.has(origin, seq))', 'entries.slice()', laws],
    [
      'a diff of a list forgets what is held',
      'if (known.has(entry.origin, entry.seq)) held.push(entry)',
      'if (known.has(entry.origin, entry.seq)) kept.length += 0',
      laws
    ]
  ),
  ...inFile(
    'dot-store.ts',
    [
      'one entry comes back after its removal',
      '  if (sides.left.has(b.origin, b.seq)) return left\n  if (left !== a) return b',
      '  if (left !== a) return b',
      laws
    ],
    [
      'one entry comes back to where there is none',
      'else if (a.length === 0 && isSingle(b)) return newInStore(b, sides)',
      'else if (a.length === 0 && isSingle(b)) return b',
      laws
    ],
    [
      'one entry survives its removal',
      'if (sides.rightIsNews || !sides.right.has(entry.origin, entry.seq)) return entry',
      'if (sides) return entry',
      laws
    ],
    ['two concurrent entries are in the wrong order', '[a, b] : [b, a]', '[b, a] : [a, b]', laws],
    [
      'an entry that is known is news',
      'if (isSingle(store)) return sides.left.has(store.origin, store.seq) ? noDots : store',
      'if (isSingle(store)) return store',
      laws
    ],
    [
      'the news does not tell what was taken away',
      'sides.dropped?.push(entry)\n  noteFound(sides)\n  return noDots',
      'noteFound(sides)\n  return noDots',
      laws
    ],
    ['a diff forgets what is held', '  held.push(store)\n', '', laws],
    ['dots out of order are read', 'if (compareDots(before, dot) >= 0)', 'if (compareDots(before, dot) > 9)', codec],
    ['an entry without dots is read', 'if (count === 0) throw', 'if (count < 0) throw', codec]
  ),
  ...inFile(
    'dot-set.ts',
    [
      'a known dot of a flag is news',
      'if (isSingle(set)) return sides.left.has(set.origin, set.seq) ? noDots : set',
      'if (isSingle(set)) return set',
      laws,
      'enable'
    ],
    [
      'dots of a set out of order are read',
      'if (compareDots(before, dot) >= 0)',
      'if (compareDots(before, dot) > 9)',
      codec
    ],
    ['a set without dots is read', 'if (count === 0) throw', 'if (count < 0) throw', codec],
    [
      'a diff sends a known dot of a flag',
      'if (!known.has(set.origin, set.seq)) return set',
      'return set',
      laws,
      'disable'
    ]
  ),
  ...inFile(
    'set.ts',
    [
      'an add keeps the dots that it saw',
      'removed: dotsIn(state.get(key) ?? noDots)',
      'removed: noDots',
      laws,
      'orSet'
    ],
    [
      'a removal takes nothing away',
      'fragment: SortedMap.empty(), removed: dotsIn(removed) }',
      'fragment: SortedMap.empty(), removed: noDots }',
      laws,
      'orSet'
    ],
    [
      'a removal adds for those who never saw the element',
      'draw()\n  return { state: state.delete(key), fragment: SortedMap.empty(),',
      'return { state: state.delete(key), fragment: SortedMap.of(key, draw()),',
      laws,
      'orSet'
    ],
    ['a set has no news', 'mapValues(b, dots => orNothing(newInDotSet(dots, sides)))', 'SortedMap.empty()', laws],
    [
      'elements out of order are read',
      "if (!builder.push(key, readDotSet(reader))) throw reader.malformed('elements out of order')",
      'builder.push(key, readDotSet(reader))',
      codec
    ]
  ),
  ...inFile(
    'flag.ts',
    [
      'raising keeps the dots that it saw',
      'fragment: fresh, removed: dotsIn(state)',
      'fragment: fresh, removed: noDots',
      laws,
      'enable'
    ],
    [
      'lowering takes nothing away',
      'fragment: noDots, removed: dotsIn(state)',
      'fragment: noDots, removed: noDots',
      laws,
      'disable'
    ]
  ),
  ...inFile(
    'flag-field.ts',
    ['both sides raise', 'this.#raised ? lower : raise', 'this.#raised ? raise : raise', model, 'disable'],
    ['a flag starts with the side that wins', 'plain: state => isRaised(state) === raised', 'plain: isRaised', model]
  ),
  ...inFile(
    'register.ts',
    ['a write is no later than what it saw', 'Math.max(stamp, seen.stamp + 1)', 'stamp', model, 'lww'],
    ['a stamp equals one that it saw', 'seen.stamp + 1', 'seen.stamp', model, 'increment'],
    [
      'of equal stamps the earlier origin wins',
      'write.stamp >= last.stamp',
      'write.stamp > last.stamp',
      model,
      'custom'
    ],
    ['the reverse clock runs forward', 'return -Math.min(stamp', 'return Math.min(stamp', model, 'reverse'],
    [
      'a write that loses takes the winner away',
      '  if (seen !== undefined && !isAbove(stamp, source, seen)) return undefined\n',
      '',
      model,
      'custom'
    ],
    [
      'a write keeps what it saw',
      'const fresh: Write = { origin, seq, json }\n  return { state: fresh, fragment: fresh, removed: state }',
      'const fresh: Write = { origin, seq, json }\n  return { state: fresh, fragment: fresh, removed: noDots }',
      laws,
      'mv'
    ],
    ['the sign of a stamp is not written', 'sink.signed(stamp)', 'sink.signed(Math.abs(stamp))', laws, 'reverse'],
    [
      'equal values are shown twice',
      '[...new Set(state.map(write => write.json))]',
      'state.map(write => write.json)',
      model,
      'mv'
    ],
    [
      'the last register value is the first',
      'let last: StampedWrite | undefined\n',
      'let last: StampedWrite | undefined = state[0]\n  if (last) return last\n',
      model,
      'lww'
    ]
  ),
  ...inFile(
    'counter.ts',
    [
      'the run is not begun anew',
      'const run = isFirst ? seq : before.run',
      'const run = before?.run ?? seq',
      laws,
      'pnCounter'
    ],
    [
      'a new run goes on with the old sum',
      'const up = (isFirst ? 0 : before.up)',
      'const up = (before?.up ?? 0)',
      'semantics.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'the larger sum wins, not the newer',
      '(a.run === b.run && a.seq > b.seq)',
      '(a.run === b.run && a.up - a.down > b.up - b.down)',
      laws,
      'pnCounter'
    ],
    [
      'an older run wins',
      'return a.run > b.run ||',
      'return a.run < b.run ||',
      'laws-of-maps.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'bases are joined by value',
      'baseB.seq > baseA.seq',
      'baseB.up > baseA.up',
      'laws-of-maps.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'the base of an older run stays',
      'return base?.run === run ? base : undefined',
      'return base',
      'laws-of-maps.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'a removal does not tell what it saw',
      '(isVisible(share) ? shareOf(share, share) : undefined)',
      'undefined',
      'concurrency.test.ts'
    ],
    [
      'a diff forgets the bases',
      'share.base === undefined && known.has',
      'known.has',
      'laws-of-maps.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'a base takes no subtraction back',
      'up - base.up - (down - base.down)',
      'up - base.up - down',
      model,
      'orMap(pnCounter)'
    ],
    [
      'a removal is no news',
      'joinShares(left, right) !== left ? right',
      'isNewer(right, left) ? right',
      'laws-of-maps.test.ts',
      'orMap(pnCounter)'
    ],
    [
      'a share is news to who has it',
      'left === undefined || joinShares(left, right) !== left ? right : undefined',
      'left === undefined ? right : right',
      laws,
      'gCounter'
    ],
    [
      'a base above its entry is read',
      'if (base.seq >= seq || base.up > up || base.down > down) throw',
      'if (base.seq < 0) throw',
      codec
    ],
    [
      'a grow-only counter that went down is read',
      'if (growOnly && share.down > 0) throw',
      'if (growOnly && share.down < 0) throw',
      codec
    ]
  ),
  ...inFile(
    'or-map.ts',
    [
      'a removed counter keeps its sum',
      'const fragment = type.cleared(child)',
      'const fragment = type.empty',
      model,
      'orMap(gCounter)'
    ],
    [
      'the removal of a key takes no dots away',
      '  type.eachDot(child, dot => removed.push(dot))\n',
      '',
      model,
      'orMap(orSet)'
    ],
    [
      'a key is there whose child is gone',
      'isVisible: state => state.some((child, entry) => childType(entry).isVisible(child))',
      'isVisible: state => state.size > 0',
      model,
      'orMap(orMap(pnCounter))'
    ],
    [
      'children are news to who has none of them',
      'type.news(a.get(entry) ?? type.empty, right, sides)',
      'type.news(type.empty, right, sides)',
      laws,
      'gCounter'
    ],
    [
      'a diff of a map forgets what is held',
      'type.diff(child, known, held)',
      'type.diff(child, known, [])',
      laws,
      'orSet'
    ],
    [
      'an emptied child stays in the map',
      'const orNothing = (type: Type<unknown>, child: unknown): unknown => (type.isEmpty(child) ? undefined : child)',
      'const orNothing = (_type: Type<unknown>, child: unknown): unknown => child',
      laws,
      'orSet'
    ],
    [
      'keys out of order are read',
      "if (!builder.push(entry, child)) throw reader.malformed('keys out of order')",
      'builder.push(entry, child)',
      codec
    ],
    ['an empty child is read', "if (type.isEmpty(child)) throw reader.malformed('an empty child')", '', codec],
    ['maps are read however deep', 'if (depth >= maxMapDepth) throw', 'if (depth >= maxMapDepth * 1e6) throw', codec]
  ),
  ...inFile(
    'sorted-map-join.ts',
    [
      'a small fragment takes nothing away from a large map',
      '  if (isOnlyRight(onlyRight)) return joined\n  a.some',
      '  if (onlyRight) return joined\n  a.some',
      laws,
      'orSet'
    ],
    [
      'the search for what is taken away ends too soon',
      'onlyRight.unfound === 0',
      'onlyRight.unfound !== undefined',
      laws,
      'orSet'
    ],
    [
      'a join that differs from the right in what it has is the right',
      'if (value !== right) sameAsRight = false',
      'if (value === undefined) sameAsRight = false',
      laws,
      'gSet'
    ],
    [
      'mapping keeps what became nothing',
      'if (changed !== undefined) pairs.push(key, changed)',
      'pairs.push(key, changed ?? value)',
      laws,
      'gCounter'
    ]
  ),
  ...inFile('sorted-map.ts', [
    'a key twice is read',
    'if (key <= this.#last) return false',
    'if (key < this.#last) return false',
    codec
  ]),
  ...inFile(
    'state.ts',
    [
      'the news does not take away what is there',
      'const context = fresh.union(CausalContext.of(dropped))',
      'const context = fresh',
      laws,
      'orSet'
    ],
    [
      'the news speaks of all dots',
      'sides.rightIsNews ? delta.context : uncovered(delta.context, covers)',
      'delta.context',
      laws,
      'orSet'
    ],
    [
      'a removal alone is no news',
      'news: fresh.isEmpty() ? undefined :',
      'news: fresh ? undefined :',
      'join-delta.test.ts'
    ],
    [
      'a group of deltas forgets the second context',
      'const context = a.context.union(b.context)',
      'const context = a.context',
      laws,
      'orSet'
    ]
  ),
  ...inFile('covers.ts', [
    'dots that both have seen are not counted',
    'if (covers.has(origin, seq)) seen++',
    'if (covers.has(origin, seq)) seen += 0',
    laws,
    'orSet'
  ]),
  ...inFile(
    'context.ts',
    [
      'a change speaks of a dot between its two',
      'high <= low + 1 ? [low, high]',
      'high <= low + 2 ? [low, high]',
      laws,
      'orSet'
    ],
    [
      'a merge of contexts forgets the right',
      'isLeft && isRight ? unite(before, added) : isLeft ? before : added',
      'isLeft ? before : added',
      'context.test.ts'
    ],
    [
      'origins out of order are read',
      "if (origin <= before) throw reader.malformed('origins out of order')",
      '',
      'context.test.ts'
    ]
  ),
  ...inFile(
    'spans.ts',
    [
      'neighbouring intervals do not melt',
      'if (nextFrom > to + 1) break',
      'if (nextFrom > to) break',
      'context.test.ts'
    ],
    [
      'a gap is skipped',
      'return length === 0 ? [from, to] : [...spans, from, to]',
      'return length === 0 ? [from, to] : spans.with(length - 1, to)',
      'context.test.ts'
    ],
    [
      'a difference keeps the last dot of a hole',
      'from = (b[k + 1] ?? 0) + 1',
      'from = b[k + 1] ?? 0',
      'context.test.ts'
    ],
    [
      'an interval is included when its start is',
      '(a[at] ?? 0) > from || (a[at + 1] ?? 0) < to',
      '(a[at] ?? 0) > from',
      'context.test.ts'
    ]
  ),
  ...inFile(
    'reader.ts',
    [
      'a number longer than needed is read',
      "if (byte === 0) throw this.malformed('a varint longer than needed')",
      '',
      codec
    ],
    ['surplus bytes are read', "if (this.remaining > 0) throw this.malformed('surplus bytes')", '', codec],
    [
      'an origin in full twice is read',
      'if (hasTwice(this.#origins)) throw',
      'if (this.#origins.length < 0) throw',
      codec
    ]
  ),
  ...inFile(
    'writer.ts',
    ['a number loses its sign', '+ (value < 0 ? 1 : 0)', '+ (value < 0 ? 0 : 0)', laws, 'reverse'],
    ['a large number loses its upper half', '      rest = high\n', '      rest = 0\n', 'context.test.ts'],
    ['an origin stands in full each time', 'this.#known = known + 1', 'this.#known = known', codec],
    [
      'bytes are written over by the next encoding',
      '      this.#start = this.#length\n',
      '      this.#length = start\n',
      laws,
      'gSet'
    ]
  ),
  ...inFile(
    'scalar.ts',
    [
      'a number is the string of its digits',
      'Number.isFinite(value)) return `n',
      'Number.isFinite(value)) return `s',
      'fields.test.ts'
    ],
    ['bytes are the string of their characters', ' bytes`)\n    return `x', ' bytes`)\n    return `s', laws, 'orSet'],
    [
      'a whole number as a fraction is read',
      '|| Number.isSafeInteger(value)) throw',
      '|| Number.isNaN(value)) throw',
      codec
    ]
  ),
  ...inFile(
    'json-value.ts',
    ['keys of an object stay as they came', '  entries.sort(([a], [b]) => compareText(a, b))\n', '', codec],
    ['JSON in another form is read', 'if (again !== text) throw', 'if (again === text.repeat(2)) throw', codec]
  ),
  ...inFile(
    'transaction.ts',
    [
      'a delta has the last change only',
      'this.#delta = this.#delta === undefined ? last : joinDeltas(this.#delta, last)',
      'this.#delta = last',
      laws,
      'orSet'
    ],
    [
      'a dot is used again',
      'covers.has(origin, dot.seq) || before?.context.has(origin, dot.seq) === true',
      'covers.has(origin, -1)',
      'fields.test.ts'
    ]
  ),
  ...inFile(
    'opaque.ts',
    [
      'the older row of an unknown type stays',
      'return right.seq > left.seq ? right : left',
      'return right.seq < left.seq ? right : left',
      laws,
      'turns'
    ],
    [
      'a row of an unknown type is always news',
      '(row.seq > (a.get(origin)?.seq ?? 0) ? row : undefined)',
      '(row.seq > 0 ? row : a.get(origin))',
      laws,
      'turns'
    ],
    [
      'entries of an unknown type are not held',
      'held) => mapValues(state, entries => orNothing(diffStore(entries, known, held)))',
      '_held) => mapValues(state, entries => orNothing(diffStore(entries, known, [])))',
      laws,
      'labels'
    ]
  ),
  ...inFile(
    'vote.ts',
    [
      'a vote counts whatever the life it is of',
      'return of > than || (of === than && a.seq > b.seq)',
      'return a.seq > b.seq',
      'rows-semantics.test.ts'
    ],
    [
      'each life of a node has a vote',
      'const node = nodeOf(origin)\n  const last',
      'const node = origin\n  const last',
      'rows-semantics.test.ts'
    ],
    [
      'a vote is always news',
      'return known === undefined || isLater(ballot, known) ? ballot : undefined',
      'return known === undefined || ballot ? ballot : undefined',
      laws,
      'vote'
    ],
    ['every vote is in favour', 'if (yes) inFavour++', 'inFavour++', 'rows-semantics.test.ts'],
    [
      'a vote that is neither is read',
      "if (yes > 1) throw reader.malformed('neither for nor against')",
      '',
      'laws-of-damage.test.ts',
      'vote'
    ]
  ),
  ...inFile(
    'bounded-counter.ts',
    [
      'rights are what is there',
      'const rights = Math.max(0, rightsOf(state, origin))',
      'const rights = heightOf(state)',
      'rows-semantics.test.ts',
      'a bounded'
    ],
    [
      'rights that were given away stay',
      '    own.given.each(amount => add(-amount))\n',
      '',
      'rows-semantics.test.ts',
      'a bounded'
    ],
    [
      'rights that were given do not arrive',
      'add(row.given.get(origin) ?? 0)',
      'add(0)',
      'rows-semantics.test.ts',
      'a bounded'
    ],
    [
      'the row with more additions stays, not the newer',
      '(right !== undefined && right.seq > left.seq)',
      '(right !== undefined && right.up > left.up)',
      laws,
      'boundedCounter'
    ],
    [
      'what a row rests on stays behind',
      'fragment: supported(after, origin)',
      'fragment: SortedMap.of(origin, { ...next, seq })',
      'rows-semantics.test.ts',
      'a bounded'
    ],
    [
      'a row is always news',
      '(row.seq > (a.get(origin)?.seq ?? 0) ? row : undefined)',
      '(row.seq > 0 ? row : a.get(origin))',
      laws,
      'boundedCounter'
    ],
    [
      'rights given to oneself are read',
      "if (given.get(origin) !== undefined) throw reader.malformed('rights given to oneself')",
      '',
      'bounded-counter.test.ts'
    ]
  ),
  ...inFile(
    'document/coverage.ts',
    [
      'a part is known when its newest update is',
      'found.from <= from && to <= found.to',
      'to <= found.to',
      'laws-of-documents.test.ts'
    ],
    [
      'a part with a gap is known',
      'return this.has(part) && part.more.every',
      'return this.has(part) || part.more.every',
      'laws-of-documents.test.ts'
    ],
    [
      'an update takes the number of the one before',
      '.at(-1)?.to ?? 0) + 1',
      '.at(-1)?.to ?? 1)',
      'laws-of-documents.test.ts'
    ]
  ),
  ...inFile(
    'document/part.ts',
    [
      'a part is known to who has its newest dot',
      'if (!known.hasRange(this.origin, this.oldest, this.newest)) return false',
      'if (!known.has(this.origin, this.newest)) return false',
      'laws-of-documents.test.ts'
    ],
    ['the length of an extent is not written', 'sink.varint(to - from)', 'sink.varint(0)', 'laws-of-documents.test.ts'],
    [
      'extents out of order are read',
      "if (order > 0 || (order === 0 && extent.from <= before.to + 1)) throw reader.malformed('extents out of order')",
      '',
      codec
    ]
  ),
  ...inFile(
    'document/document.ts',
    [
      'a part goes of which the other has some',
      'const kept = this.parts.filter(part => !theirs.hasPart(part))',
      'const kept = this.parts.filter(part => !theirs.touchesPart(part))',
      'laws-of-documents.test.ts'
    ],
    [
      'all parts are news',
      'return other.parts.filter(part => !coverage.hasPart(part))',
      'return coverage ? other.parts.slice() : []',
      'laws-of-documents.test.ts'
    ],
    [
      'an older state shows what came after it',
      'if (this.isEmpty() || this.#log.applied > this.#length) this.#log',
      'if (this.isEmpty()) this.#log',
      'laws-of-documents.test.ts'
    ],
    [
      'equal documents have other identities',
      'sink.varint(to - from)',
      'sink.varint(this.#length)',
      'laws-of-documents.test.ts'
    ]
  ),
  ...inFile('document/type.ts', [
    'a diff of a document brings nothing',
    'state.parts.filter(part => !part.isKnownTo(known))',
    'state.parts.filter(part => part.isKnownTo(known))',
    'laws-of-documents.test.ts'
  ]),
  ...inFile(
    'document/folding.ts',
    ['a fold forgets what waits', ' || engine.isWaiting(log.opened)) return log', ') return log', 'document.test.ts'],
    [
      'updates of several edits are not merged in order',
      'merged.push(run.length === 1 ? first : mergeRun(engine, run))',
      'merged.push(first)',
      'laws-of-documents.test.ts'
    ]
  ),
  ...inFile(
    'document/log.ts',
    ['two logs have one document', '    other.close()\n', '', 'laws-of-documents.test.ts'],
    [
      'the document shows less than it says',
      ': this.parts.slice(this.applied, length)',
      ': this.parts.slice(this.applied + 1, length)',
      'laws-of-documents.test.ts'
    ]
  ),
  ...inFile(
    'yjs/document.ts',
    [
      'what Yjs overlooks stays waiting',
      '      resume(document.doc)\n',
      '',
      'laws-of-documents.test.ts',
      'updates that wait'
    ],
    ['all edit as one client', 'doc.clientID = client\n', 'doc.clientID = 7\n', 'laws-of-documents.test.ts'],
    [
      'an edit that only removes is lost',
      'if (!hasInserted && deleteSet.clients.size === 0) return undefined',
      'if (!hasInserted) return undefined',
      'laws-of-documents.test.ts'
    ]
  ),
  ...inFile(
    'automerge/engine.ts',
    [
      'all edit as one actor',
      "return client.toString(16).padStart(16, '0')",
      "return client > 0 ? '07'.padStart(16, '0') : ''",
      'laws-of-automerge.test.ts'
    ],
    [
      'the change that all documents begin with is missing',
      'const changes: Uint8Array[] = [firstChange]',
      'const changes: Uint8Array[] = []',
      'laws-of-automerge.test.ts'
    ]
  )
]

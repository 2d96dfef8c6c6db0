/** Deliberate bugs of how overlaps are found and told, each a place of the sources changed. overlap-mutants.ts hunts them. */
import type { SourceChange } from '../../cluster/lease/lease-zoo.ts'

export interface OverlapMutant extends SourceChange {
  readonly name: string
  /** What else it takes. */
  readonly also?: SourceChange
  /** Where chance does not get there: the test of overlaps.test.ts or seen-by-all.test.ts that says what it breaks. */
  readonly claim?: string
}

const requestLog = 'actors/requests/request-log.ts'
const overlaps = 'actors/requests/overlaps.ts'
const telling = 'actors/requests/overlap-telling.ts'
const seenByAll = 'actors/requests/seen-by-all.ts'

export const overlapMutants: readonly OverlapMutant[] = [
  {
    name: 'a command does not say what it had seen',
    file: requestLog,
    find: 'raise(found, tagOf(origin), Math.min(seq, missing - 1))',
    replace: ''
  },
  {
    name: 'what was taken away is not said to have been seen',
    file: requestLog,
    find: 'return { found, before, apart, hasDropped: dropped',
    replace: 'return { found, before: new Map<string, number>(), apart, hasDropped: dropped',
    claim: 'who has not heard yet that an entry was taken away'
  },
  {
    name: 'an answered request goes, whoever has seen it',
    file: requestLog,
    find: 'else if (writes.every(({ origin, seq }) => seenByAll.has(origin, seq))) unneeded.push(key)',
    replace: 'else if (seenByAll !== undefined) unneeded.push(key)'
  },
  {
    name: 'what all have seen goes before it is told',
    file: requestLog,
    find: 'return { unneeded: unneeded.filter(key => held?.has(key) !== true), dropped',
    replace: 'return { unneeded, dropped'
  },
  {
    name: 'that entries were dropped is not said',
    file: requestLog,
    find: 'hasDropped: dropped.size > 0',
    replace: 'hasDropped: false'
  },
  {
    name: 'all who are present are taken for all',
    file: seenByAll,
    find: 'membership.admitted().every(id => present.has(id))',
    replace: 'present.size > 0',
    also: { file: seenByAll, find: "'admitted', 'all'", replace: "'present', 'all'" }
  },
  {
    name: 'a majority is taken for all',
    file: seenByAll,
    find: "'admitted', 'all'",
    replace: "'admitted', 'majority'",
    also: {
      file: seenByAll,
      find: 'membership.admitted().every(id => present.has(id))',
      replace: 'present.size > 0'
    }
  },
  {
    name: 'what is seen when the answers come is taken for what was asked',
    file: seenByAll,
    find: "=== 'late' ? undefined : seen",
    replace: "=== 'late' ? undefined : seenDots(store.actor(shard, name))",
    claim: 'what came after the question is not taken for seen'
  },
  {
    name: 'a push that is not followed any more counts as confirmed',
    file: seenByAll,
    find: 'if (isAll) for (const command of commands)',
    replace: 'for (const command of commands)',
    claim: 'what all have confirmed is seen without a question, of each actor the last thirty-two'
  },
  {
    name: 'a mark of one side is one of both',
    file: overlaps,
    find: 'command.seq > leftTold || other.seq > rightTold',
    replace: 'command.seq > leftTold && other.seq > rightTold'
  },
  {
    name: 'commands that overlap others are told together',
    file: overlaps,
    find: 'last?.[1].length === others.length && others.every((other, at) => other === last[1][at])',
    replace: 'last !== undefined'
  },
  {
    name: 'only one side has to have missed the other',
    file: overlaps,
    find: '!hasSeen(other, left.tag, command.seq) &&',
    replace: ''
  },
  {
    name: 'nothing is noted as told',
    file: telling,
    find: 'transaction => markTold(transaction, found)',
    replace: '() => markTold'
  },
  {
    name: 'whoever finds one tells it',
    file: telling,
    find: 'this.#cluster.ownership.isOpen(shard) &&',
    replace: ''
  },
  {
    name: 'told once at most',
    file: telling,
    find: 'this.#candidates.set(name, candidate)\n',
    replace: '\n',
    also: {
      file: telling,
      find: 'this.#tellAll(name, candidate, found)\n',
      replace: 'void [this.#tellAll(name, candidate, found), this.#candidates.delete(name)]\n'
    }
  }
]

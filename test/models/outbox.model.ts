/**
 * Model of commands from one actor to another through the sender's outbox, over the shipping rules (outbox-log.ts).
 *
 * Both records are changed by accepted entries alone; of the sender's owners there may be several, and one that was replaced goes on until it
 * tries to commit. What was sent once may arrive at any time, any number of times, and so may answers: copies sleep in queues of nodes that
 * stand still. Clocks choose stamps freely. Other senders come and go at the target, and raise its horizon.
 */
import {
  findSent,
  type Mail,
  mailToJson,
  noMail,
  type SendRefusal,
  withCarriedOut,
  withOver,
  withoutSender,
  withSent,
  withStamp,
  withTold
} from '../../src/actors/outbox/outbox-log.ts'
import type { Model } from './explore.ts'

export type OutboxMistake =
  | 'sends what is not committed'
  | 'tells what is not committed'
  | 'uses a later stamp before it is committed'
  | 'raises no horizon'
  | 'forgets without being told'
  | 'keeps no refusal'
  | 'stamps by the clock alone'
  | 'sends all to one target at once'
  | 'sends on before a refusal is committed'

export interface OutboxBounds {
  readonly commands: number
  readonly owners: number
  /** Of clocks, from 0. */
  readonly stamps: number
}

interface Owner {
  /** As it was accepted last, as far as this owner knows. */
  readonly accepted: Mail
  readonly memory: Mail
}

interface Copy {
  readonly number: number
  readonly stamp: number
}

interface Answer extends Copy {
  readonly stale?: number
  readonly refusal?: SendRefusal | undefined
}

interface World {
  readonly record: Mail
  /** The last one is the one that may commit. */
  readonly owners: readonly Owner[]
  readonly copies: readonly Copy[]
  readonly answers: readonly Answer[]
  /** What the target is told, and what the sender hears of it. */
  readonly words: readonly Copy[]
  readonly heard: readonly number[]
  readonly target: Mail
  readonly effects: readonly number[]
  readonly refused: readonly number[]
}

const [sender, target] = ['a/1', 'a/2']
const no: SendRefusal = { code: 'NO', message: '', isRefusal: true }

export function outboxModel(bounds: OutboxBounds, mistake?: OutboxMistake): Model<World> {
  const start: World = {
    ...{ record: noMail, owners: [{ accepted: noMail, memory: noMail }], target: noMail },
    ...{ copies: [], answers: [], words: [], heard: [], effects: [], refused: [] }
  }
  return {
    starts: [start],
    next(world, emit) {
      world.owners.forEach((owner, i) => {
        const set = (changed: Partial<Owner>, rest: Partial<World> = {}): World => ({
          ...world,
          ...rest,
          owners: world.owners.with(i, { ...owner, ...changed })
        })
        own(world, owner, i === world.owners.length - 1, set, emit)
      })
      if (world.owners.length < bounds.owners) {
        const { record } = world
        emit('take-over', { ...world, owners: [...world.owners, { accepted: record, memory: record }] })
      }
      for (const copy of world.copies) arrive(world, copy, emit)
      for (const word of world.words) {
        const told = withoutSender(world.target, sender, word, 0)
        const after = mistake === 'raises no horizon' ? { ...told, horizon: world.target.horizon } : told
        emit('forget', { ...world, target: after, heard: added(world.heard, word.number) })
      }
      const known = world.target.senders.get(sender)
      if (mistake === 'forgets without being told' && known !== undefined)
        emit('lapse', { ...world, target: withoutSender(world.target, sender, { number: known.number, stamp: 0 }, 0) })
      if (world.target.horizon < bounds.stamps)
        emit('other', { ...world, target: { ...world.target, horizon: world.target.horizon + 1 } })
    },
    key: world =>
      JSON.stringify([
        mailToJson(world.record),
        world.owners.map(({ accepted, memory }) => [mailToJson(accepted), mailToJson(memory)]),
        ...[
          world.copies,
          world.answers,
          world.words,
          world.heard,
          mailToJson(world.target),
          world.effects,
          world.refused
        ]
      ]),
    check
  }

  function own(
    world: World,
    owner: Owner,
    isCurrent: boolean,
    set: (changed: Partial<Owner>, rest?: Partial<World>) => World,
    emit: (event: string, after: World) => void
  ): void {
    const { accepted, memory } = owner
    const before = mistake === 'stamps by the clock alone' ? { ...memory, stamp: 0 } : memory
    if (memory.last < bounds.commands)
      for (let stamp = 0; stamp < bounds.stamps; stamp++)
        emit(
          'send',
          set({ memory: withSent(before, [{ to: target, method: 'm', argument: `${before.last + 1}` }], stamp) })
        )
    if (isCurrent && memory !== accepted) emit('commit', set({ accepted: memory }, { record: memory }))
    const source = mistake === 'sends what is not committed' ? memory : accepted
    const isPending = (number: number) => memory.commands.some(sent => sent.number === number)
    const first = source.commands.find(({ number }) => isPending(number))
    const all = mistake === 'sends all to one target at once' ? source.commands : first === undefined ? [] : [first]
    const isHeld =
      mistake !== 'sends on before a refusal is committed' &&
      accepted.commands.some(({ number }) => isRefused(memory, number))
    for (const { number, stamp } of isHeld ? [] : all) {
      const now = mistake === 'uses a later stamp before it is committed' ? stampIn(memory, number) : stamp
      emit('deliver', { ...world, copies: added(world.copies, { number, stamp: now ?? stamp }) })
    }
    for (const answer of world.answers) {
      const stamp = stampIn(memory, answer.number)
      if (stamp === undefined) continue
      if (answer.stale === undefined) emit('over', set({ memory: withOver(memory, answer.number, answer.refusal, 0) }))
      // Any later stamp will do.
      else if (stamp < answer.stale)
        for (let later = answer.stale; later <= Math.max(answer.stale, bounds.stamps); later++)
          emit('stale', set({ memory: withStamp(memory, target, later) }))
    }
    const known = mistake === 'tells what is not committed' ? memory : accepted
    const over = known.over.get(target)
    if (over !== undefined && known.commands.length === 0 && memory.commands.length === 0)
      emit('tell', { ...world, words: added(world.words, { number: over.number, stamp: over.stamp }) })
    for (const number of world.heard)
      if (memory.over.get(target)?.number === number) emit('told', set({ memory: withTold(memory, target, number) }))
  }

  function arrive(world: World, copy: Copy, emit: (event: string, after: World) => void): void {
    const found = findSent(world.target, { sender, ...copy }, 0)
    const answered = (answer: Omit<Answer, 'number' | 'stamp'>): World => ({
      ...world,
      answers: added(world.answers, { number: copy.number, stamp: 0, ...answer })
    })
    if (found === 'full' || found === 'ahead') return
    if (found !== 'new') {
      emit('again', answered('stale' in found ? { stale: found.stale } : { refusal: found.over }))
      return
    }
    const { effects, refused } = world
    const ran = withCarriedOut(world.target, sender, copy.number, undefined)
    emit('run', { ...answered({}), target: ran, effects: [...effects, copy.number] })
    const after = mistake === 'keeps no refusal' ? world.target : withCarriedOut(world.target, sender, copy.number, no)
    emit('refuse', { ...answered({ refusal: no }), target: after, refused: added(refused, copy.number) })
  }

  function check({ record, effects, refused }: World): string | undefined {
    if (new Set(effects).size < effects.length) return 'two effects of one command'
    if (effects.some((number, i) => number < (effects[i - 1] ?? 0))) return 'effects out of order'
    if (effects.some(number => number > record.last)) return 'an effect of what was never sent'
    const isOver = (number: number) => !record.commands.some(sent => sent.number === number)
    for (let number = 1; number <= record.last; number++) {
      if (!isOver(number)) continue
      if (effects.includes(number) === refused.includes(number)) return 'over, and not exactly one of done and refused'
      if (isRefused(record, number) !== refused.includes(number)) return 'the sender is not told truly what was refused'
    }
    return undefined
  }
}

function isRefused({ refused }: Mail, number: number): boolean {
  return refused.some(({ argument }) => argument === number)
}

function stampIn({ commands }: Mail, number: number): number | undefined {
  return commands.find(sent => sent.number === number)?.stamp
}

/** A set, in one order. */
function added<T>(set: readonly T[], one: T): readonly T[] {
  const key = JSON.stringify(one)
  if (set.some(other => JSON.stringify(other) === key)) return set
  return [...set, one].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** The two parts of an origin: the node, and which of its lives. A program without a cluster may use names without a dot: then all is the node. */
import type { Origin } from './dot.ts'

/** What is before the last dot. */
export function nodeOf(origin: Origin): string {
  const dot = origin.lastIndexOf('.')
  return dot < 0 ? origin : origin.slice(0, dot)
}

/** What is after the last dot. Incarnations of one node sort by age as text. */
export function incarnationOf(origin: Origin): string {
  const dot = origin.lastIndexOf('.')
  return dot < 0 ? '' : origin.slice(dot + 1)
}

/** Whether `a` is an earlier life of the node that `b` is a life of. */
export function isEarlierLife(a: Origin, b: Origin): boolean {
  return nodeOf(a) === nodeOf(b) && incarnationOf(a) < incarnationOf(b)
}

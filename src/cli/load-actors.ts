/** Loads a user's module and finds the actor definitions among its exports. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AnyDefinition } from '../actors/definitions/definition.ts'
import { UsageError } from './usage-error.ts'

export async function loadActors(paths: readonly string[]): Promise<AnyDefinition[]> {
  const found = new Map<string, { definition: AnyDefinition; path: string }>()
  for (const path of paths) {
    for (const definition of await definitionsIn(path)) {
      const other = found.get(definition.kind)
      if (other !== undefined && other.definition !== definition) {
        const where = other.path === path ? `twice in ${path}` : `in ${other.path} and in ${path}`
        throw new UsageError(
          `kind ${JSON.stringify(definition.kind)} is defined ${where}; a node has one definition of a kind`
        )
      }
      found.set(definition.kind, { definition, path })
    }
  }
  return [...found.values()].map(({ definition }) => definition)
}

async function definitionsIn(path: string): Promise<AnyDefinition[]> {
  const exports = Object.values(await importFile(path))
  const definitions = exports.filter(isDefinition)
  if (definitions.length === 0) {
    throw new UsageError(
      `${path} exports no actor definition (${exports.length} other exports): export what replicated(…) or exclusive(…) returns`
    )
  }
  return definitions
}

async function importFile(path: string): Promise<Record<string, unknown>> {
  const file = resolve(path)
  const isFile = await stat(file).then(
    found => found.isFile(),
    () => undefined
  )
  if (isFile === undefined) throw new UsageError(`actors: there is no file ${file}`)
  if (!isFile) throw new UsageError(`actors: ${file} is not a file; name the module that exports the definitions`)
  try {
    return await import(pathToFileURL(file).href)
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
    throw new UsageError(`actors: ${file} cannot be loaded: ${reason}`, { cause: error })
  }
}

/** By shape: the module may have its own copy of the package. */
function isDefinition(value: unknown): value is AnyDefinition {
  if (typeof value !== 'object' || value === null) return false
  const { kind, mode, shape, methods, options } = value as Partial<Record<keyof AnyDefinition, unknown>>
  const isKnownMode = mode === 'replicated' || mode === 'exclusive'
  return typeof kind === 'string' && isKnownMode && [shape, methods, options].every(isObject)
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

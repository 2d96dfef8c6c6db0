/** All claims, as tests of one store. */
import { test } from 'node:test'
import { claims, type StoreWorld } from './claims.ts'

export function leaseStoreConformance(name: string, open: () => Promise<StoreWorld>): void {
  for (const { title, prove } of claims) {
    test(`${name}: ${title}`, { timeout: 300_000 }, async () => {
      const world = await open()
      try {
        await prove(world)
      } finally {
        await world.dispose()
      }
    })
  }
}

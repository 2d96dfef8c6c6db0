/**
 * The `Disk` of one simulated process: a handle on its machine's disk image. A write takes time; readers may see it before it is
 * synced, and a crash in between may take it away again.
 */
import type { Disk, DiskEntry, DiskSnapshot, DiskWrite, FileDamage } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { DiskImage } from './disk-image.ts'
import type { SimulatedProcess } from './process.ts'
import { entriesBetween, lookUp, orderOf, type StoreRoot } from './sorted-store.ts'

export class SimulatedDisk implements Disk {
  readonly #process: SimulatedProcess
  readonly #image: DiskImage
  #isOpen = false
  #writesUnderWay = 0
  /** Batches that no reader has seen yet; calling one shows it. */
  readonly #unseen = new Set<() => void>()
  #onIdle: (() => void)[] = []

  constructor(process: SimulatedProcess, image: DiskImage) {
    this.#process = process
    this.#image = image
    process.onKill(() => {
      this.#unseen.clear()
      image.crashUnder(this)
    })
  }

  async open(): Promise<void> {
    if (this.#isOpen) return
    await this.#pass(1)
    this.#image.lock(this)
    this.#isOpen = true
  }

  get(key: Uint8Array): Uint8Array | undefined {
    return this.#reading(this.#look()).get(key)
  }

  async range(bounds: { gte: Uint8Array; lt: Uint8Array; limit: number }): Promise<DiskEntry[]> {
    return this.#reading(this.#look()).range(bounds)
  }

  snapshot(): DiskSnapshot {
    const reader = this.#reading(this.#look())
    let isClosed = false
    const check = () => {
      if (isClosed) throw new ShoalError('SHOAL_DISK', 'this snapshot is closed')
    }
    return {
      get: key => {
        check()
        return reader.get(key)
      },
      range: async bounds => {
        check()
        return reader.range(bounds)
      },
      close: async () => {
        isClosed = true
      }
    }
  }

  async write(batch: readonly DiskWrite[]): Promise<void> {
    this.#checkOpen()
    const { conditions, random, sightings } = this.#image
    const copy = batch.map(copyOf)
    const wholeMs = random.between(conditions.writeMs.min, conditions.writeMs.max)
    const stallMs = random.chance(conditions.stallProbability) ? conditions.stallMs : 0
    const visibleMs = wholeMs * random.next()
    const fails = conditions.isFull || random.chance(conditions.failProbability)
    // A write that fails may be on the disk all the same: that is for nobody to rely on, in either way.
    const isLost = fails && random.chance(0.5)
    if (fails) sightings.see('disk: a write failed')
    if (stallMs > 0) sightings.see('disk: a write stalled')
    let synced = () => {}
    const show = () => {
      if (this.#unseen.delete(show) && !isLost) synced = this.#image.append(copy)
    }
    this.#unseen.add(show)
    this.#writesUnderWay++
    try {
      await this.#pass(visibleMs)
      show()
      await this.#pass(wholeMs - visibleMs + stallMs)
      if (fails) throw fullDisk()
      synced()
      const { time } = this.#process
      time.trace.note('disk write', time.nowUs, undefined, () => `${this.#process.name}: ${copy.length} entries`)
    } finally {
      this.#writesUnderWay--
      if (this.#writesUnderWay === 0) for (const idle of this.#onIdle.splice(0)) idle()
    }
  }

  /** Takes its time, and changes nothing. */
  async compact(): Promise<void> {
    this.#checkOpen()
    const { conditions, random, sightings } = this.#image
    sightings.see('disk: compacted')
    await this.#pass(random.between(conditions.writeMs.min, conditions.writeMs.max))
    this.#checkOpen()
  }

  async check(): Promise<FileDamage | undefined> {
    this.#checkOpen()
    const { bent } = this.#image.conditions
    return bent === undefined ? undefined : { about: bent, isBent: true }
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return
    this.#isOpen = false
    if (this.#writesUnderWay > 0) await new Promise<void>(resolve => this.#onIdle.push(resolve))
    this.#image.unlock(this)
  }

  /** The state as a reader sees it now. A real store writes on another thread: a batch may come to be seen just before any read. */
  #look(): StoreRoot {
    this.#checkOpen()
    const { random } = this.#image
    if (this.#unseen.size > 0 && random.chance(0.1)) random.pick([...this.#unseen])()
    return this.#image.root
  }

  #reading(root: StoreRoot): Pick<DiskSnapshot, 'get' | 'range'> {
    return {
      get: key => {
        this.#checkOpen()
        return lookUp(root, orderOf(key))?.value
      },
      range: async ({ gte, lt, limit }) => {
        this.#checkOpen()
        const { min, max } = this.#image.conditions.rangeMs
        const entries = entriesBetween(root, orderOf(gte), orderOf(lt), limit)
        await this.#pass(this.#image.random.between(min, max))
        return entries
      }
    }
  }

  #checkOpen(): void {
    if (!this.#isOpen || this.#process.isDead) throw new ShoalError('SHOAL_DISK', 'this simulated disk is not open')
  }

  #pass(delayMs: number): Promise<void> {
    return new Promise(resolve => this.#process.schedule(delayMs * 1000, resolve))
  }
}

function copyOf(write: DiskWrite): DiskWrite {
  if (write.type === 'del') return { type: 'del', key: write.key.slice() }
  return { type: 'put', key: write.key.slice(), value: write.value.slice() }
}

function fullDisk(): ShoalError {
  return new ShoalError('SHOAL_DISK', 'a simulated disk that is full takes no more writes')
}

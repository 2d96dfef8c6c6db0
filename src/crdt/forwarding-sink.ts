/** A sink that passes all on to another. One that writes some things in its own way extends it. */
import type { Sink } from './codec.ts'
import type { Dot } from './dot.ts'

export class ForwardingSink implements Sink {
  protected readonly sink: Sink

  constructor(sink: Sink) {
    this.sink = sink
  }

  byte(value: number): void {
    this.sink.byte(value)
  }
  varint(value: number): void {
    this.sink.varint(value)
  }
  signed(value: number): void {
    this.sink.signed(value)
  }
  float(value: number): void {
    this.sink.float(value)
  }
  text(value: string): void {
    this.sink.text(value)
  }
  bytes(value: Uint8Array): void {
    this.sink.bytes(value)
  }
  origin(name: string): void {
    this.sink.origin(name)
  }
  dot(dot: Dot): void {
    this.origin(dot.origin)
    this.varint(dot.seq)
  }
}

/** Bytes that a stranger may send, for tests of whoever meets them. */

/**
 * An update in Yjs's second encoding, 27 bytes long, which says that 34 thousand million items follow and needs no bytes to say what
 * they are: `mergeUpdatesV2` never ends over it (yjs issue 687).
 */
export const neverEndingUpdate = Uint8Array.from([
  0,
  // Key clocks, the client 5, left and right clocks.
  ...[0, 1, 5, 0, 0],
  // What the items are: gone, for ever. Then no strings, parents or types.
  ...[1, 0, 1, 0, 0, 0],
  // Their lengths: 0, so many times.
  ...[6, 0x40, 0xff, 0xff, 0xff, 0xff, 0x7f],
  // One client, so many items, of client 5, from clock 0.
  ...[1, 0xff, 0xff, 0xff, 0xff, 0x7f, 0, 0]
])

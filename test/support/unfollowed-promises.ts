/**
 * Loaded before each test file (test/run.ts): Node's test runner does not follow promises.
 *
 * It follows every promise, and waits for the end of each, to know which test an error that nobody caught belongs to. That
 * took a fifth of the time of simulated clusters, which are made of promises. Without it such an error fails the file all the
 * same and its message is printed, but no test is named and no stack shown: `node --test` with that file alone tells both.
 */
import hooks from 'node:async_hooks'

const { createHook } = hooks
hooks.createHook = callbacks => createHook({ ...callbacks, trackPromises: false })

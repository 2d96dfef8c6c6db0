#!/usr/bin/env node
/**
 * The `shoal` command. This file only looks at the version of Node, and everything it needs for that parses on old ones: the
 * rest is imported after the check.
 */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major > 22 || (major === 22 && minor >= 18)) {
  const { run } = await import('./program.ts')
  await run(process.argv)
} else {
  process.stderr.write(`shoal: this is Node ${process.versions.node}; Shoal needs Node 22.18 or later\n`)
  process.exitCode = 1
}

export {}

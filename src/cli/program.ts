/**
 * The commands of `shoal` and their flags; docs/cli.md describes them.
 *
 * Exit codes: 0, done; 1, the node or the cluster answered with an error; 2, the command line was wrong.
 */
import { readFileSync } from 'node:fs'
import { Command, CommanderError, Option } from 'commander'
import { levels } from '../actors/definitions/levels.ts'
import { logLevels } from '../adapters/system/pino-logger.ts'
import { isShoalError } from '../ports/errors.ts'
import { DoorError } from './door-client.ts'
import {
  hostPort,
  httpUrl,
  joinAddress,
  label,
  leaseStore,
  listenAddress,
  replication,
  weight,
  wholeNumber
} from './flags.ts'
import { listenForStop } from './stop-request.ts'
import { UsageError } from './usage-error.ts'

export async function run(argv: readonly string[]): Promise<void> {
  // Whoever read our output has gone: `shoal watch … | head -1`.
  process.stdout.on('error', () => process.exit(0))
  try {
    await program().parseAsync(argv)
  } catch (error) {
    // Half a node may be left (a bad port is found late); it must not keep the process.
    process.exit(report(error))
  }
}

/** Prints what went wrong, in one line where that is enough, and answers the exit code. */
function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof UsageError) return say(error.message, 2)
  if (error instanceof DoorError || isShoalError(error)) return say(`${error.code}: ${error.message}`, 1)
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  // The system's own errors, such as EADDRINUSE, name the address or the file; anything else is a fault of ours.
  if (typeof code === 'string' && /^E[A-Z]+$/.test(code)) return say(String(message), 1)
  return say(error instanceof Error ? (error.stack ?? error.message) : String(error), 1)
}

function say(message: string, exitCode: number): number {
  process.stderr.write(`shoal: ${message}\n`)
  return exitCode
}

function program(): Command {
  const shoal = new Command('shoal')
    .description('A cluster of CRDT-replicated, stateful actors')
    .version(ownVersion())
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, 'shoal: ')) })
    .configureHelp({ sortSubcommands: false })
  addStart(shoal)
  addDemo(shoal)
  addKeygen(shoal)
  addVoter(shoal)
  addClientCommands(shoal)
  addBackups(shoal)
  return shoal
}

function addStart(shoal: Command): void {
  const listens = ['/ip4/127.0.0.1/tcp/7201']
  shoal
    .command('start')
    .description('run a node')
    .addOption(repeatable('--actors <file>', 'module that exports actor definitions', String))
    .option('--name <name>', 'name of the node, for people', label('--name'))
    .option('--region <region>', 'where the node is', label('--region'))
    .option('--zone <zone>', 'what fails together within the region (default: the region)', label('--zone'))
    .option('--weight <weight>', "part in owning exclusive actors beside the others', 0 to 100 (default: 1)", weight)
    .option('--data <dir>', 'where the node keeps its replicas (default: .shoal/NAME)')
    .addOption(address('--http <host:port>', 'where to answer HTTP', '127.0.0.1:7101'))
    .addOption(repeatable('--listen <address>', `where to listen for peers (default: ${listens[0]})`, listenAddress))
    .addOption(
      repeatable('--announce <address>', 'where others find it, if not where it listens (NAT, containers)', joinAddress)
    )
    .addOption(repeatable('--join <address>', 'where another node of the cluster may be', joinAddress))
    .option('--cluster-key <file>', 'key of the cluster (default: cluster.key in --data, made at the first start)')
    .option('--shard-key <file>', 'the key that the cluster began with, where --cluster-key has since been changed')
    .option('--cluster <name>', 'name of the cluster, equal on all nodes', label('--cluster'))
    .option('--shards <number>', 'shards, equal on all nodes and for ever', wholeNumber('--shards', 1, 4096))
    .option(
      '--replication <number>',
      'nodes that have each actor, 1 to 15 or all; equal on all nodes and for ever (default: all)',
      replication
    )
    .option(
      '--leases <store>',
      'lease store, equal on all nodes: voters:…, postgres://…, etcd:http://…, kubernetes',
      leaseStore
    )
    .option(
      '--lease-ms <number>',
      'how long a lease lasts, equal on all nodes (default: 5000)',
      wholeNumber('--lease-ms', 500, 600_000)
    )
    .option(
      '--lease-replicas <number>',
      'nodes that have each actor of a lease kind (default: 3)',
      wholeNumber('--lease-replicas', 1, 15)
    )
    .option(
      '--max-actors <number>',
      'actors kept in memory that nobody uses just now (default: 10000)',
      wholeNumber('--max-actors', 1, 1_000_000_000)
    )
    .option('--mdns', 'find peers on the local network')
    .option('--chaos', 'let POST /v1/chaos/… cut links, for drills')
    .option('--log-level <level>', logLevels.join(', '), oneOf('--log-level', logLevels), 'info')
    .action(async flags => {
      if (flags.actors === undefined) throw new UsageError('start needs --actors FILE, such as examples/shop.ts')
      const stop = listenForStop()
      const { start } = await import('./start.ts')
      const { listen = listens, announce = [], join = [], data = `.shoal/${flags.name ?? 'node'}` } = flags
      const exitCode = await start({ ...flags, listen, announce, join, data }, stop)
      // What may still hold the process (a peer that does not close its side) must not decide when it ends.
      process.exit(exitCode)
    })
}

function addDemo(shoal: Command): void {
  shoal
    .command('demo')
    .description('run three nodes with the shop example and a page that shows them')
    .option(
      '--port <number>',
      'where to show the page, on loopback (default: 7100, or a free one where that is taken)',
      wholeNumber('--port', 0, 65_535)
    )
    .option('--data <dir>', 'where the nodes keep their replicas', '.shoal')
    .action(async flags => {
      const { demo } = await import('./demo.ts')
      await demo(flags)
      process.exit(0)
    })
}

function addKeygen(shoal: Command): void {
  shoal
    .command('keygen')
    .description('print a new cluster key')
    .option('--out <file>', 'write it to a new file that only you can read')
    .action(async ({ out }: { out?: string }) => {
      const { newClusterKey } = await import('../cluster-key.ts')
      const { createKey } = await import('./cluster-key.ts')
      if (out === undefined) process.stdout.write(`${newClusterKey()}\n`)
      else await createKey(out)
    })
}

function addVoter(shoal: Command): void {
  shoal
    .command('voter')
    .description('print the name that a node has where it votes in the lease store: --leases voters:NAME,NAME,NAME')
    .requiredOption('--data <dir>', 'where the node keeps its replicas, or will; it must not run')
    .option('--export <file>', 'write its votes to a new file, for other voters; it never votes again under its name')
    .addOption(repeatable('--import <file>', 'begin anew with the votes that most voters of another list have', String))
    .action(async flags => (await import('./voter.ts')).voter(flags))
}

function addClientCommands(shoal: Command): void {
  const home = 'http://127.0.0.1:7101'
  const door = (command: Command) =>
    command.addOption(new Option('--http <url>', 'door of a node').argParser(httpUrl).default(httpUrl(home), home))
  const commands = () => import('./client-commands.ts')
  door(shoal.command('members').description('show the members as one node sees them'))
    .option('--json', 'print JSON also to a terminal')
    .action(async flags => (await commands()).members(flags))
  door(
    shoal.command('forget <node>').description('declare that a dead member, by id or name, will not come back')
  ).action(async (node, flags) => (await commands()).forget(node, flags))
  door(shoal.command('get <kind> <id>').description('show an actor')).action(async (kind, id, flags) =>
    (await commands()).get(kind, id, flags)
  )
  door(
    shoal
      .command('call <kind> <id> <method> [argument]')
      .description('call a command or a query; the argument is JSON, or - for stdin')
  )
    .option('--deadline-ms <number>', 'time to wait', wholeNumber('--deadline-ms', 1, 600_000))
    .option('--acknowledge <level>', `a command: ${levels.join(', ')}`, oneOf('--acknowledge', levels))
    .option('--read <level>', `a query: ${levels.join(', ')}`, oneOf('--read', levels))
    .action(async (kind, id, method, argument, flags) => (await commands()).call(kind, id, method, argument, flags))
  door(
    shoal
      .command('set-aside')
      .description('print what later owners of leased actors have excluded on the disk of a node')
  ).action(async flags => (await commands()).setAside(flags))
  door(shoal.command('watch <kind> <id>').description('print the state of an actor now and after each change')).action(
    async (kind, id, flags) => (await commands()).watchActor(kind, id, flags)
  )
}

function addBackups(shoal: Command): void {
  const home = 'http://127.0.0.1:7101'
  shoal
    .command('backup')
    .description('write all that a running node has on its disk to a file')
    .addOption(new Option('--http <url>', 'door of a node').argParser(httpUrl).default(httpUrl(home), home))
    .requiredOption('--out <file>', 'the file to make')
    .option('--with-identity', "also the node's private key, for restore --same-node; the door must be on loopback")
    .action(async flags => (await import('./backup.ts')).backup(flags))
  shoal
    .command('restore <file>')
    .description('make a data directory from a backup, for a node that does not run')
    .requiredOption('--data <dir>', 'where the node is to keep its replicas; must not hold a store')
    .option('--same-node', 'as the node that was backed up, which must be gone for good, and not as a new one')
    .action(async (file, flags) => (await import('./restore.ts')).restore(file, flags))
  shoal
    .command('repair')
    .description('look through the store of a node that does not run, and say what is wrong with it')
    .requiredOption('--data <dir>', 'where the node keeps its replicas')
    .option('--accept-loss', 'let it start with what is intact, though no other node has what is lost')
    .option(
      '--accept-lease-loss',
      'let what this disk has of actors of lease kinds count as it is, though it may be old, in whatever lease store the node finds'
    )
    .action(async flags => {
      process.exitCode = await (await import('./repair.ts')).repair(flags)
    })
}

function address(flags: string, description: string, standard: string): Option {
  return new Option(flags, description).argParser(hostPort).default(hostPort(standard), standard)
}

function repeatable<T>(flags: string, description: string, parse: (text: string) => T): Option {
  const add = (text: string, before: T[] | undefined) => [...(before ?? []), parse(text)]
  return new Option(flags, `${description}; may be given again`).argParser(add)
}

function oneOf(name: string, words: readonly string[]): (text: string) => string {
  return text => {
    if (!words.includes(text)) throw new UsageError(`${name} is one of ${words.join(', ')}`)
    return text
  }
}

function ownVersion(): string {
  const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return manifest.version
}

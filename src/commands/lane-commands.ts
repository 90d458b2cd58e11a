/** The command line of the verbs that act on the lanes of a running agent: `quarantine` and `rewind`. */
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { withShared } from './with-shared.ts'

const LIST_MAX = 1_000

/** `shared` are the options of every verb that asks a running agent: `--url`, `--token`, `--json`. */
export function addLaneCommands(program: Command, shared: readonly Option[]): void {
  const quarantine = program
    .command('quarantine')
    .description('what could not be delivered, kept with the reason')

  withFilter(withShared(quarantine.command('list'), shared))
    .description('what is in quarantine, oldest first')
    .option('--limit <n>', `how many at most, up to ${LIST_MAX}`, parseLimit, 100)
    .action(async options => {
      const { runQuarantineList } = await import('./quarantine.ts')
      await runQuarantineList(options)
    })

  withShared(quarantine.command('show'), shared)
    .description('one entry, with its message')
    .argument('<id>', 'the id of the entry, such as kranj/main/7')
    .action(async (id, options) => {
      const { runQuarantineShow } = await import('./quarantine.ts')
      await runQuarantineShow(id, options)
    })

  withChange(withShared(quarantine.command('replay'), shared))
    .description('send entries once more, after the profile or the broker was mended')
    .action(async (ids, options, command) => {
      checkMeant(ids, options, command)
      const { runQuarantineReplay } = await import('./quarantine.ts')
      await runQuarantineReplay(ids, options)
    })

  withChange(withShared(quarantine.command('discard'), shared))
    .description('throw entries away; they are counted as discarded')
    .action(async (ids, options, command) => {
      checkMeant(ids, options, command)
      const { runQuarantineDiscard } = await import('./quarantine.ts')
      await runQuarantineDiscard(ids, options)
    })

  withShared(program.command('rewind'), shared)
    .description('send settled messages again that are still in the journal')
    .argument('<lane>', 'tenant and destination, such as kranj/main', parseLane)
    .requiredOption('--to <time>', 'back to this time: 2026-11-22T09:00:00Z, or 2h for two hours ago')
    .option('--dry-run', 'say how many that would be, and send nothing', false)
    .action(async (lane, options) => {
      const { runRewind } = await import('./rewind.ts')
      await runRewind(lane, options)
    })
}

function withFilter(command: Command): Command {
  return command
    .option('--tenant <id>', 'only of this tenant')
    .option('--destination <id>', 'only for this destination')
    .option('--reason <code>', 'only with this error code, such as DECODE_FAILED')
    .option('--device <id>', 'only of this device')
}

function withChange(command: Command): Command {
  return withFilter(command)
    .argument('[ids...]', 'ids of entries, as list shows them')
    .option('--older-than <age>', 'only what is there for longer, such as 7d')
    .option('--all', 'everything that is in quarantine')
    .option('--dry-run', 'say what would become of it, and change nothing', false)
}

/** Everything is meant only by who says so. */
function checkMeant(
  ids: readonly string[],
  options: Readonly<Record<string, unknown>>,
  command: Command,
): void {
  const names = ['tenant', 'destination', 'reason', 'device', 'olderThan', 'all']
  if (ids.length > 0 || names.some(name => options[name] !== undefined)) return
  command.error(
    'error: expected ids, --tenant, --destination, --reason, --device or --older-than, or --all for everything',
  )
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit
  throw new InvalidArgumentError(`expected a whole number from 1 to ${LIST_MAX}`)
}

function parseLane(text: string): { readonly tenant: string; readonly destination: string } {
  const [, tenant, destination] = /^([^/]+)\/([^/]+)$/.exec(text) ?? []
  if (tenant !== undefined && destination !== undefined) return { tenant, destination }
  throw new InvalidArgumentError('expected tenant/destination, such as kranj/main')
}

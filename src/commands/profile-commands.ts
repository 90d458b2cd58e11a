/** The command line of the verbs that act on the profiles of a running agent: `profile list`, `push`, `activate`, `rollback`, `shadow`. */
import { type Command, InvalidArgumentError, type Option } from 'commander'
import { withShared } from './with-shared.ts'

/** `shared` are the options of every verb that asks a running agent: `--url`, `--token`, `--json`. */
export function addStoredProfileCommands(profile: Command, shared: readonly Option[]): void {
  withPlace(profile.command('list'), shared)
    .description('the profiles of a running agent, with their versions')
    .option('--search <text>', 'part of the id, the maker, the model or the description')
    .action(async options => {
      const { runProfileList } = await import('./profile-store.ts')
      await runProfileList(options)
    })

  withChange(withPlace(profile.command('push'), shared))
    .description('save a file as the next version of its profile')
    .argument('<file>', 'the profile')
    .option('--activate', 'put it to use at once', false)
    .option('--note <text>', 'what is new, for people')
    .action(async (file, options) => {
      const { runProfilePush } = await import('./profile-store.ts')
      await runProfilePush(file, options)
    })

  withChange(withPlace(profile.command('activate'), shared))
    .description('put a version to use')
    .argument('<id>', 'the profile')
    .argument('<version>', 'its number', parseVersion)
    .action(async (id, version, options) => {
      const { runProfileActivate } = await import('./profile-store.ts')
      await runProfileActivate(id, version, options)
    })

  withChange(withPlace(profile.command('rollback'), shared))
    .description('go back to the version that was active before')
    .argument('<id>', 'the profile')
    .argument('[version]', 'one of those that were active before', parseVersion)
    .action(async (id, version, options) => {
      const { runProfileRollback } = await import('./profile-store.ts')
      await runProfileRollback(id, version, options)
    })

  withPlace(profile.command('shadow'), shared)
    .description('what a version would do otherwise than the active one')
    .argument('<id>', 'the profile')
    .argument('<version>', 'its number', parseVersion)
    .option('--start', 'run it beside the active one; only the active one sends', false)
    .option('--stop', 'end that', false)
    .option('--device <id...>', 'with --start: only these devices; tenant/id for a profile of all tenants')
    .action(async (id, version, options, command) => {
      if (options.start && options.stop) command.error('error: expected one of --start, --stop')
      const { runProfileShadow } = await import('./profile-shadow.ts')
      await runProfileShadow(id, version, options)
    })
}

function withPlace(command: Command, shared: readonly Option[]): Command {
  return withShared(command, shared).option('--tenant <tenant>', 'the profile of one tenant')
}

function withChange(command: Command): Command {
  return command.option('--dry-run', 'say what would be done, and do nothing', false)
}

function parseVersion(text: string): number {
  const version = Number(text)
  if (!/^\d+$/.test(text) || version < 1) throw new InvalidArgumentError('expected a number from 1 on')
  return version
}

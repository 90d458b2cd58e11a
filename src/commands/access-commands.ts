/** The command line of the verbs about access to a running agent: `token` and `audit`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ROLES } from '../access/role.ts'
import { withShared } from './with-shared.ts'

const LIMIT_MAX = 1_000

/** `shared` are the options of every verb that asks a running agent: `--url`, `--token`, `--json`. */
export function addAccessCommands(program: Command, shared: readonly Option[]): void {
  addTokenCommands(
    program.command('token').description('who may use the HTTP port of a running agent'),
    shared,
  )

  withShared(program.command('audit'), shared)
    .description('who changed what, newest first')
    .option('--tenant <id>', 'only what is of this tenant')
    .option('--actor <name>', 'only by this one, such as token:grafana')
    .option('--kind <kind>', 'only about things of this kind, such as device, token or lane')
    .option('--action <verb>', 'only this, such as create')
    .option('--since <time>', 'only from this time on: 2026-11-22T09:00:00Z, or 7d for seven days ago')
    .option('--until <time>', 'only before this time')
    .option('--limit <n>', `how many at most, up to ${LIMIT_MAX}`, parseLimit, 100)
    .addOption(new Option('--export', 'all that there are, oldest first, a line of JSON each').default(false))
    .addOption(
      new Option(
        '--verify',
        'check whether a record was changed or taken away; with a filter, whether one was changed',
      ).default(false),
    )
    .option('--file <file>', 'check what --export wrote, instead of a running agent')
    .action(async (options, command) => {
      if (options.file !== undefined && !options.verify) command.error('error: expected --verify with --file')
      const { runAudit } = await import('./audit.ts')
      await runAudit(options)
    })
}

function addTokenCommands(token: Command, shared: readonly Option[]): void {
  withShared(token.command('list'), shared)
    .description('tokens with their role, tenant and last use')
    .action(async options => {
      const { runTokenList } = await import('./token.ts')
      await runTokenList(options)
    })

  withShared(token.command('create'), shared)
    .description('make a token; it is shown this once')
    .argument('<name>', 'what it is for, such as grafana')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLES).makeOptionMandatory())
    .option('--tenant <id>', 'in this tenant only; without it in the whole agent')
    .option('--expires-in <duration>', 'such as 90d; without it the token does not end')
    .action(async (name, options) => {
      const { runTokenCreate } = await import('./token.ts')
      await runTokenCreate(name, options)
    })

  withShared(token.command('rotate'), shared)
    .description('a new secret for a token; it is shown this once')
    .argument('<id>', 'its id, as list shows it')
    .option('--grace <duration>', 'how long the one before is taken as well', '1h')
    .action(async (id, options) => {
      const { runTokenRotate } = await import('./token.ts')
      await runTokenRotate(id, options)
    })

  withShared(token.command('revoke'), shared)
    .description('take a token away, at once')
    .argument('<id>', 'its id, as list shows it')
    .action(async (id, options) => {
      const { runTokenRevoke } = await import('./token.ts')
      await runTokenRevoke(id, options)
    })
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIMIT_MAX) return limit
  throw new InvalidArgumentError(`expected a whole number from 1 to ${LIMIT_MAX}`)
}

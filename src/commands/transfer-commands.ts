/** The command line of what belongs to a municipality and not to us: `export`, `import`, `forget`. */
import type { Command, Option } from 'commander'
import { withShared } from './with-shared.ts'

/** `shared` are the options of every verb that asks a running agent: `--url`, `--token`, `--json`. */
export function addTransferCommands(program: Command, shared: readonly Option[]): void {
  withShared(program.command('export'), shared)
    .description('everything of one tenant, as open files')
    .requiredOption('--tenant <id>', 'which one')
    .option('--output <path>', 'a file that ends in .tar, or a new folder; TENANT-DATE.tar if absent')
    .action(async options => {
      const { runExport } = await import('./export.ts')
      await runExport(options)
    })

  withShared(program.command('import'), shared)
    .description('take a tenant that another agent has exported; twice changes nothing more')
    .argument('<path>', 'the .tar file or the folder')
    .option('--dry-run', 'say what would be taken and what not, and take nothing', false)
    .option('--new-passwords', 'make passwords in place of those that only the other agent can check', false)
    .option('--replace', 'what is there with other values becomes as it is in the archive', false)
    .action(async (path, options) => {
      const { runImport } = await import('./import.ts')
      await runImport(path, options)
    })

  withShared(program.command('forget'), shared)
    .description('remove what is stored of a device')
    .argument('<tenant/device>', 'which one, such as kranj/well-7')
    .option('--device', 'the device itself too, with its login', false)
    .option('--dry-run', 'say what would be removed, and remove nothing', false)
    .action(async (place, options, command) => {
      const [, tenant, device] = /^([^/]+)\/(.+)$/.exec(place) ?? []
      if (tenant === undefined || device === undefined) {
        command.error(`error: expected TENANT/DEVICE such as kranj/well-7, got ${JSON.stringify(place)}`)
        return
      }
      const { runForget } = await import('./forget.ts')
      await runForget({ tenant, device }, options)
    })
}

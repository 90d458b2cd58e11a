/** The command line of the verbs that bring devices into a running agent: `devices` and `onboarding`. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { withShared } from './with-shared.ts'

const LIST_MAX = 100

/** `shared` are the options of every verb that asks a running agent: `--url`, `--token`, `--json`. */
export function addDeviceCommands(program: Command, shared: readonly Option[]): void {
  addFileCommands(program.command('devices').description('devices of a tenant in bulk'), shared)
  addOnboardingCommands(
    program.command('onboarding').description('devices that nobody knows, whose messages are held'),
    shared,
  )
}

function addFileCommands(devices: Command, shared: readonly Option[]): void {
  withTenant(devices.command('import'), shared)
    .description('import devices from CSV or JSON; the same file again changes nothing')
    .argument('<file>', 'the path of the file; - reads it from standard input')
    .option('--profile <id>', 'the profile of rows that name none')
    .option('--dry-run', 'say what would become of each row, and change nothing', false)
    .action(async (file, options) => {
      const { runDevicesImport } = await import('./devices.ts')
      await runDevicesImport(file, options)
    })

  withTenant(devices.command('export'), shared)
    .description('all devices as a file that imports again, on standard output')
    .addOption(new Option('--format <format>', 'of the file').choices(['csv', 'json']).default('csv'))
    .action(async options => {
      const { runDevicesExport } = await import('./devices.ts')
      await runDevicesExport(options)
    })
}

function addOnboardingCommands(onboarding: Command, shared: readonly Option[]): void {
  withTenant(onboarding.command('list'), shared)
    .description('who they are, what they look like, and which profiles understand them')
    .option('--limit <n>', `how many at most, up to ${LIST_MAX}`, parseLimit, 20)
    .option('--ignored', 'those whose messages are discarded instead', false)
    .action(async options => {
      const { runOnboardingList } = await import('./onboarding.ts')
      await runOnboardingList(options)
    })

  withTenant(onboarding.command('accept'), shared)
    .description('make it a device, and send what was held of it')
    .argument('<device>', 'the id of the device, as list shows it')
    .option('--profile <id>', 'what kind of device it is; not needed where it is provisioned by now')
    .option('--name <name>', 'what people call it')
    .option('--location <lon,lat>', 'where it stands', parseLocation)
    .option('--placement <placement>', 'such as indoor')
    .option('--dry-run', 'check it, and change nothing', false)
    .action(async (device, options) => {
      const { runOnboardingAccept } = await import('./onboarding.ts')
      await runOnboardingAccept(device, options)
    })

  withTenant(onboarding.command('reject'), shared)
    .description('throw away what is held of it')
    .argument('<device>', 'the id of the device, as list shows it')
    .option('--ignore', 'also what it will send', false)
    .option('--dry-run', 'say how much that would be, and change nothing', false)
    .action(async (device, options) => {
      const { runOnboardingReject } = await import('./onboarding.ts')
      await runOnboardingReject(device, options)
    })

  withTenant(onboarding.command('heed'), shared)
    .description('ignore it no longer')
    .argument('<device>', 'the id of the device, as list --ignored shows it')
    .action(async (device, options) => {
      const { runOnboardingHeed } = await import('./onboarding.ts')
      await runOnboardingHeed(device, options)
    })
}

function withTenant(command: Command, shared: readonly Option[]): Command {
  return withShared(command, shared).requiredOption('--tenant <id>', 'whose devices they are')
}

function parseLimit(text: string): number {
  const limit = Number(text)
  if (Number.isInteger(limit) && limit >= 1 && limit <= LIST_MAX) return limit
  throw new InvalidArgumentError(`expected a whole number from 1 to ${LIST_MAX}`)
}

export function parseLocation(text: string): readonly number[] {
  const numbers = text.split(',').map(part => (part.trim() === '' ? Number.NaN : Number(part)))
  if (numbers.length === 2 && numbers.every(Number.isFinite)) return numbers
  throw new InvalidArgumentError('expected a longitude and a latitude such as 14.5,46.05')
}

#!/usr/bin/env node
/** The command line: parses, and calls the verb, which alone is loaded: an agent has no use for the simulator. */

import { setFlagsFromString } from 'node:v8'
import { Command, InvalidArgumentError, Option } from 'commander'
import { addAccessCommands } from './commands/access-commands.ts'
import { addDeviceCommands, parseLocation } from './commands/device-commands.ts'
import { addLaneCommands } from './commands/lane-commands.ts'
import { addStoredProfileCommands } from './commands/profile-commands.ts'
import { reportError, WRONG_USE } from './commands/report-error.ts'
import { addTransferCommands } from './commands/transfer-commands.ts'
import { getVersion } from './commands/version.ts'

// On the small machines that agents run on, helper threads that collect for two isolates at once cost a tenth of all processor
// time (docs/benchmarks.md).
setFlagsFromString('--no-parallel-scavenge')

// A thread's full collections begin above so many MiB of old objects and buffers. By itself V8 puts that bound as little as 8 MiB above what a
// collection left, which is less than the draining thread has under way, and collects up to ten times as often.
setFlagsFromString('--initial-old-space-size=96')

const CONFIG_FILE = 'config/tromost.yaml'

const program = new Command('tromost')
  .description('An IoT agent for cities: MQTT in, NGSI-LD out, nothing acknowledged is lost.')
  .version(getVersion())
  .showHelpAfterError()
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USE))

const config = () => new Option('--config <file>', 'the configuration').default(CONFIG_FILE)
const url = () => new Option('--url <url>', 'address of the agent').default('http://127.0.0.1:4041')
const token = () =>
  new Option('--token <token>', 'a token of the agent').default(
    process.env['TROMOST_TOKEN'],
    'TROMOST_TOKEN of the environment',
  )
const json = () => new Option('--json', 'answer as JSON').default(false)

program
  .command('start')
  .description('run the agent; SIGTERM and SIGINT stop it cleanly')
  .addOption(config())
  .addOption(json().hideHelp())
  .action(async options => {
    const { runStart } = await import('./commands/start.ts')
    await runStart(options.config)
  })

program
  .command('check')
  .description('check configuration, provisioning and all profiles; starts nothing')
  .addOption(config())
  .addOption(json())
  .action(async options => {
    const { runCheck } = await import('./commands/check.ts')
    await runCheck(options.config, options)
  })

program
  .command('doctor')
  .description(
    'is this machine fit for it: disk, clock, ports, certificates, brokers; a line each with the remedy',
  )
  .addOption(config())
  .addOption(json())
  .action(async options => {
    const { runDoctor } = await import('./commands/doctor.ts')
    await runDoctor(options.config, options)
  })

const profile = program.command('profile').description('work with device profiles')

profile
  .command('test')
  .description('run the samples of profiles')
  .argument('[paths...]', 'files or folders', ['devices'])
  .addOption(json())
  .action(async (paths, options) => {
    const { runProfileTest } = await import('./commands/profile-test.ts')
    await runProfileTest(paths, options)
  })

profile
  .command('lint')
  .description('hold profiles against the style of devices/README.md')
  .argument('[paths...]', 'files or folders', ['devices'])
  .addOption(json())
  .action(async (paths, options) => {
    const { runProfileLint } = await import('./commands/profile-lint.ts')
    await runProfileLint(paths, options)
  })

profile
  .command('try')
  .description('one message through a profile: envelope, values, entities, request; sends nothing')
  .argument('<profile>', 'the id of a profile that is configured, or the path of a file')
  .addOption(new Option('--json <text>', 'the payload as JSON; - reads it from standard input'))
  .addOption(new Option('--hex <digits>', 'the payload as bytes').conflicts('json'))
  .addOption(new Option('--text <text>', 'the payload as text').conflicts(['json', 'hex']))
  .option('--fport <n>', 'the bytes are a LoRaWAN frame of this port, in an uplink of ChirpStack', parsePort)
  .option('--topic <topic>', 'the topic of the message')
  .option('--received-at <time>', 'when it was received; now if absent')
  .option('--device <id>', 'the device; that of the first sample if absent')
  .option('--placement <placement>', 'its placement, such as indoor')
  .option('--location <lon,lat>', 'its location', parseLocation)
  .option('--attribute <name=value>', 'one of its attributes; may be repeated', addAttribute)
  .option('--destination <id>', 'whose request to show; the first broker that is configured if absent')
  .addOption(config())
  .addOption(
    new Option('--output <form>', 'answer as text or as JSON').choices(['text', 'json']).default('text'),
  )
  .action(async (idOrPath, options, command) => {
    if (options.json === undefined && options.hex === undefined && options.text === undefined) {
      command.error('error: expected one of --json, --hex, --text with the payload')
    }
    const { runProfileTry } = await import('./commands/profile-try.ts')
    await runProfileTry(idOrPath, options)
  })

program
  .command('simulate')
  .description('publish as the sensors of a town')
  .option(
    '--url <url>',
    'MQTT address, with user and password in it where needed',
    parseAddress,
    'mqtt://127.0.0.1:1883',
  )
  .option('--devices <n>', 'how many sensors', parseCount, 43)
  .option('--rate <n>', 'messages per second of all sensors together', parseCount, 5)
  .addOption(new Option('--qos <level>', 'quality of service').choices(['0', '1']).default('1'))
  .option('--for <seconds>', 'stop after this time', parseCount)
  .addOption(json())
  .action(async ({ for: seconds, qos, ...options }) => {
    const { runSimulate } = await import('./commands/simulate.ts')
    const { address, username, password } = splitUrl(options.url)
    await runSimulate({ ...options, url: address, username, password, seconds, qos: qos === '0' ? 0 : 1 })
  })

program
  .command('secret')
  .description('make a secret for a device, or the stored form of a password that you chose')
  .option(
    '--data-dir <folder>',
    "the agent's data folder, whose key the secret is hashed with",
    process.env['TROMOST_DATADIR'] ?? './data',
  )
  .option('--password <password>', 'hash this password instead of making a secret')
  .addOption(json())
  .action(async options => {
    const { runSecret } = await import('./commands/secret.ts')
    await runSecret(options)
  })

program
  .command('status')
  .description('lanes, backlog, troubles and alarms of a running agent')
  .addOption(url())
  .addOption(token())
  .addOption(json())
  .action(async options => {
    const { runStatus } = await import('./commands/status.ts')
    await runStatus(options)
  })

program
  .command('tail')
  .description('readings as they cross, one line each, to the answer of the broker')
  .argument('[device]', 'the id of one device')
  .option('--tenant <tenant>', 'of this tenant only')
  .addOption(url())
  .addOption(token())
  .addOption(json())
  .action(async (device, options) => {
    const { runTail } = await import('./commands/tail.ts')
    await runTail({ ...options, device })
  })

addStoredProfileCommands(profile, [url(), token(), json()])
addLaneCommands(program, [url(), token(), json()])
addAccessCommands(program, [url(), token(), json()])
addTransferCommands(program, [url(), token(), json()])
addDeviceCommands(program, [url(), token(), json()])

program.command('demo', { hidden: true }).action(async () => {
  const { runDemo } = await import('./commands/demo.ts')
  await runDemo()
})

await program.parseAsync().catch(reportError)

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isFinite(count) || count <= 0) throw new InvalidArgumentError('expected a positive number')
  return count
}

function parsePort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 255) throw new InvalidArgumentError('expected an fPort from 0 to 255')
  return port
}

function addAttribute(text: string, others: readonly string[] = []): readonly string[] {
  if (!/^[^=]+=/.test(text)) throw new InvalidArgumentError('expected name=value')
  return [...others, text]
}

function parseAddress(text: string): string {
  const protocol = URL.canParse(text) ? new URL(text).protocol : ''
  if (!['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(protocol)) {
    throw new InvalidArgumentError('expected an address such as mqtt://127.0.0.1:1883')
  }
  return text
}

/** Credentials are taken out of the address, since that is printed in errors. */
function splitUrl(text: string) {
  const url = new URL(text)
  const username = url.username === '' ? undefined : decodeURIComponent(url.username)
  const password = url.password === '' ? undefined : decodeURIComponent(url.password)
  url.username = ''
  url.password = ''
  return { address: url.href, username, password }
}

/** The options that every verb has which asks a running agent. */
import type { Command, Option } from 'commander'

/** `shared`: `--url`, `--token`, `--json`. */
export function withShared(command: Command, shared: readonly Option[]): Command {
  for (const option of shared) command.addOption(option)
  return command
}

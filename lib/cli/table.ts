/** The commands, in the order of the help. A new one is a file in commands/ and a line here. */
import type { Command } from './command'
import { build } from './commands/build'

export const COMMANDS: readonly Command[] = [build]

/** The commands, in the order of the help. A new one is a file in commands/ and a line here. */
import type { Command } from './command'
import { build } from './commands/build'
import { doctor } from './commands/doctor'
import { live } from './commands/live'

import { record } from './commands/record'
import { report } from './commands/report'
import { top } from './commands/top'

export const COMMANDS: readonly Command[] = [doctor, top, live, record, report, build]

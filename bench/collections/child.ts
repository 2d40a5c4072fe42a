/** `node child.js WHAT ARM KEYS COUNT`: prints what was measured of one subject as JSON. */
import { measureCache } from './cache-arm'
import { measure } from './dict-arm'
import { collector, huge, longest, moves, resident, small } from './growth-arm'

async function run(what: string, arm: string, keys: string, count: number): Promise<object> {
  switch (what) {
    case 'times':
      return measure(arm, keys, count)
    case 'longest':
      return longest(arm, keys, count)
    case 'collector':
      return collector(arm, keys, count)
    case 'resident':
      return resident(arm, keys, count)
    case 'small':
      return small(count)
    case 'moves':
      return moves(count)
    case 'huge':
      return huge(count)
    default:
      return measureCache(arm, count, keys === 'scans' ? 0.25 : 0)
  }
}

const [what, arm, keys, count] = process.argv.slice(2) as [string, string, string, string]
run(what, arm, keys, Number(count)).then(
  (figures) => console.log(JSON.stringify(figures)),
  (error: unknown) => {
    console.error(error)
    process.exitCode = 1
  },
)

/** `ebb/debug`: heaps that find mistakes and leaks. `import 'ebb'` loads none of it until one is asked for. */
import { setVariants } from '../heap/variants'
import { DebugHeap } from './debug-heap'
import { ProfiledHeap } from './profiled-heap'

export { DebugHeap } from './debug-heap'
export { ProfiledHeap } from './profiled-heap'
export { type BlockReport, DebugError } from './report'
export { type Leak, Snapshot } from './snapshot'

setVariants({
  debug: (options) => new DebugHeap(options),
  profile: (options) => new ProfiledHeap(options),
})

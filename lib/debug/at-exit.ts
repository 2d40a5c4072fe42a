/** Reports of what is live when the process, or the worker thread, ends. */
import { writeSync } from 'node:fs'
import { WeakList } from '../base/weak-list'
import type { Snapshot } from './snapshot'

interface Watched {
  snapshot(): Snapshot
}

const watched = new WeakList<Watched>()
let isListening = false

const report = (): void => {
  for (const heap of watched) {
    const snapshot = heap.snapshot()
    if (snapshot.blocks === 0) continue
    try {
      writeSync(2, `ebb: live at exit in ${snapshot.heap}: ${snapshot}\n`)
    } catch {
      // Nobody reads stderr any more.
    }
  }
}

/** Has a heap's live blocks reported at exit. */
export function watchExit(heap: Watched): void {
  watched.add(heap)
  if (isListening) return
  isListening = true
  process.on('exit', report)
}

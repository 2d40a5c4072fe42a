/** What a soak reaches in the built library that is not public. */
import { join } from 'node:path'
import type { Heap } from 'ebb'
import { projectRoot } from '../common/root'

interface Inside {
  partsOf(heap: Heap): unknown
  /** Throws where the books contradict themselves. */
  checkHeap(parts: unknown): void
  loadAddon(): { mappings(): { readonly mappedBytes: number } }
}

export const inside: Inside = require(join(projectRoot(), 'dist', 'inside.js'))

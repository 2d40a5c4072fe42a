/**
 * What `npx ebb live` preloads: the page of this process is served as soon as it makes a heap, and its address is said on standard error.
 * A process that makes none, such as npm, is left alone. In EBB_LIVE: options of `serve`, as JSON.
 */
import { isMainThread } from 'node:worker_threads'
import { onNextHeap } from '../heap/heaps'
import { checkOptions, type LiveOptions } from './options'
import { start } from './serve'

const tell = (error: Error): void => {
  process.stderr.write(`ebb live: ${error.message.replace(/^ebb(\/live)?: /, '')}\n`)
}

function open(): void {
  try {
    const options = JSON.parse(process.env.EBB_LIVE ?? '{}') as LiveOptions
    start(checkOptions(options), 'ebb live: ').catch(tell)
  } catch (error) {
    tell(error as Error)
  }
}

if (isMainThread) onNextHeap(open)

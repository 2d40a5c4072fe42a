/**
 * `ebb/live`: a page in the browser that shows heaps while the program runs.
 *
 *     import { serve } from 'ebb/live'
 *
 *     const page = await serve(heap)
 *     console.log(page.url)
 */

/// <reference lib="esnext.disposable" preserve="true" />

export type { LiveOptions } from './options'
export { LivePage, serve } from './serve'

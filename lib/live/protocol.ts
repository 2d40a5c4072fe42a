/** What the thread of the heaps and the thread that serves the page say to each other. */
import type { HeapErrorCode, OsFailure } from '../base/errors'
import type { SpaceBooks } from '../inspect/map'
import type { News } from './look'
import type { ServerOptions } from './server'

/** What the serving thread begins with. */
export interface Start {
  readonly books: SpaceBooks
  readonly isAll: boolean
  readonly news: News
  readonly options: ServerOptions
  /** Where the files of the page lie. */
  readonly page: string
  /** Said on standard error as soon as the page can be opened, with its address behind it; undefined: nothing. */
  readonly greeting: string | undefined
}

/** From the serving thread. */
export type Report =
  | { readonly kind: 'listening'; readonly url: string }
  | { readonly kind: 'failed'; readonly code: HeapErrorCode; readonly message: string; readonly cause: OsFailure }
  /** It wants news. The answer also tells that the thread of the heaps is not busy. */
  | { readonly kind: 'ask' }

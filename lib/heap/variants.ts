/**
 * Heaps of other classes that `new Heap` makes where the options or the environment ask for one. They lie on a floor above this one, and
 * their code is loaded when the first is made: an ordinary heap costs nothing for them.
 */
import { typeError } from '../base/errors'
import type { CheckedOptions } from './options'

/** The classes by the name of their option. */
export interface Variants {
  debug(options: CheckedOptions): object
  profile(options: CheckedOptions): object
}

const { EBB_DEBUG = '' } = process.env
/** Whether the environment asks for debug heaps. */
const isAsked = EBB_DEBUG !== '' && EBB_DEBUG !== '0'

/** Makes a heap that zeroes what is freed. */
let clearing: ((options: CheckedOptions) => object) | undefined

/** clearing-heap.ts is there. */
export function setClearing(make: (options: CheckedOptions) => object): void {
  clearing = make
}

let variants: Variants | undefined
let load = (): void => {}

/** The entry of the package says how the classes are loaded. */
export function loadVariantsBy(loader: () => void): void {
  load = loader
}

/** The classes are there. */
export function setVariants(made: Variants): void {
  variants = made
}

/** The heap of another class that these options ask for; undefined: an ordinary one is asked for. */
export function variantFor(options: CheckedOptions): object | undefined {
  const { debug = isAsked ? {} : false, profile } = options
  if (debug === false && profile === 0) {
    if (!options.clearOnFree) return undefined
    if (clearing === undefined)
      throw typeError('ebb: option clearOnFree needs the module clearing-heap, which is not loaded; import ebb')
    return clearing(options)
  }
  if (variants === undefined) load()
  if (variants === undefined)
    throw typeError('ebb: options debug and profile need the module ebb/debug, which is not loaded; import it first')
  return debug === false ? variants.profile(options) : variants.debug({ ...options, debug })
}

/** What the iterators of collections have of the runtime's own: where those have `map`, `take` and other helpers, so have these. */

/** The runtime's type of an iterator: with helpers where the compiler knows them, which it does from TypeScript 5.6 on. */
export type RuntimeIterator<T> = ReturnType<Map<T, T>['keys']>

const INSPECT = Symbol.for('nodejs.util.inspect.custom')

/** Every iterator of the runtime inherits from it; `Iterator.prototype` is a name that Node has from version 22 on. */
const RUNTIMES = Object.getPrototypeOf(Object.getPrototypeOf([].values())) as object

const OURS: object = Object.create(RUNTIMES, {
  [INSPECT]: { value: () => 'Iterator {}' },
})

/** Lets the iterators of a class inherit the runtime's helpers, and its `[Symbol.iterator]`. */
export function inheritHelpers(iterator: { readonly prototype: object }): void {
  Object.setPrototypeOf(iterator.prototype, OURS)
}

/**
 * Room on the stack for a slow path, asked for before its first write: a stack that ends between two writes leaves the books half written.
 *
 * V8 looks at the stack once at the start of a function, for the whole frame that its interpreter would need, also where the function is
 * compiled and inlined. So a call that is never made, of many arguments, asks for their room at the price of nothing.
 */

const never = (..._: number[]): void => {}

/**
 * Throws V8's RangeError (`Maximum call stack size exceeded`) where fewer than 160 words of stack are left. With more words V8 does not
 * inline it any more.
 * @param x - 0
 */
export function mustHaveStack(x: number): void {
  // biome-ignore format: 160 words
  if (x !== 0) never(
    x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x,
    x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x,
    x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x,
    x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
  )
}

/** Classes that extend List or Dict, whose constructors return an object of a class for its kinds. */

/** What a constructor is called for. */
type Target = { readonly prototype: object } | undefined

/**
 * An object as one of the class that is made, where somebody extends the constructor's. The methods of its kinds are lost then, not their
 * meaning: those of the base class serve all kinds.
 * @param target - `new.target`
 * @param own - the constructor
 */
export const ofClass = <T extends object>(made: T, target: Target, own: unknown): T =>
  target === undefined || target === own ? made : (Object.setPrototypeOf(made, target.prototype) as T)

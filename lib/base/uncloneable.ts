/**
 * What cannot leave its thread says so. `structuredClone` and `postMessage` copy the own enumerable properties of an object and nothing else:
 * of most objects of ebb that would be `{}`, without a word. A symbol they refuse, by its description. So each such object has one, as its
 * first property, under the name `uncloneable`; all objects of a class have the same one, so that equal objects stay equal.
 */

/**
 * A symbol for the objects of a class.
 * @param what - what they are, as messages call it: `'a List'`
 * @param remedy - what to do instead: `'send list.toArray()'`
 */
export const uncloneable = (what: string, remedy: string): symbol =>
  Symbol(`ebb: ${what}, which stays in its thread; ${remedy}`)

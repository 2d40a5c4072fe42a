/** Which heap a message is about, where that does not matter. */
export const TEST_TAG = { heap: 'test', id: Symbol('test') }

/** After the first detach in a process V8 guards every access to a typed array. */

/**
 * Makes a detach happen and verifies it. ebb detaches nothing that user code has not asked an ArrayBuffer of (`bytes()`), but
 * others may: what is measured with this holds for them too.
 */
export function makeDetachHappen(): void {
  const buffer = new ArrayBuffer(64)
  structuredClone(buffer, { transfer: [buffer] })
  if (buffer.byteLength !== 0) throw new Error('a transfer detached nothing')
}

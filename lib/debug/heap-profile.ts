/**
 * The form of V8's sampling heap profiler, which Chrome's DevTools open as a `.heapprofile`: a tree of calls, the outermost at its root, with
 * the bytes that each allocated itself. (Chrome DevTools Protocol, HeapProfiler.SamplingHeapProfile.)
 */
import type { Leak } from './snapshot'
import { type Frame, parseFrame } from './traces'

interface Node {
  readonly callFrame: {
    readonly functionName: string
    readonly scriptId: string
    readonly url: string
    /** From 0 on, as the protocol has it. */
    readonly lineNumber: number
    readonly columnNumber: number
  }
  /** Bytes. */
  selfSize: number
  readonly id: number
  readonly children: Node[]
}

interface Sample {
  /** Bytes of all blocks of the node. */
  readonly size: number
  readonly nodeId: number
  readonly ordinal: number
}

export interface HeapProfile {
  readonly head: Node
  readonly samples: readonly Sample[]
}

export function toHeapProfile(leaks: readonly Leak[]): HeapProfile {
  let nodes = 0
  const nodeOf = ({ name, file, line, column }: Frame): Node => ({
    callFrame: {
      functionName: name,
      scriptId: '0',
      url: file.startsWith('/') ? `file://${file}` : file,
      lineNumber: line - 1,
      columnNumber: column - 1,
    },
    selfSize: 0,
    id: ++nodes,
    children: [],
  })
  const head = nodeOf({ name: '(root)', file: '', line: 0, column: 0 })
  const byCall = new Map<Node, Map<string, Node>>()
  const samples: Sample[] = []
  for (const { stack, bytes } of leaks) {
    let node = head
    for (const call of stack.length > 0 ? [...stack].reverse() : ['(stacks were not kept)']) {
      const children = byCall.get(node) ?? new Map<string, Node>()
      byCall.set(node, children)
      let child = children.get(call)
      if (child === undefined) {
        child = nodeOf(parseFrame(call))
        children.set(call, child)
        node.children.push(child)
      }
      node = child
    }
    node.selfSize += bytes
    samples.push({ size: bytes, nodeId: node.id, ordinal: samples.length + 1 })
  }
  return { head, samples }
}

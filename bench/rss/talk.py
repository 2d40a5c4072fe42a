"""CPython's part of talk.ts: makes integers, floats, lists and dicts when told to, holds them, and drops them."""
import sys
import time

MAKERS = {
    "integers": lambda i: i + 1000,
    "floats": lambda i: i + 0.5,
    "lists": lambda i: [i, i + 1, i + 2],
    "dicts": lambda i: {"id": i, "next": i + 1},
}

held = []
for line in sys.stdin:
    verb, *words = line.split()
    start = time.perf_counter_ns()
    if verb == "make":
        make = MAKERS[words[0]]
        for i in range(int(words[1]), int(words[2])):
            held.append(make(i))
    else:
        held = []
    print(time.perf_counter_ns() - start, flush=True)

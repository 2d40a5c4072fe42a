"""An event-driven particle simulation: a heap of events, small objects that are born, meet and die."""
import heapq
import random


class Particle:
    __slots__ = ('number', 'x', 'y', 'vx', 'vy', 'charge', 'trail')

    def __init__(self, number, x, y, vx, vy, charge):
        self.number = number
        self.x, self.y = x, y
        self.vx, self.vy = vx, vy
        self.charge = charge
        self.trail = []

    def move(self, elapsed):
        self.x = (self.x + self.vx * elapsed) % 1.0
        self.y = (self.y + self.vy * elapsed) % 1.0
        self.trail.append((self.x, self.y))
        if len(self.trail) > 12:
            del self.trail[:6]


class World:
    CELLS = 24

    def __init__(self, rng):
        self.rng = rng
        self.now = 0.0
        self.born = 0
        self.events = []
        self.particles = {}
        self.cells = {}

    def cell(self, particle):
        return int(particle.x * self.CELLS), int(particle.y * self.CELLS)

    def bear(self, x, y):
        rng = self.rng
        particle = Particle(self.born, x, y, rng.gauss(0, 0.1), rng.gauss(0, 0.1), rng.choice((-1, 1)))
        self.born += 1
        self.particles[particle.number] = particle
        self.cells.setdefault(self.cell(particle), set()).add(particle.number)
        self.plan(particle)

    def plan(self, particle):
        heapq.heappush(self.events, (self.now + self.rng.expovariate(1.0), particle.number))

    def bury(self, particle):
        del self.particles[particle.number]
        self.cells[self.cell(particle)].discard(particle.number)

    def step(self):
        at, number = heapq.heappop(self.events)
        particle = self.particles.get(number)
        if particle is None:
            return
        elapsed, self.now = at - self.now, at
        before = self.cell(particle)
        particle.move(elapsed + 0.5)
        after = self.cell(particle)
        if before != after:
            self.cells[before].discard(number)
            self.cells.setdefault(after, set()).add(number)
        for other in sorted(self.cells[after]):
            if other != number and self.particles[other].charge != particle.charge:
                self.bury(self.particles[other])
                self.bury(particle)
                if self.rng.random() < 0.9:
                    self.bear(particle.x, particle.y)
                    self.bear(self.rng.random(), self.rng.random())
                return
        self.plan(particle)


def simulate(particles, steps, rng):
    world = World(rng)
    for _ in range(particles):
        world.bear(rng.random(), rng.random())
    for _ in range(steps):
        if not world.events:
            break
        world.step()
    return world.now, world.born, len(world.particles)


def main():
    rng = random.Random(4)
    for particles, steps in ((200, 10_000), (3000, 60_000), (800, 20_000)):
        print(simulate(particles, steps, rng))


main()

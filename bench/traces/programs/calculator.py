"""Makes formulas one by one; parses, simplifies, differentiates and evaluates each, and keeps none: a few kilobytes at a time."""


class Dice:
    """A linear congruential generator, which is smaller than the module `random`."""

    def __init__(self, seed):
        self.state = seed

    def random(self):
        self.state = (self.state * 1103515245 + 12345) & 0x7FFFFFFF
        return self.state / 0x80000000

    def choice(self, of):
        return of[int(self.random() * len(of))]


class Number:
    __slots__ = ('value',)

    def __init__(self, value):
        self.value = value

    def at(self, x):
        return self.value

    def derived(self):
        return Number(0.0)


class Variable:
    __slots__ = ()

    def at(self, x):
        return x

    def derived(self):
        return Number(1.0)


class Operation:
    __slots__ = ('sign', 'left', 'right')

    def __init__(self, sign, left, right):
        self.sign, self.left, self.right = sign, left, right

    def at(self, x):
        left, right = self.left.at(x), self.right.at(x)
        return left + right if self.sign == '+' else left - right if self.sign == '-' else left * right

    def derived(self):
        if self.sign != '*':
            return simple(self.sign, self.left.derived(), self.right.derived())
        first = simple('*', self.left.derived(), self.right)
        return simple('+', first, simple('*', self.left, self.right.derived()))


def simple(sign, left, right):
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(Operation(sign, left, right).at(0.0))
    if sign == '*' and (isinstance(left, Number) and left.value == 0.0 or isinstance(right, Number) and right.value == 0.0):
        return Number(0.0)
    return Operation(sign, left, right)


def words(text):
    return text.replace('(', ' ( ').replace(')', ' ) ').split()


def parse(tokens, at):
    token = tokens[at]
    if token == 'x':
        return Variable(), at + 1
    if token != '(':
        return Number(float(token)), at + 1
    left, at = parse(tokens, at + 1)
    sign = tokens[at]
    right, at = parse(tokens, at + 1)
    return simple(sign, left, right), at + 1


def formula(rng, depth):
    if depth == 0 or rng.random() < 0.1:
        return 'x' if rng.random() < 0.5 else f'{18 * rng.random() - 9:.3f}'
    return f'({formula(rng, depth - 1)} {rng.choice("+-*")} {formula(rng, depth - 1)})'


def main():
    rng = Dice(7)
    total = 0.0
    for number in range(4000):
        tree, _ = parse(words(formula(rng, 2 + number % 4)), 0)
        slope = tree.derived()
        for step in range(6):
            total += tree.at(step / 6) + slope.at(step / 6)
    print(f'{total:.6g}')


main()

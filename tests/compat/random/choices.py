"""Random decisions that can be replayed, and made simpler one by one.

Whatever is made from choices draws all of them from one list of numbers, where 0 is the simplest
outcome. A case that shows a difference is made smaller by making the list shorter and its numbers
lower, and building the case anew: no knowledge of what a statement is made of is needed.
(The idea is that of Hypothesis: MacIver and Donaldson, Test-Case Reduction via Test-Case Generation, 2020.)
"""

import random


class Choices:
    """Draws from a seed, or from a list it is given (0 where that ends)."""

    def __init__(self, seed=None, taken=None):
        self.random = random.Random(seed)
        self.given = taken
        self.taken = []

    def draw(self, count):
        """0 <= result < count."""
        if self.given is None:
            value = self.random.randrange(count)
        else:
            at = len(self.taken)
            value = self.given[at] % count if at < len(self.given) else 0
        self.taken.append(value)
        return value

    def pick(self, options):
        """One of them; the first is the simplest."""
        return options[self.draw(len(options))]

    def weighted(self, *options):
        """(weight, value) pairs; the first is the simplest."""
        at = self.draw(sum(weight for weight, _ in options))
        for weight, value in options:
            if at < weight:
                return value
            at -= weight
        raise AssertionError

    def chance(self, percent):
        """True in so many of 100 cases; False is simpler."""
        return self.draw(100) >= 100 - percent

    def between(self, low, high):
        return low + self.draw(high - low + 1)

    def some(self, options, least=1, most=3):
        """Different ones, in the order of their drawing."""
        left, found = list(options), []
        for _ in range(min(self.between(least, most), len(left))):
            found.append(left.pop(self.draw(len(left))))
        return found


def shrink(taken, text_of, fails, attempts_max=400):
    """A list whose text still `fails` and is shorter, or as long and less. Texts are tried once each."""
    best, best_text = list(taken), text_of(taken)
    tried = {best_text}

    def attempt(candidate):
        nonlocal best, best_text
        text = text_of(candidate)
        if text in tried or (len(text), text) > (len(best_text), best_text) or len(tried) > attempts_max:
            return False
        tried.add(text)
        if not fails(candidate):
            return False
        best, best_text = candidate, text
        return True

    improved = True
    while improved and len(tried) <= attempts_max:
        improved = False
        for size in (16, 8, 4, 2, 1):
            for at in range(len(best) - size, -1, -1):
                improved |= attempt(best[:at] + best[at + size:])
        for at in range(len(best)):
            for lower in (0, best[at] // 2 if at < len(best) else 0):
                # What followed may have belonged to the choice that is gone.
                for gone in (0, 1, 2, 3, 4, 6, 8, 12, 16):
                    if at < len(best) and lower < best[at]:
                        improved |= attempt(best[:at] + [lower] + best[at + 1 + gone:])
    return best

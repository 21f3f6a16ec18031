"""What an operator who knows the chain can reach by choosing among salts: `python -m tests.rooms.grinding`.

Without a beacon each list of entrants is another salt, so an operator with puppets may try as many lists as
they have subsets, in secret. Cancelling and beginning anew is one try each, and is counted in public.
"""

from hashlib import sha256
from statistics import mean

from server.domain.rooms import fairness

FLIGHTS = 20
EXPERIMENTS = 40
TRIES = (1, 10, 100, 1_000)


def reach_two(chain: list[bytes], salt: str) -> int:
    """How many of the first flights reach 2.00x."""
    links = chain[1 : FLIGHTS + 1]
    return sum(fairness.crash_point(fairness.draw(salt, link), 1) >= 200 for link in links)


def best_of(tries: int, experiment: int) -> tuple[int, int]:
    """The fewest and the most flights of twenty that reach 2.00x, over so many lists of entrants."""
    chain = fairness.chain_of(sha256(b"chain %d" % experiment).digest(), FLIGHTS)
    found = []
    for number in range(tries):
        entrants = fairness.entrants_digest(["TP_1", "TP_2", f"TP_puppet_{experiment}_{number}"])
        found.append(reach_two(chain, fairness.salt_of(chain[0], entrants)))
    return min(found), max(found)


def reached(tries: int) -> tuple[float, float]:
    """Means over experiments of the fewest and the most."""
    pairs = [best_of(tries, experiment) for experiment in range(EXPERIMENTS)]
    return mean(low for low, _ in pairs), mean(high for _, high in pairs)


if __name__ == "__main__":
    for tries in TRIES:
        low, high = reached(tries)
        print(f"| {tries:,} | {low:.1f} | {high:.1f} |")

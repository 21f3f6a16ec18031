"""The rules as players read them, from the same configuration that decides: nothing is written twice.

Plain English, one sentence a line, so that a casino can show or translate them line by line.
"""

from collections.abc import Iterator
from datetime import UTC, tzinfo
from hashlib import sha256
from typing import NamedTuple, assert_never

from server.domain.money import POINT_SCALE, points_or_none, points_to_decimal, to_decimal
from server.domain.scoring.declaration import Scoring
from server.domain.scoring.registry import spec_of
from server.domain.tournament.money.pool import PERCENT_SCALE, PrizePool
from server.domain.tournament.rules.rules import Rules
from server.reports.room_text import room_lines
from server.reports.words import span, time_in


class Section(NamedTuple):
    """A heading and its sentences."""

    title: str
    lines: tuple[str, ...]


def sections_of(rules: Rules, zone: tzinfo = UTC) -> list[Section]:
    """The whole text, with the times of a zone."""
    return [
        Section("Play", tuple(_play(rules, zone))),
        Section("Entry", tuple(_entry(rules, zone))),
        Section("Scoring", tuple(_scoring(rules.scoring, rules.entry_scoring == "best_entry"))),
        Section("Ties", tuple(_ties(rules))),
        Section("Prizes", tuple(_prizes(rules))),
        Section("Late results and disputes", tuple(_late(rules))),
        Section("Cancellation", tuple(_cancellation(rules))),
    ]


def hash_of(rules: Rules) -> str:
    """A fingerprint of the text in UTC: the same rules, the same hash, whatever zone they are read in."""
    text = "\n".join(line for section in sections_of(rules) for line in (section.title, *section.lines))
    return sha256(text.encode()).hexdigest()


def _play(rules: Rules, zone: tzinfo) -> Iterator[str]:
    yield f"The game is {rules.game_slug}."
    yield f"All amounts are in {rules.currency}, and all times are in the time zone {zone}."
    if rules.format == "hop_on_off":
        yield f"The tournament starts as soon as {_players(rules.min_players)} have entered."
    else:
        yield f"The planned start is {time_in(zone, rules.start_at_ms)}. The operator may start earlier."
        if rules.min_players > 1:
            yield from _missed(rules, zone)
    if rules.room is not None:
        yield from room_lines(rules.room)
    rounds = rules.rounds
    if rounds is None and rules.end_at_ms is not None:
        yield f"The tournament ends at {time_in(zone, rules.end_at_ms)}."
    elif rounds is None:
        yield f"The tournament ends {span(rules.duration_ms)} after it has started."
    elif rounds.paced_by == "game":
        longest = span(rounds.duration_ms)
        yield f"There are {rounds.count} rounds of at most {longest} each; the game starts and ends them."
        yield from _elimination(rules)
    else:
        yield f"There are {rounds.count} rounds of {span(rounds.duration_ms)} each."
        yield from _elimination(rules)
    if rules.scoring.is_race:
        yield "The tournament ends earlier if a player reaches the target."
    yield "The tournament ends earlier if players have left or have been eliminated and at most one remains."


def _missed(rules: Rules, zone: tzinfo) -> Iterator[str]:
    few = f"If fewer than {rules.min_players} players have entered at the start time,"
    match rules.on_min_players_missed:
        case "start":
            yield f"{few} the tournament starts anyway."
        case "wait":
            until = time_in(zone, rules.wait_until_ms or rules.start_at_ms)
            yield f"{few} it waits for more players until {until}."
            yield "If there are still too few, it is cancelled and all players are refunded."
        case "cancel":
            yield f"{few} the tournament is cancelled and all players are refunded."
        case _:
            assert_never(rules.on_min_players_missed)


def _elimination(rules: Rules) -> Iterator[str]:
    rounds = rules.rounds
    assert rounds is not None, "only rounds eliminate"
    survivors = "as many as there are paid places of" if rounds.survivors is None else str(rounds.survivors)
    if rounds.elimination_rate is not None:
        percent = points_to_decimal(rounds.elimination_rate * 100)
        out = f"the lowest-ranked {percent} percent of the remaining players, rounded down,"
    elif rounds.eliminate is not None:
        out = f"the {rounds.eliminate} lowest-ranked of the remaining players"
    elif rounds.eliminated_by == "game":
        yield "The game decides which players are eliminated."
        out = ""
    elif rounds.survivors is not None:
        yield f"At the end of each round except the last, only the best {survivors} players continue."
        out = ""
    else:
        return
    if out:
        yield f"At the end of each round except the last, {out} are eliminated."
        yield f"At least {survivors} players always remain."
    yield "Eliminated players rank below the remaining players; a later elimination ranks higher."


def _entry(rules: Rules, zone: tzinfo) -> Iterator[str]:
    if rules.entry_price_minor == 0:
        yield "Entry is free."
    else:
        fee = f" and a fee of {_money(rules, rules.fee_minor)}" if rules.fee_minor else ""
        yield f"An entry costs a buy-in of {_money(rules, rules.buy_in_minor)}{fee}."
    if rules.max_players is not None:
        yield f"At most {_players(rules.max_players)} may enter."
    if rules.late_registration_ms:
        yield f"Late registration is open for {span(rules.late_registration_ms)} after the start."
    if rules.late_registration_rounds:
        yield f"Late registration is open until the end of round {rules.late_registration_rounds}."
    if not rules.late_registration_ms and not rules.late_registration_rounds:
        yield "No player may enter after the start."
    yield "A player who leaves before the start is refunded in full."
    yield "A player who leaves during play is not refunded."
    if rules.max_entries_per_player is not None and not rules.rebuy_enabled:
        yield f"A player may buy at most {_entries(rules.max_entries_per_player)}, including those given up."
    yield from _rebuys(rules, zone)


def _rebuys(rules: Rules, zone: tzinfo) -> Iterator[str]:
    if not rules.rebuy_enabled:
        yield "There are no rebuys."
    else:
        most = rules.max_entries_per_player
        limit = "" if most is None else f", up to {_entries(most)} per player"
        until = "" if rules.rebuy_deadline_ms is None else f" until {time_in(zone, rules.rebuy_deadline_ms)}"
        yield f"During play{until} a rebuy costs {_money(rules, rules.rebuy_fee_minor)}{limit}."
        if rules.rounds is not None:
            yield "A player who was eliminated in the last finished round may return with a rebuy."
    if rules.add_on is not None:
        of = rules.add_on
        yield (
            f"During play a player may buy up to {of.most_per_player} add-ons for"
            f" {_money(rules, of.price_minor)} each; each adds {points_to_decimal(of.points)} points."
        )


def _scoring(scoring: Scoring, best_entry: bool) -> Iterator[str]:
    target = points_or_none(scoring.target)
    metric = scoring.metric.replace("_", " ")
    yield spec_of(scoring.model, scoring.version).sentence.format(n=scoring.n, metric=metric, target=target)
    yield f"The {scoring.direction} score wins."
    if best_entry:
        yield "Every entry is scored on its own, and the best one counts."
    if scoring.min_bet is not None:
        yield f"Game rounds with a bet below {points_to_decimal(scoring.min_bet)} do not count."
    if scoring.max_bet is not None:
        yield f"Game rounds with a bet above {points_to_decimal(scoring.max_bet)} do not count."
    for game, weight in scoring.game_weights:
        yield f"Rounds of {game} count {points_to_decimal(weight)} times."
    need = scoring.qualify
    if need.min_rounds:
        yield f"Only players with at least {need.min_rounds} game rounds can win a prize."
    if need.min_wagered:
        yield f"Only players who have bet at least {points_to_decimal(need.min_wagered)} can win a prize."
    if need.min_score is not None:
        side = "at least" if scoring.direction == "highest" else "at most"
        yield f"Only players with a score of {side} {points_to_decimal(need.min_score)} can win a prize."


_TIES = {
    "highest_win": "the higher single win",
    "highest_multiplier": "the higher multiplier",
    "most_rounds": "more game rounds",
    "fewest_rounds": "fewer game rounds",
    "most_wagered": "the greater sum of bets",
    "least_wagered": "the smaller sum of bets",
    "first_to_reach": "the earlier time at which the score was reached",
}


def _ties(rules: Rules) -> Iterator[str]:
    chain = [_TIES[tie] for tie in rules.scoring.ties if tie in _TIES]
    chain.append("the earlier registration")
    yield f"If scores are equal, the better place is decided by {', then '.join(chain)}."
    match rules.prize_pool.ties:
        case "split":
            yield "Players with the same rank share the prizes of their places equally."
        case "top_place":
            yield "Players with the same rank share the prize of one place equally."
            yield "The next rank receives the prize of the next place."
        case "earliest":
            yield "Each place receives its own prize, even if players have the same rank."
        case _:
            assert_never(rules.prize_pool.ties)


def _prizes(rules: Rules) -> Iterator[str]:
    pool = rules.prize_pool
    if pool.kind == "fixed":
        yield f"The prize pool is {_money(rules, pool.total_minor)}."
    else:
        yield "The prize pool is the sum of all buy-ins, rebuys and add-ons."
        if pool.guaranteed_minor:
            yield f"It is at least {_money(rules, pool.guaranteed_minor)}."
        if pool.seed_minor:
            yield f"The house adds {_money(rules, pool.seed_minor)}."
    yield _shares(pool, pool.shares)
    for table in pool.by_field:
        yield f"From {table.min_players} players on: " + _shares(pool, table.shares)
    for item in pool.items:
        places = str(item.first_place)
        if item.last_place != item.first_place:
            places = f"{item.first_place} to {item.last_place}"
        yield f"Place {places} also wins: {item.quantity} {item.kind} ({item.code})."
    if pool.unclaimed == "house":
        yield "The prize of a place that no player reaches stays with the operator."
    else:
        yield "The prizes of places that no player reaches are shared among the winners in proportion."
    yield "Amounts that cannot be divided equally are rounded in favour of the better place."


def _shares(pool: PrizePool, shares: tuple[int, ...]) -> str:
    sign = " percent" if pool.unit == "percent" else " parts"
    places = (f"place {place} {_share(share)}{sign}" for place, share in enumerate(shares, start=1))
    return "The prize pool is divided as follows: " + ", ".join(places) + "."


def _share(share: int) -> str:
    return str(points_to_decimal(share * POINT_SCALE // PERCENT_SCALE))


def _late(rules: Rules) -> Iterator[str]:
    yield (
        "A game round counts if it was opened after the start and before the end, and if its result arrives no"
        f" later than {span(rules.grace_ms)} after the end."
    )
    yield "If a player's connection is lost, play continues and all recorded results stand."
    if rules.payout_approval != "auto":
        yield "Results are reviewed before prizes are paid."
    yield "A player who is disqualified wins no prize and is refunded only before the start."
    if rules.forfeited_prizes == "retain":
        yield "An unpaid prize that a player loses after the results are final stays with the operator."
    else:
        yield "An unpaid prize that a player loses after the results are final goes to those who move up."
    yield "Every point can be traced to the game round in which it was won."


def _cancellation(rules: Rules) -> Iterator[str]:
    yield "If the tournament is cancelled before the start, all players are refunded in full."
    match rules.cancellation_policy:
        case "full":
            yield "If it is cancelled during play, all players are refunded in full."
        case "roll_forward":
            yield "If it is cancelled during play, the fees of the remaining players are refunded."
            yield "Half of the prize pool is shared among them equally and half in proportion to their scores."
            yield "If all of them have already won a prize, each receives the lowest unpaid prize."
            yield "The rest is then shared in proportion to their scores."
        case "pro_rata":
            yield "If it is cancelled during play, the part that has not been played is refunded."
        case _:
            assert_never(rules.cancellation_policy)
    yield "Every refund is made by the method of payment."


def _players(count: int) -> str:
    return f"{count} player{'s' if count != 1 else ''}"


def _entries(count: int) -> str:
    return f"{count} entr{'ies' if count != 1 else 'y'}"


def _money(rules: Rules, amount_minor: int) -> str:
    return f"{to_decimal(amount_minor, rules.currency_places)} {rules.currency}"

"""What is answered instead of success."""

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from server.encoding.answer import Amount, Answer, Instant

Text = str | UnsetType
Number = int | UnsetType


def _with(*codes: str) -> Meta:
    return Meta(description=f"With {', '.join(f'`{code}`' for code in codes)}")


class Error(Answer):
    """An error. `error` is its code; `requestId` finds it in the log. Further fields depend on the code."""

    error: str = ""
    message: str = ""
    request_id: str = ""
    details: Annotated[
        dict[str, str] | UnsetType, Meta(description="Every fault by field, as the caller spelled it")
    ] = UNSET
    tournament_id: str | UnsetType | None = UNSET
    player: Annotated[Text, _with("player_not_found")] = UNSET
    player_id: Text = UNSET
    user_id: Annotated[Text, _with("already_registered", "player_disqualified", "rebuy_limit_reached")] = UNSET
    review: Annotated[Number, _with("review_not_found", "review_closed")] = UNSET
    rule: Annotated[
        Text,
        Meta(description="Which rule says no: `rebuy_not_allowed`, `add_on_not_allowed`, `round_not_allowed`"),
    ] = UNSET
    round: Annotated[Number, _with("round_not_allowed")] = UNSET
    status: Annotated[Text, Meta(description="Where the tournament, or the review, stands")] = UNSET
    results_status: Annotated[Text, _with("results_not_ready")] = UNSET
    opens_at: Annotated[Instant | UnsetType | None, Meta(description="When it will be allowed, if known")] = (
        UNSET
    )
    max_players: Annotated[int | UnsetType | None, _with("tournament_full")] = UNSET
    players: Annotated[Number, _with("not_enough_players")] = UNSET
    min_players: Annotated[Number, _with("not_enough_players")] = UNSET
    max_entries_per_player: Annotated[int | UnsetType | None, _with("rebuy_limit_reached")] = UNSET
    entries: Annotated[Number, _with("rebuy_limit_reached")] = UNSET
    expected: Annotated[Amount | UnsetType, _with("wrong_amount")] = UNSET
    given: Annotated[Amount | UnsetType, _with("wrong_amount")] = UNSET
    collected: Annotated[Amount | UnsetType, _with("amount_limit_reached")] = UNSET
    payment_id: Annotated[Text, _with("payment_already_used")] = UNSET
    used_in_tournament: Annotated[Text, _with("payment_already_used")] = UNSET
    used_by_player: Annotated[Text, _with("payment_already_used")] = UNSET
    used_for: Annotated[Text, _with("payment_already_used")] = UNSET
    event_id: Annotated[str | UnsetType | None, _with("fact_not_found")] = UNSET
    payout_id: Annotated[Text, _with("payout_not_found", "payout_closed")] = UNSET
    state: Annotated[Text, Meta(description="Where the payout stands")] = UNSET
    rules_version: Annotated[Number, _with("update_not_allowed")] = UNSET
    external_id: Annotated[Text, _with("external_id_taken")] = UNSET
    template_id: Annotated[Text, _with("template_not_found")] = UNSET
    templates: Annotated[Number, Meta(description="How many templates there may be")] = UNSET
    key_id: Annotated[Text, _with("key_not_found")] = UNSET
    keys: Annotated[Number, Meta(description="How many keys there may be")] = UNSET
    name: Annotated[Text, _with("webhook_not_found", "webhook_disabled")] = UNSET
    required: Annotated[str | list[str] | UnsetType, _with("insufficient_permissions")] = UNSET
    provided: Annotated[list[str] | UnsetType, _with("insufficient_permissions")] = UNSET
    retry_after: Annotated[Number, Meta(description="Seconds; with `rate_limit_exceeded`")] = UNSET

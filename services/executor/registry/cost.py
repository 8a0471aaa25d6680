"""What an operation starts to cost, as it declares it: only what AWS publishes; no price is guessed."""

from __future__ import annotations

from shared.plans.step import Cost

UNKNOWN_COST = Cost(note="Not known: look at AWS's price list.")


def free(note: str, source: str, per: str = "month") -> Cost:
    """Nothing, as the page `source` says. `per` is "month" for what stays, "once" for what goes."""
    return Cost(amount="0.00", per=per, note=note, source=source)

"""What is done in the product: a login on each active day, uses of features, invitations of colleagues, recommendations."""

from __future__ import annotations

from simulation.rules import FEATURES
from simulation.tables.sql import Scope, words

ACTIONS = ("logged_in", "feature_used", "teammate_invited", "referral_made")


def tables(scope: Scope) -> dict[str, str]:
    """`uses`."""
    return {
        "uses": f"""
            with invitations as (
                select
                    hosts.position as row,
                    hosts.cancelled_at,
                    guests.visited_at - interval 3 hour as invited_at,
                    guests.position
                from drawn_people as guests
                join drawn_people as hosts on guests.invited_by = hosts.person
            ),

            together as (
                select
                    row,
                    began as occurred_at,
                    0 as kind,
                    null::bigint as feature,
                    null::bigint as seconds,
                    position
                from drawn_days
                union all
                select row, used_at, 1, feature, seconds, position
                from drawn_uses
                union all
                select row, invited_at, 2, null, null, position
                from invitations
                where invited_at > {scope.start} and invited_at < coalesce(cancelled_at, {scope.until})
                union all
                select row, occurred_at, 3, null, null, position
                from drawn_referrals
            )

            select
                {len(ACTIONS)} * ({scope.first_id} + together.position) + kind as use,
                person,
                occurred_at,
                {words(ACTIONS)}[kind + 1] as action,
                {words(FEATURES)}[feature + 1] as feature,
                seconds as duration_seconds
            from together
            join people on together.row = people.row
            order by occurred_at, use
        """,
    }

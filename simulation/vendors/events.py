"""The company's own files: the log of its product, and the weekly table of its accounts' health that analysts keep.

What of a life appears, and when:

- a use: logged_in, feature_used, teammate_invited or referral_made, by user, device and account;
- an account on a day: account_health_recorded.

The product knows people by its own id of them, which may be an older one. What other systems export is not here.
"""

from __future__ import annotations

from simulation.exports import Export

EXPORTS = (
    Export(
        "events",
        "product",
        kind="parquet",
        moment="occurred_at",
        identifiers=("user_id", "device_id"),
        # Uses come about in the order of the life table; sorting them would double the time.
        sql="""
            with users as (
                select person, product_user_id, device_id, domain
                from people
                left join accounts using (account)
            )

            select
                'use-' || use as event_id,
                action as event_type,
                occurred_at,
                product_user_id as user_id,
                device_id,
                domain as account_id,
                'product' as source,
                feature,
                duration_seconds
            from uses
            join users using (person)
        """,
    ),
    Export(
        "events",
        "account_health",
        kind="csv",
        moment="snapshot_date",
        sql="""
            select
                domain as account_id,
                day as snapshot_date,
                days_since_onboarding,
                core_features_adopted,
                round(mau / nullif(licensed_seats, 0), 4) as mau_per_licensed_seat,
                tickets_30d,
                nps,
                days_since_last_csm_interaction
            from account_days
            join accounts using (account)
            order by snapshot_date, account
        """,
    ),
)

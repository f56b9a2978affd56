"""The plain log: what happened in all systems as one table, in standard words, for whoever needs many events fast.

It tells of the same life as the vendors' exports and stands alone: beside them every event would count twice. What of a life
appears, under which source, and known by which identifiers:

- web: page_viewed and pricing_viewed by cookie, and by user where the tracker knows; signed_up, demo_requested by e-mail too;
- product: logged_in, feature_used, teammate_invited, referral_made by user and device, with the account;
- email: email_delivered, email_opened, email_clicked by e-mail;
- billing: trial_started, subscription_started, invoice_paid, subscription_cancelled by user and e-mail;
- support: ticket_opened, and survey: nps_answered, by e-mail.

The details that no journey is built on (features, scores, texts) are left to the vendors' exports.
"""

from __future__ import annotations

from simulation.exports import Export


def _of_mails(event_type: str, moment: str) -> str:
    """Something that happened to mails."""
    return f"""
        select
            '{event_type}-' || mail as event_id,
            '{event_type}' as event_type,
            {moment} as occurred_at,
            email,
            'email' as source,
            'email' as channel,
            mails.campaign
        from mails
        join people using (person)
        where {moment} is not null
    """


def _of_subscriptions(event_type: str, moment: str, where: str = "true") -> str:
    """Something that happened to subscriptions."""
    return f"""
        select
            '{event_type}-' || subscription as event_id,
            '{event_type}' as event_type,
            {moment} as occurred_at,
            user_id,
            billing_email as email,
            'billing' as source
        from subscriptions
        join people using (person)
        where {moment} is not null and {where}
    """


def _of_voices(event_type: str, table: str, key: str, moment: str, source: str) -> str:
    """What people said to support or to a survey."""
    return f"""
        select
            '{event_type}-' || {key} as event_id,
            '{event_type}' as event_type,
            {moment} as occurred_at,
            {source}_email as email,
            '{source}' as source
        from {table}
        join people using (person)
        where {moment} is not null
    """


VIEWS = """
    select
        'view-' || view as event_id,
        case path when '/pricing' then 'pricing_viewed' else 'page_viewed' end as event_type,
        viewed_at as occurred_at,
        case when is_known then web_user_id end as user_id,
        cookie as anonymous_id,
        null::varchar as email,
        null::varchar as device_id,
        null::varchar as account_id,
        'web' as source,
        visits.channel,
        visits.campaign,
        visits.device,
        null::decimal(18, 2) as revenue_amount,
        null::varchar as currency
    from views
    join visits using (visit, person)
    join people using (person)
"""

WEB_ACTIONS = """
    select
        action || '-' || action_no as event_id,
        action as event_type,
        acted_at as occurred_at,
        case when is_known or action = 'signed_up' then web_user_id end as user_id,
        cookie as anonymous_id,
        email,
        'web' as source,
        visits.channel,
        visits.campaign,
        visits.device
    from web_actions
    join visits using (visit, person)
    join people using (person)
"""

USES = """
    select
        'use-' || use as event_id,
        action as event_type,
        occurred_at,
        product_user_id as user_id,
        device_id,
        domain as account_id,
        'product' as source
    from uses
    join (select person, product_user_id, device_id, domain from people left join accounts using (account)) using (person)
"""

INVOICES = """
    select
        'invoice_paid-' || invoice as event_id,
        'invoice_paid' as event_type,
        paid_at as occurred_at,
        user_id,
        billing_email as email,
        'billing' as source,
        (amount_cents / 100)::decimal(18, 2) as revenue_amount,
        'USD' as currency
    from invoices
    join people using (person)
    where paid_at is not null
"""

EXPORTS = (
    Export(
        "events",
        "log",
        kind="parquet",
        moment="occurred_at",
        identifiers=("user_id", "email", "device_id", "anonymous_id"),
        # Kind by kind, each in the order of its life table: sorting all of it would double the time.
        sql=" union all by name ".join(
            (
                VIEWS,
                WEB_ACTIONS,
                USES,
                _of_mails("email_delivered", "delivered_at"),
                _of_mails("email_opened", "opened_at"),
                _of_mails("email_clicked", "clicked_at"),
                _of_subscriptions("trial_started", "trial_started_at"),
                _of_subscriptions("subscription_started", "paid_from"),
                # A trial that lapses ends no subscription.
                _of_subscriptions("subscription_cancelled", "cancelled_at", where="paid_from is not null"),
                INVOICES,
                _of_voices("ticket_opened", "tickets", "ticket", "opened_at", source="support"),
                _of_voices("nps_answered", "answers", "answer", "answered_at", source="survey"),
            )
        ),
    ),
)

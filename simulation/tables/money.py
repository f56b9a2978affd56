"""What customers pay: invoices, charges, subscriptions with their versions, refunds.

A person has one subscription for each trial; only the last one is ever paid for.
"""

from __future__ import annotations

from simulation.rules import PLANS
from simulation.tables.sql import Scope, looked_up, words

FIRST, AGAIN = "2 * person", "2 * person + 1"  # numbers of a person's subscriptions

SUBSCRIPTIONS = f"""
    with trials as (
        select
            *,
            {FIRST} as subscription,
            trial_at as began_at,
            lapsed_at as gone_at,
            trial_again_at is null as is_last
        from drawn_people
        where trial_at is not null
        union all
        select *, {AGAIN}, trial_again_at, lapsed_again_at, true
        from drawn_people
        where trial_again_at is not null
    ),

    decided as (
        select
            *,
            is_last and paid_from is not null as pays
        from trials
    ),

    plans as (
        select subscription, arg_min(plan, created_at) as plan
        from invoices
        group by subscription
    )

    select
        decided.subscription,
        person,
        coalesce(plan, 'starter') as plan,
        began_at as trial_started_at,
        case when pays then paid_from else gone_at end as trial_ended_at,
        case when pays then paid_from end as paid_from,
        case when pays then decided.cancelled_at else gone_at end as cancelled_at,
        case
            when not pays then 'trial_lapsed'
            when cancel_reason = 1 and decided.cancelled_at is not null then 'payment_failed'
            when decided.cancelled_at is not null then 'cancellation_requested'
        end as cancel_reason
    from decided
    left join plans on decided.subscription = plans.subscription
    left join drawn_customers on decided.position = drawn_customers.row
    order by began_at, decided.subscription
"""

# A version for every change of status, plan or seats.
SUBSCRIPTION_VERSIONS = f"""
    with failures as (
        select
            invoice,
            min(created_at) as failed_at
        from charges
        where not is_paid
        group by invoice
    ),

    states as (
        select
            subscription,
            person,
            trial_started_at as valid_from,
            'trialing' as status,
            plan,
            1::bigint as quantity
        from subscriptions
        union all
        select subscription, person, created_at, 'active', plan, quantity
        from invoices
        union all
        select subscription, person, failed_at, 'past_due', plan, quantity
        from failures
        join invoices using (invoice)
        union all
        select subscription, person, paid_at, 'active', plan, quantity
        from invoices
        where paid_at is not null and attempt_count > 1
        union all
        select subscription, person, cancelled_at, 'canceled', plan, null
        from subscriptions
        where cancelled_at is not null
    ),

    -- A subscription ends with the plan and the seats it had.
    filled as (
        select
            * replace (
                coalesce(quantity, lag(quantity) over in_order, 1) as quantity,
                case when status = 'canceled' then coalesce(lag(plan) over in_order, plan) else plan end as plan
            )
        from states
        window in_order as (partition by subscription order by valid_from)
    ),

    changed as (
        select *
        from filled
        window in_order as (partition by subscription order by valid_from)
        qualify (status, plan, quantity) is distinct from lag((status, plan, quantity)) over in_order
    )

    select
        subscription,
        person,
        row_number() over in_order as version,
        valid_from,
        lead(valid_from) over in_order as valid_until,
        status,
        plan,
        quantity,
        {words(PLANS.values())}[list_position({words(PLANS)}, plan)]::bigint as price_cents
    from changed
    window in_order as (partition by subscription order by valid_from)
    order by valid_from, subscription
"""


def tables(scope: Scope) -> dict[str, str]:
    """`invoices`, `charges`, `subscriptions`, `subscription_versions`, `refunds`."""
    first_id = scope.first_id
    return {
        "invoices": f"""
            with payments as (
                select invoice, min(created_at) as paid_at
                from drawn_charges
                where is_paid
                group by invoice
            )

            select
                {first_id} + drawn_invoices.position as invoice,
                case when trial_again_at is not null then {AGAIN} else {FIRST} end as subscription,
                person,
                created_at,
                {looked_up(PLANS, "plan")} as plan,
                quantity,
                amount_cents,
                paid_at,
                attempt_count,
                is_failed and not is_recovered as is_written_off
            from drawn_invoices
            join drawn_people on drawn_invoices.row = drawn_people.position
            left join payments on drawn_invoices.position = payments.invoice
            order by created_at, invoice
        """,
        "charges": f"""
            with told as (
                select
                    {first_id} + position as charge_no,
                    {first_id} + invoice as invoice,
                    created_at,
                    is_paid
                from drawn_charges
            )

            select
                4 * charge_no as charge,
                invoice,
                person,
                told.created_at,
                amount_cents,
                is_paid,
                case
                    when not is_paid then ['card_declined', 'insufficient_funds', 'expired_card'][1 + invoice % 3]
                end as failure_code
            from told
            join invoices using (invoice)
            order by told.created_at, charge
        """,
        "subscriptions": SUBSCRIPTIONS,
        "subscription_versions": SUBSCRIPTION_VERSIONS,
        # Nothing is given back before it was paid.
        "refunds": f"""
            with granted as (
                select
                    {first_id} + position as invoice,
                    refunded_at,
                    refund_share
                from drawn_invoices
                where refunded_at is not null
            ),

            paid as (
                select
                    invoice as refund,
                    charge,
                    person,
                    greatest(refunded_at, created_at + interval 1 hour) as created_at,
                    (amount_cents * refund_share)::bigint as amount_cents
                from granted
                join charges using (invoice)
                where is_paid
            )

            select *
            from paid
            where created_at < {scope.until}
            order by created_at, refund
        """,
    }

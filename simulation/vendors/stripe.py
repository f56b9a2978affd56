"""Stripe: customers, subscriptions and money, as records of its interface in Parquet, one for each state the connector saw.

What of a life appears, and when:

- the first subscription: billing_customer_created, at its start;
- a subscription: trial_started, trial_ended; subscription_started with the trial where there is one, for to Stripe that is one
  subscription, else at `paid_from`; subscription_cancelled at `cancelled_at`, also of a trial that lapsed;
- its versions but the first, at `valid_from`: subscription_status_changed (a trial that is paid for turns from trialing to
  active), plan_changed where plan, quantity or price is another;
- an invoice: invoice_paid at `paid_at`, with the money; a charge: payment_failed where it failed, else nothing of its own;
- a refund: refunded, with the money as a negative.
"""

from __future__ import annotations

from simulation.exports import Export

EXPORTS = (
    Export(
        "stripe",
        "customers",
        kind="parquet",
        moment="created",
        identifiers=("email", "phone"),
        sql="""
            with customers as (
                select person, min(coalesce(trial_started_at, paid_from)) as created_at
                from subscriptions
                group by person
            )

            select
                'cus_' || person as id,
                'customer' as object,
                created_at as created,
                created_at as updated,
                billing_email as email,
                first_name || ' ' || last_name as name,
                phone,
                {'country': country} as address,
                true as livemode,
                {'user_id': case when signed_up_at <= created_at then user_id end} as metadata
            from customers
            join people using (person)
            order by created_at, person
        """,
    ),
    Export(
        "stripe",
        "subscriptions",
        kind="parquet",
        moment="updated",
        identifiers=("customer",),
        # A cancellation and the end of a trial are noted at once, also where the subscription stays as it is for a while.
        sql="""
            with notes as (
                select subscription, cancelled_at as noted_at
                from subscriptions
                union all
                select subscription, trial_ended_at
                from subscriptions
            ),

            states as (
                select *, valid_from as updated_at
                from subscription_versions
                union all
                select subscription_versions.*, noted_at
                from subscription_versions
                join notes using (subscription)
                where noted_at > valid_from and (valid_until is null or noted_at < valid_until)
            )

            select
                'sub_' || subscription as id,
                'subscription' as object,
                coalesce(trial_started_at, paid_from) as created,
                coalesce(trial_started_at, paid_from) as start_date,
                updated_at as updated,
                status,
                'cus_' || states.person as customer,
                'usd' as currency,
                true as livemode,
                quantity,
                trial_started_at as trial_start,
                trial_ended_at as trial_end,
                case
                    when cancelled_at <= updated_at then cancelled_at
                    when status = 'canceled' then valid_from
                end as canceled_at,
                case when status = 'canceled' then valid_from end as ended_at,
                {
                    'comment': null::varchar,
                    'feedback': null::varchar,
                    'reason': case when cancelled_at <= updated_at then nullif(cancel_reason, 'trial_lapsed') end
                } as cancellation_details,
                {
                    'object': 'list',
                    'data': [{
                        'id': 'si_' || subscription,
                        'quantity': quantity,
                        'price': {
                            'id': 'price_' || states.plan || '_' || price_cents,
                            'nickname': states.plan,
                            'product': 'prod_' || states.plan,
                            'currency': 'usd',
                            'unit_amount': price_cents,
                            'recurring': {'interval': 'month', 'interval_count': 1, 'usage_type': 'licensed'}
                        }
                    }]
                } as items
            from states
            join subscriptions using (subscription)
            order by updated_at, subscription, version
        """,
    ),
    Export(
        "stripe",
        "invoices",
        kind="parquet",
        moment="updated",
        identifiers=("customer",),
        # The connector comes once a day: what was paid within the day it never saw open.
        sql="""
            with states as (
                select invoice, created_at as updated_at, 'open' as status
                from invoices
                where paid_at is null or paid_at >= created_at + interval 1 day
                union all
                select invoice, paid_at, 'paid'
                from invoices
                where paid_at is not null
                union all
                select invoice, max(charges.created_at), 'uncollectible'
                from invoices
                join charges using (invoice)
                where is_written_off
                group by invoice
            )

            select
                'in_' || invoice as id,
                'invoice' as object,
                created_at as created,
                updated_at as updated,
                status,
                amount_cents as amount_due,
                case when status = 'paid' then amount_cents else 0 end as amount_paid,
                case when status = 'open' then 1 else attempt_count end as attempt_count,
                'usd' as currency,
                'cus_' || invoices.person as customer,
                'sub_' || subscription as subscription,
                case
                    when trial_started_at is null and created_at < paid_from + interval 1 day then 'subscription_create'
                    else 'subscription_cycle'
                end as billing_reason,
                created_at as period_end,
                true as livemode,
                {
                    'finalized_at': created_at,
                    'paid_at': case when status = 'paid' then paid_at end
                } as status_transitions
            from states
            join invoices using (invoice)
            left join subscriptions using (subscription)
            order by updated_at, invoice, status
        """,
    ),
    Export(
        "stripe",
        "charges",
        kind="parquet",
        moment="updated",
        identifiers=("customer",),
        # A charge says how much of it went back, and so does each refund: only one of them may count.
        sql="""
            with states as (
                select charge, created_at as updated_at, 0 as refunded_cents
                from charges
                union all
                select charge, created_at, sum(amount_cents) over (partition by charge order by created_at, refund)::bigint
                from refunds
            )

            select
                'ch_' || charge as id,
                'charge' as object,
                created_at as created,
                updated_at as updated,
                case when is_paid then 'succeeded' else 'failed' end as status,
                amount_cents as amount,
                case when is_paid then amount_cents else 0 end as amount_captured,
                refunded_cents as amount_refunded,
                is_paid as captured,
                is_paid as paid,
                refunded_cents = amount_cents as refunded,
                'usd' as currency,
                'cus_' || person as customer,
                'in_' || invoice as invoice,
                'pi_' || invoice as payment_intent,
                failure_code,
                true as livemode
            from states
            join charges using (charge)
            order by updated_at, charge, refunded_cents
        """,
    ),
    Export(
        "stripe",
        "refunds",
        kind="parquet",
        moment="created",
        sql="""
            select
                're_' || refund as id,
                'refund' as object,
                created_at as created,
                created_at as updated,
                amount_cents as amount,
                'ch_' || charge as charge,
                'usd' as currency,
                'requested_by_customer' as reason,
                'succeeded' as status
            from refunds
            order by created_at, refund
        """,
    ),
)

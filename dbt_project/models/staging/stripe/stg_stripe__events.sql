-- Money is counted once: an invoice that was paid carries what was paid of it, and the charges that paid it carry nothing. A
-- charge counts by itself where it has no such invoice; where its invoice is not among the files it stands for the invoice.
-- Money that was received stays received, whoever is deleted since: of a deleted customer the bare number is left.

{% set person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set of_subscription = 'subscribed.crm_id, subscribed.email, subscribed.phone, subscribed.user_id, subscribed.version_at, subscribed.is_deleted' %}
{% set of_payment = 'payments.crm_id, payments.email, payments.phone, payments.user_id' %}

with customers as ({{ latest('stripe__customers', ['id'], 'updated_at') }}),

invoices as ({{ latest('stripe__invoices', ['id'], 'updated_at') }}),

refunds as ({{ latest('stripe__refunds', ['id'], 'updated_at') }}),

disputes as ({{ latest('stripe__disputes', ['id'], 'updated_at') }}),

subscriptions as ({{ latest('stripe__subscriptions', ['id'], 'coalesce(valid_from, updated_at, synced_at)') }}),

payments as (select * from {{ ref('stg_stripe__payments') }}),

states as (select * from {{ ref('stg_stripe__subscription_states') }}),

people as (
    select
        *,
        id as customer_id,
        {{ own_id('id') }} as crm_id,
        {{ stripe_is_live('customers') }} as is_live
    from customers
),

payers as (
    select
        invoice_id,
        max(created) as paid_at
    from payments
    where is_succeeded and is_live
    group by invoice_id
),

-- An invoice over nothing, like that of a trial, is no payment.
invoices_with_money as (
    select
        invoices.id as invoice_id,
        invoices.subscription_id,
        invoices.billing_reason,
        {{ stripe_money('invoices.amount_paid', 'invoices.currency', 'invoices.dashboard_created is not null') }} as amount_paid,
        upper(invoices.currency) as currency,
        coalesce(invoices.paid_at, payers.paid_at, invoices.created, invoices.period_end) as paid_at,
        {{ stripe_person('invoices') }},
        invoices.version_at,
        invoices.is_deleted,
        invoices._loaded_at,
        invoices._file,
        invoices._row_id
    from invoices
    left join people on invoices.customer_id = people.customer_id
    left join payers on invoices.id = payers.invoice_id
    where
        {{ stripe_is_live('invoices') }}
        and (lower(invoices.status) = 'paid' or (invoices.status is null and invoices.paid))
        and invoices.amount_paid > 0
        and not invoices.is_deleted
),

own_money as (
    select
        payments.*,
        case when payments.invoice_id is not null and invoices.id is null then 'invoice_paid' else 'payment_received' end as event_name
    from payments
    left join invoices_with_money on payments.invoice_id = invoices_with_money.invoice_id
    left join invoices on payments.invoice_id = invoices.id
    where payments.is_succeeded and invoices_with_money.invoice_id is null
),

-- A refund or a dispute of a payment intent is one of the charge that succeeded.
intents as (
    select
        payment_intent_id,
        min(charge_id) as charge_id
    from payments
    where is_succeeded and payment_intent_id is not null
    group by payment_intent_id
),

-- A refund does not say whether it is of test mode. Its charge does; where that is not at hand, the other charges do, for a key of
-- the API opens one mode only.
account as (select bool_or(is_live) as is_live from payments),

{% for relation in ['refunds', 'disputes'] -%}
{{ relation }}_of_charges as (
    select
        {{ relation }}.*,
        coalesce({{ relation }}.charge_id, intents.charge_id) as of_charge_id
    from {{ relation }}
    left join intents on {{ relation }}.payment_intent_id = intents.payment_intent_id
),

{% endfor -%}
given_back as (
    select
        refunds.id as source_event_id,
        refunds.of_charge_id as charge_id,
        refunds.created,
        refunds.reason,
        {{ stripe_money('refunds.amount', 'coalesce(refunds.currency, payments.currency)', 'refunds.dashboard_created is not null') }} as amount,
        upper(coalesce(refunds.currency, payments.currency)) as currency,
        {{ of_payment }},
        coalesce(payments.is_live, account.is_live, true) as is_live,
        refunds.version_at,
        refunds.is_deleted,
        refunds._loaded_at,
        refunds._file,
        refunds._row_id
    from refunds_of_charges as refunds
    left join payments on refunds.of_charge_id = payments.charge_id
    cross join account
    where coalesce(lower(refunds.status), 'succeeded') = 'succeeded'
    union all
    -- Where no refund is at hand, its charge says how much went back, and not always when.
    select
        payments.charge_id || ':refunded' as source_event_id,
        payments.charge_id,
        payments.refunded_at as created,
        cast(null as varchar) as reason,
        least(payments.amount_refunded, payments.amount_received) as amount,
        payments.currency,
        {{ of_payment }},
        payments.is_live,
        payments.version_at,
        payments.is_deleted,
        payments._loaded_at,
        payments._file,
        payments._row_id
    from payments
    left join refunds_of_charges as refunds on payments.charge_id = refunds.of_charge_id
    where refunds.id is null and payments.is_succeeded and payments.amount_refunded > 0
),

disputed as (
    select
        disputes.id as source_event_id,
        disputes.of_charge_id as charge_id,
        disputes.created,
        disputes.reason,
        disputes.status,
        {{ stripe_money('disputes.amount', 'coalesce(disputes.currency, payments.currency)', 'disputes.dashboard_created is not null') }} as amount,
        upper(coalesce(disputes.currency, payments.currency)) as currency,
        {{ of_payment }},
        {{ stripe_is_live('disputes') }} as is_live,
        disputes.version_at,
        disputes.is_deleted,
        disputes._loaded_at,
        disputes._file,
        disputes._row_id
    from disputes_of_charges as disputes
    left join payments on disputes.of_charge_id = payments.charge_id
    union all
    select
        payments.charge_id || ':disputed' as source_event_id,
        payments.charge_id,
        payments.disputed_at as created,
        payments.dispute_reason as reason,
        payments.dispute_status as status,
        payments.disputed_amount as amount,
        payments.currency,
        {{ of_payment }},
        payments.is_live,
        payments.version_at,
        payments.is_deleted,
        payments._loaded_at,
        payments._file,
        payments._row_id
    from payments
    left join disputes_of_charges as disputes on payments.charge_id = disputes.of_charge_id
    where disputes.id is null and payments.disputed_at is not null
),

-- A subscription whose first payment never came has not begun.
subscribed as (
    select
        subscriptions.id as subscription_id,
        coalesce(subscriptions.start_date, subscriptions.created) as started_at,
        subscriptions.trial_start,
        case when subscriptions.ended_at < subscriptions.trial_end then subscriptions.ended_at else subscriptions.trial_end end as trial_ended_at,
        coalesce(subscriptions.canceled_at, case when lower(subscriptions.status) = 'canceled' then subscriptions.ended_at end) as canceled_at,
        cast(subscriptions.ended_at as varchar) as ended_at,
        subscriptions.cancellation_reason as reason,
        subscriptions.cancellation_feedback as feedback,
        subscriptions.cancellation_comment as comment,
        {{ stripe_person('subscriptions') }},
        subscriptions.version_at,
        subscriptions.is_deleted,
        subscriptions._loaded_at,
        subscriptions._file,
        subscriptions._row_id
    from subscriptions
    left join people on subscriptions.customer_id = people.customer_id
    where {{ stripe_is_live('subscriptions') }} and coalesce(lower(subscriptions.status), '') not in ('incomplete', 'incomplete_expired')
),

started as (
    select
        subscribed.*,
        states.plan,
        states.quantity,
        states.mrr,
        states.currency as mrr_currency
    from subscribed
    left join states on subscribed.subscription_id = states.subscription_id and states.item_id = '' and states.version_number = 1
),

changed as (
    select
        states.*,
        states.previous_plan_id <> states.plan_id or states.previous_quantity <> states.quantity as is_of_plan,
        lower(states.previous_status) <> lower(states.status) as is_of_status,
        {{ of_subscription }}
    from states
    inner join subscribed on states.subscription_id = subscribed.subscription_id
    where states.seen_at is not null and states.version_number > 1
),

customers_created as (
    {{ events_from('people', dict(person,
        source_table="'customers'",
        source_event_id='id',
        event_name="'billing_customer_created'",
        occurred_at='created',
    ), where='is_live') }}
),

trials_started as (
    {{ events_from('subscribed', dict(person,
        source_table="'subscriptions'",
        source_event_id="subscription_id || ':trial_started'",
        event_name="'trial_started'",
        occurred_at='trial_start',
        attributes=json_of(['subscription_id']),
    )) }}
),

-- A trial that was not over when the row landed has not ended yet.
trials_ended as (
    {{ events_from('subscribed', dict(person,
        source_table="'subscriptions'",
        source_event_id="subscription_id || ':trial_ended'",
        event_name="'trial_ended'",
        occurred_at='trial_ended_at',
        attributes=json_of(['subscription_id']),
    ), where='trial_ended_at <= _loaded_at') }}
),

subscriptions_started as (
    {{ events_from('started', dict(person,
        source_table="'subscriptions'",
        source_event_id="subscription_id || ':started'",
        event_name="'subscription_started'",
        occurred_at='started_at',
        attributes=json_pairs({
            'subscription_id': 'subscription_id', 'plan': 'plan', 'quantity': 'quantity', 'mrr': 'mrr', 'currency': 'mrr_currency',
        }),
    )) }}
),

plans_changed as (
    {{ events_from('changed', dict(person,
        source_table="'subscriptions'",
        source_event_id=joined(['subscription_id', "'plan'", 'item_id', 'cast(seen_at as varchar)']),
        event_name="'plan_changed'",
        occurred_at='seen_at',
        attributes=json_pairs({
            'subscription_id': 'subscription_id', 'from': 'previous_plan', 'to': 'plan',
            'from_quantity': 'previous_quantity', 'to_quantity': 'quantity', 'from_mrr': 'previous_mrr', 'to_mrr': 'mrr',
            'currency': 'currency',
        }),
    ), where='is_of_plan') }}
),

statuses_changed as (
    {{ events_from('changed', dict(person,
        source_table="'subscriptions'",
        source_event_id="concat_ws(':', subscription_id, 'status', cast(seen_at as varchar))",
        event_name="'subscription_status_changed'",
        occurred_at='seen_at',
        attributes=json_pairs({'subscription_id': 'subscription_id', 'from': 'previous_status', 'to': 'status'}),
    ), where='is_of_status') }}
),

subscriptions_cancelled as (
    {{ events_from('subscribed', dict(person,
        source_table="'subscriptions'",
        source_event_id="subscription_id || ':cancelled'",
        event_name="'subscription_cancelled'",
        occurred_at='canceled_at',
        text='comment',
        attributes=json_of(['subscription_id', 'ended_at', 'reason', 'feedback']),
    )) }}
),

invoices_paid as (
    {{ events_from('invoices_with_money', dict(person,
        source_table="'invoices'",
        source_event_id='invoice_id',
        event_name="'invoice_paid'",
        occurred_at='paid_at',
        revenue_amount='amount_paid',
        currency='currency',
        attributes=json_of(['invoice_id', 'subscription_id', 'billing_reason']),
    )) }}
),

payments_received as (
    {{ events_from('own_money', dict(person,
        source_table="'charges'",
        source_event_id='charge_id',
        event_name='event_name',
        occurred_at='created',
        revenue_amount='amount_received',
        currency='currency',
        attributes=json_of(['charge_id', 'invoice_id']),
    ), where='is_live') }}
),

payments_failed as (
    {{ events_from('payments', dict(person,
        source_table="'charges'",
        source_event_id='charge_id',
        event_name="'payment_failed'",
        occurred_at='created',
        attributes=json_of(['charge_id', 'invoice_id', 'failure_code', 'amount', 'currency']),
    ), where='is_live and is_failed') }}
),

money_given_back as (
    {{ events_from('given_back', dict(person,
        source_table="'refunds'",
        source_event_id='source_event_id',
        event_name="'refunded'",
        occurred_at='created',
        revenue_amount='-amount',
        currency='currency',
        attributes=json_of(['charge_id', 'reason']),
    ), where='is_live') }}
),

payments_disputed as (
    {{ events_from('disputed', dict(person,
        source_table="'disputes'",
        source_event_id='source_event_id',
        event_name="'payment_disputed'",
        occurred_at='created',
        revenue_amount="case when lower(status) = 'lost' then -amount end",
        currency="case when lower(status) = 'lost' then currency end",
        attributes=json_of(['charge_id', 'reason', 'status', 'amount', 'currency']),
    ), where='is_live') }}
)

{{ union_all([
    'customers_created', 'trials_started', 'trials_ended', 'subscriptions_started', 'plans_changed', 'statuses_changed',
    'subscriptions_cancelled', 'invoices_paid', 'payments_received', 'payments_failed', 'money_given_back', 'payments_disputed',
]) }}

-- Charges, each with the invoice it pays: the charge or the invoice says so, the payment intent between them, or the table of
-- payments of invoices. Uncaptured money has not been received.

{{ config(materialized='table') }}

with charges as ({{ latest('stripe__charges', ['id'], 'updated_at') }}),

customers as ({{ latest('stripe__customers', ['id'], 'updated_at') }}),

invoices as ({{ latest('stripe__invoices', ['id'], 'updated_at') }}),

invoice_payments as ({{ latest('stripe__invoice_payments', ['id']) }}),

payment_intents as ({{ latest('stripe__payment_intents', ['id'], 'updated_at') }}),

people as (
    select
        id as customer_id,
        email,
        phone,
        user_id,
        is_deleted
    from customers
),

links as (
    select
        id as charge_id,
        invoice_id
    from charges
    union all
    select
        charge_id,
        id as invoice_id
    from invoices
    union all
    select
        charge_id,
        invoice_id
    from invoice_payments
    {% for relation, invoice_id in [('invoices', 'id'), ('invoice_payments', 'invoice_id')] -%}
    union all
    select
        charges.id as charge_id,
        {{ relation }}.{{ invoice_id }} as invoice_id
    from charges
    inner join {{ relation }} on charges.payment_intent_id = {{ relation }}.payment_intent_id
    {% endfor -%}
    union all
    select
        charges.id as charge_id,
        payment_intents.invoice_id
    from charges
    inner join payment_intents on charges.payment_intent_id = payment_intents.id
),

paid_for as (
    select
        charge_id,
        min(invoice_id) as invoice_id
    from links
    where charge_id is not null and invoice_id is not null
    group by charge_id
)

select
    charges.id as charge_id,
    charges.payment_intent_id,
    paid_for.invoice_id,
    charges.created,
    lower(charges.status) = 'failed' as is_failed,
    lower(charges.status) in ('succeeded', 'paid', 'refunded', 'partially refunded', 'partially_refunded', 'disputed')
    and coalesce(charges.captured, true) as is_succeeded,
    {{ stripe_is_live('charges') }} as is_live,
    {% for column in ['amount', 'amount_refunded', 'disputed_amount'] -%}
    {{ stripe_money('charges.' ~ column, 'charges.currency', 'charges.dashboard_created is not null') }} as {{ column }},
    {% endfor -%}
    {{ stripe_money('coalesce(charges.amount_captured, charges.amount)', 'charges.currency', 'charges.dashboard_created is not null') }} as amount_received,
    upper(charges.currency) as currency,
    charges.failure_code,
    coalesce(charges.refunded_at, charges.created) as refunded_at,
    charges.disputed_at,
    charges.dispute_reason,
    charges.dispute_status,
    {{ stripe_person('charges') }},
    charges.version_at,
    charges.is_deleted,
    charges._loaded_at,
    charges._file,
    charges._row_id
from charges
left join people on charges.customer_id = people.customer_id
left join paid_for on charges.id = paid_for.charge_id

{#
  Segment and RudderStack: the events of a source whose raw tables are those of warehouse/sources/_customer_data_platform.py.

  One call may stand in several places with one id: in `tracks` and in its event's own table, in a table and as a message. It is one
  event, and the place that has its properties counts before the one that has not; of several versions in one place the one stored
  last counts.
#}

{# The columns of a call that not every place has, with where the raw tables have them by the same name. #}
{% macro customer_call_places() %}
    {%- set beside_context = json_without('attributes', '(context(_.*)?|properties|traits|' ~ personal_properties(name_is_personal=false) ~ ')') -%}
{{ return({
    'event_tables': {'call': "'track'", 'rank': 1, 'own': [
        'event', 'event_text', 'revenue', 'total', 'value', 'currency', 'property_email', 'property_phone',
    ], 'properties': beside_context},
    'messages': {'call': 'lower(type)', 'rank': 2, 'own': [
        'event', 'revenue', 'total', 'value', 'currency', 'property_email', 'property_phone', 'email', 'phone', 'plan', 'group_id',
        'website', 'previous_id', 'name', 'url', 'referrer',
    ], 'properties': json_without("json(" ~ json_value('attributes', '$.properties') ~ ")", personal_properties(name_is_personal=false))},
    'tracks': {'call': "'track'", 'rank': 3, 'own': ['event', 'event_text'], 'properties': beside_context},
    'identifies': {'call': "'identify'", 'rank': 1, 'own': ['email', 'phone', 'plan'], 'properties': 'null'},
    'pages': {'call': "'page'", 'rank': 1, 'own': ['name', 'url', 'referrer', 'property_email', 'property_phone'], 'properties': beside_context},
    'screens': {'call': "'screen'", 'rank': 1, 'own': ['name', 'url', 'referrer', 'property_email', 'property_phone'], 'properties': beside_context},
    'groups': {'call': "'group'", 'rank': 1, 'own': ['group_id', 'website', 'plan'], 'properties': 'null'},
    'aliases': {'call': "'alias'", 'rank': 1, 'own': ['previous_id'], 'properties': 'null'},
}) }}
{% endmacro %}

{% macro customer_data_platform_events(platform) %}
{%- set of_every_call = [
    'message_id', 'user_id', 'anonymous_id', 'received_at', 'context_page_url', 'context_page_referrer', 'context_campaign_source',
    'context_campaign_medium', 'context_campaign_name', 'context_user_agent', 'context_device_id', 'context_device_type',
    'context_device_model', 'context_os_name', 'context_group_id', 'context_traits_email', 'context_traits_phone', 'consent_to_ads',
    'consent_to_analytics', '_loaded_at', '_file', '_row_id',
] -%}
{%- set of_some_calls = [
    'event', 'event_text', 'revenue', 'total', 'value', 'currency', 'property_email', 'property_phone', 'email', 'phone', 'plan',
    'group_id', 'website', 'previous_id', 'name', 'url', 'referrer',
] -%}
{%- set is_about_oneself = 'not ' ~ contains_match("coalesce(unique_calls.called, '')", 'invit|gift|shar|(^|[^p])refer') -%}
{%- set purchases = "plain_event in ('order_completed', 'completed_order')" -%}
{%- set refunds = "plain_event in ('order_refunded', 'refunded_order')" -%}
{%- set cancels = "plain_event in ('order_cancelled', 'cancelled_order', 'order_canceled', 'canceled_order')" -%}
{%- set common = {
    'source_event_id': 'message_id', 'occurred_at': 'occurred_at', 'received_at': 'received_at', 'version_at': 'version_at',
    'is_deleted': 'is_deleted', 'user_id': 'user_id', 'anonymous_id': 'anonymous_id', 'email': 'email', 'phone': 'phone',
    'device_id': 'context_device_id', 'account_id': 'account_id', 'campaign': 'context_campaign_name',
    'utm_source': 'context_campaign_source', 'utm_medium': 'context_campaign_medium', 'page_url': 'page_url',
    'referrer_url': 'referrer_url', 'device': 'device', 'copy_count': 'copy_count',
} -%}
with calls as (
    {% for table, place in customer_call_places().items() %}
    select
        cast({{ place['call'] }} as varchar) as call,
        {{ place['rank'] }} as place_rank,
        "timestamp" as occurred_at,
        coalesce(synced_at, stored_at) as version_at,
        coalesce(is_row_deleted, row_deleted_at is not null, false) as is_deleted,
        {% for column in of_every_call -%}
        {{ column }},
        {% endfor -%}
        {% for column in of_some_calls -%}
        {{ column if column in place['own'] else 'cast(null as varchar) as ' ~ column }},
        {% endfor -%}
        cast({{ place['properties'] }} as varchar) as properties
    from {{ source('raw', platform ~ '__' ~ table) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

unique_calls as (
    select
        *,
        coalesce(event_text, event) as called,
        coalesce(group_id, context_group_id) as account,
        -- As far as the order of the rows goes, up to those that are equal to the first.
        count(*) over (
            partition by call, coalesce(message_id, concat_ws('|', _file, cast(_row_id as varchar)))
            order by place_rank, version_at desc nulls last
        ) - 1 as copy_count
    from calls
    qualify row_number() over (
        partition by call, coalesce(message_id, concat_ws('|', _file, cast(_row_id as varchar)))
        order by place_rank, version_at desc nulls last, received_at desc nulls last, {{ natural_order('_file') }} desc, _row_id desc
    ) = 1
),

-- The websites that accounts have now.
accounts as (
    select
        group_id,
        website
    from unique_calls
    where call = 'group' and not is_deleted and {{ domain_of('website') }} is not null
    qualify row_number() over (partition by group_id order by occurred_at desc, message_id desc) = 1
),

-- The e-mail in a call about somebody else (an account, an invitation, a gift) is not that of the person who made it.
named as (
    select
        unique_calls.* replace (
            coalesce(
                case when unique_calls.call = 'identify' then unique_calls.email end,
                unique_calls.context_traits_email,
                case when {{ is_about_oneself }} then unique_calls.property_email end
            ) as email,
            coalesce(
                case when unique_calls.call = 'identify' then unique_calls.phone end,
                unique_calls.context_traits_phone,
                case when {{ is_about_oneself }} then unique_calls.property_phone end
            ) as phone
        ),
        {{ plain_name('unique_calls.called') }} as plain_event,
        {{ account_named('accounts.website', 'unique_calls.account') }} as account_id,
        coalesce(unique_calls.context_page_url, case when unique_calls.call = 'page' then unique_calls.url end) as page_url,
        coalesce(unique_calls.context_page_referrer, case when unique_calls.call = 'page' then unique_calls.referrer end) as referrer_url,
        coalesce(
            {{ device_of("nullif(concat_ws(' ', unique_calls.context_device_type, unique_calls.context_device_model), '')") }},
            {{ device_of('unique_calls.context_user_agent') }},
            {{ device_of('unique_calls.context_os_name') }}
        ) as device,
        {{ amount_in('coalesce(unique_calls.revenue, unique_calls.total)') }} as amount
    from unique_calls
    left join accounts on unique_calls.account = accounts.group_id
),

-- Who cancels an order is given back what has not gone back before, if the order was completed at all.
orders as (
    select
        coalesce({{ json_value('properties', '$.order_id') }}, {{ json_value('properties', '$.orderId') }}) as order_id,
        min(message_id) filter (where {{ cancels }}) as cancelled_by,
        max(amount) filter (where {{ purchases }}) as bought_amount,
        coalesce(sum(abs(amount)) filter (where {{ refunds }}), 0) as refunded_amount,
        min(currency) filter (where {{ purchases }}) as bought_currency
    from named
    where call = 'track' and not is_deleted
    group by order_id
    having order_id is not null and cancelled_by is not null and bought_amount > refunded_amount
),

priced as (
    select
        named.*,
        {{ currency_in('coalesce(orders.bought_currency, named.currency)') }} as money_in,
        case
            when {{ purchases }} then named.amount
            when {{ refunds }} then -abs(named.amount)
            else orders.refunded_amount - orders.bought_amount
        end as money
    from named
    left join orders on named.message_id = orders.cancelled_by and named.call = 'track'
),

plans as (
    select
        *,
        lag(plan) over (partition by user_id order by occurred_at, message_id) as previous_plan
    from named
    where call = 'identify' and user_id is not null and plan is not null and not is_deleted
),

consents as (
    {% for purpose in ['ads', 'analytics'] %}
    select
        *,
        '{{ purpose }}' as purpose,
        try_cast(consent_to_{{ purpose }} as boolean) as is_given,
        lag(try_cast(consent_to_{{ purpose }} as boolean)) over (partition by coalesce(anonymous_id, user_id) order by occurred_at, message_id) as was_given
    from named
    where try_cast(consent_to_{{ purpose }} as boolean) is not null and not is_deleted
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

tracked as (
    {{ events_from('priced', dict(common,
        source_table="'tracks'",
        event_name='called',
        revenue_amount='money',
        currency='case when money is not null then money_in end',
        attributes=json_merged('properties', json_pairs({
            'revenue': 'revenue', 'total': 'total', 'value': 'value', 'currency': 'currency', 'name': 'name',
            'unread_amount': "case when amount is null and (" ~ purchases ~ " or " ~ refunds ~ ") then coalesce(revenue, total) end",
            'purpose': "case when plain_event = 'unsubscribed' then 'email' end",
        })),
    ), where="call = 'track' and called is not null") }}
),

pages as (
    {{ events_from('named', dict(common,
        source_table="'pages'", event_name="'page_viewed'", attributes=json_merged('properties', json_of(['name'])),
    ), where="call = 'page'") }}
),

screens as (
    {{ events_from('named', dict(common,
        source_table="'screens'", event_name="'screen_viewed'", attributes=json_merged('properties', json_of(['name'])),
    ), where="call = 'screen'") }}
),

identified as (
    {{ events_from('named', dict(common,
        source_table="'identifies'", event_name="'identified'", attributes=json_of(['plan']),
    ), where="call = 'identify'") }}
),

grouped as (
    {{ events_from('named', dict(common,
        source_table="'groups'", event_name="'grouped'", attributes=json_of(['plan']),
    ), where="call = 'group' and group_id is not null") }}
),

aliased as (
    {{ events_from('named', dict(common,
        source_table="'aliases'", event_name="'identified'", anonymous_id='previous_id',
    ), where="call = 'alias' and previous_id is not null") }}
),

plans_changed as (
    {{ events_from('plans', dict(common,
        source_table="'identifies'",
        source_event_id="'plan_changed:' || message_id",
        event_name="'plan_changed'",
        copy_count='0',
        attributes=changed_from_to('previous_plan', 'plan'),
    ), where='plan <> previous_plan') }}
),

-- A consent is a state that calls carry along, browser by browser: it counts where it changes, and a first no was never a yes.
consents_changed as (
    {{ events_from('consents', dict(common,
        source_table="'consents'",
        source_event_id="case when message_id is not null then " ~ joined(['purpose', 'message_id']) ~ " end",
        event_name="case when is_given then 'consent_given' else 'consent_withdrawn' end",
        attributes=json_of(['purpose']),
        copy_count='0',
    ), where='is_given <> coalesce(was_given, false)') }}
)

{{ union_all(['tracked', 'pages', 'screens', 'identified', 'grouped', 'aliased', 'plans_changed', 'consents_changed']) }}
{% endmacro %}

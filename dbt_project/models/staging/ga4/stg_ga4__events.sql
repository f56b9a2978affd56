-- Every event under Google's own name; what it was told comes from its parameters, which both shapes have: as an array, or as
-- columns param_…. Google gives events no id: it is made of who, when, what, and the place in the request.
-- A table, because three models read it and taking every row's properties apart is what costs.

{{ config(materialized='table') }}

{% set not_an_attribute = '(page_location|page_referrer|ignore_referrer|source|medium|campaign|gclid|gbraid|wbraid|dclid|srsltid|user_id|client_id|'
    ~ personal_properties() ~ ')' %}
{% set bought = "('purchase', 'ecommerce_purchase', 'in_app_purchase')" %}
{% set given_back = "('refund', 'app_store_refund')" %}

with raw_events as (select * from {{ source('raw', 'ga4__events') }}),

listed as (
    select
        *,
        {{ typed_entries('event_params') }}
        || {{ entries_renamed(json_entries('attributes'), '^param_', '') }}
        || {{ entries_renamed(typed_entries('user_properties'), '^', 'user_property_') }} as entries
    from raw_events
),

keyed as (
    select
        *,
        {{ keys_of('entries') }} as entry_keys
    from listed
),

parsed as (
    select
        *,
        {{ map_of_entries('entries', 'entry_keys') }} as params
    from keyed
),

-- Before July 2024 the export did not number the events of a request: those of one moment differ by what they say, or by the
-- connector's own key.
numbered as (
    select
        *,
        {{ said('transaction_id') }} as transaction,
        {{ joined([
            'coalesce(user_pseudo_id, user_id)', 'cast(event_timestamp as varchar)', 'event_name', 'bundle_sequence_id',
            'coalesce(batch_event_index, row_key, cast(' ~ hash_key(joined([json_of_map_without('params', ''), 'items'])) ~ ' as varchar))',
        ]) }} as event_key,
        coalesce(is_deleted, deleted_at is not null, false) as is_gone,
        -- The table of the whole day has the last word over the stream of the same day.
        coalesce(
            synced_at,
            case when not coalesce(is_intraday, _file like '%intraday%') then event_timestamp end
        ) as version_at
    from parsed
),

-- Who signs in on a second device is one buyer; who signs in after having bought is one with the visitor.
purchases as (
    select
        event_key,
        event_timestamp,
        transaction,
        coalesce(max(user_id) over (partition by coalesce(user_pseudo_id, user_id), transaction), user_pseudo_id, '') as buyer
    from numbered
    where event_name in {{ bought }} and transaction is not null and not is_gone
),

-- A page that is opened again tells of the same purchase again. Google counts a transaction of a visitor once, and we that of a buyer,
-- whatever the devices.
told_again as (
    select event_key
    from purchases
    qualify rank() over (partition by buyer, transaction order by event_timestamp, event_key) > 1
),

known as (
    select
        numbered.*,
        numbered.params['page_location'] as page_url,
        -- What is to be ignored counts as the site itself.
        case
            when lower(numbered.params['ignore_referrer']) in ('true', '1') then numbered.params['page_location']
            else numbered.params['page_referrer']
        end as referrer_url,
        coalesce(numbered.manual_source, numbered.params['source']) as utm_source,
        coalesce(numbered.manual_medium, numbered.params['medium']) as utm_medium,
        case
            when coalesce(numbered.gclid, numbered.params['gclid']) is not null then 'gclid'
            when numbered.params['gbraid'] is not null then 'gbraid'
            when numbered.params['wbraid'] is not null then 'wbraid'
            when coalesce(numbered.dclid, numbered.params['dclid']) is not null then 'dclid'
            when coalesce(numbered.srsltid, numbered.params['srsltid']) is not null then 'srsltid'
        end as clicked,
        coalesce({{ said('numbered.manual_campaign_name') }}, {{ said("numbered.params['campaign']") }}) as tagged_campaign,
        case
            when numbered.event_name in {{ bought }} then 1
            when numbered.event_name in {{ given_back }} then -1
        end as direction,
        case
            when numbered.event_name = 'refund' then coalesce(numbered.refund_value_in_usd, numbered.value_in_usd)
            when numbered.event_name in ('purchase', 'ecommerce_purchase') then coalesce(numbered.purchase_revenue_in_usd, numbered.value_in_usd)
            else numbered.value_in_usd
        end as told_in_usd,
        coalesce(
            numbered.params['value'],
            case when numbered.event_name = 'refund' then numbered.refund_value else numbered.purchase_revenue end
        ) as told_amount,
        {{ currency_in("numbered.params['currency']") }} as currency_as_told,
        {{ json_fields_joined('numbered.items', 'item_id') }} as item_ids,
        {{ said('numbered.total_item_quantity') }} as item_count
    from numbered
    where numbered.event_key not in (select told_again.event_key from told_again)
),

priced as (
    select
        *,
        abs({{ amount_in('told_in_usd') }}) as amount_in_usd,
        abs({{ amount_in('told_amount') }}) as amount_as_told
    from known
),

storage_states as (
    select
        *,
        'analytics' as purpose,
        lower(analytics_storage) as storage
    from known
    union all
    select
        *,
        'ads' as purpose,
        lower(ads_storage) as storage
    from known
),

-- Each event says whether storage was allowed. What a browser is first seen with may be what the site presets, so only a change
-- is somebody's decision.
storage_changes as (
    select
        *,
        lag(storage) over (partition by user_pseudo_id, purpose order by event_timestamp, event_key, _file, _row_id) as previous_storage
    from storage_states
    where user_pseudo_id is not null and storage in ('yes', 'no') and not is_gone
),

{% set visitor_ids = {
    'user_id': 'user_id',
    'anonymous_id': 'user_pseudo_id',
    'device_id': 'coalesce(vendor_id, advertising_id)',
    'device': device_of('coalesce(device_category, operating_system)'),
    'version_at': 'version_at',
    'is_deleted': 'is_gone',
} %}

happened as (
    {{ events_from('priced', dict(visitor_ids,
        source_table="'events'",
        source_event_id='event_key',
        sequence='coalesce(try_cast(batch_ordering_id as bigint), 0) % 4096 * 32768 + try_cast(batch_event_index as bigint) % 32768',
        event_name='event_name',
        occurred_at='event_timestamp',
        received_at="case when try_cast(server_timestamp_offset as bigint) >= 0 then "
            ~ add_hours('event_timestamp', 'try_cast(server_timestamp_offset as bigint) / 3.6e9') ~ " end",
        utm_source='utm_source',
        utm_medium='utm_medium',
        campaign="coalesce(tagged_campaign, case when clicked = 'gclid' then " ~ said('google_ads_campaign_name') ~ " end)",
        click_id='clicked',
        page_url='page_url',
        referrer_url='referrer_url',
        revenue_amount="direction * coalesce(amount_in_usd, case when currency_as_told is not null then amount_as_told end)",
        currency="case when direction is null then null when amount_in_usd is not null then 'USD' when amount_as_told is not null then currency_as_told end",
        attributes=json_merged(
            json_of_map_without('params', not_an_attribute),
            json_pairs({
                'platform': 'platform', 'country': said('country'), 'hostname': 'hostname', 'transaction_id': 'transaction',
                'item_count': 'item_count', 'item_ids': 'item_ids',
                'analytics_storage': 'analytics_storage', 'ads_storage': 'ads_storage',
                'unread_amount': 'case when direction is not null and coalesce(amount_in_usd, amount_as_told) is null then coalesce(told_in_usd, told_amount) end',
            })
        ),
    )) }}
),

consent_changed as (
    {{ events_from('storage_changes', dict(visitor_ids,
        source_table="'events'",
        source_event_id=joined(['user_pseudo_id', 'purpose', 'cast(event_timestamp as varchar)']),
        event_name="case when storage = 'yes' then 'consent_given' else 'consent_withdrawn' end",
        occurred_at='event_timestamp',
        attributes=json_of(['purpose']),
    ), where='storage <> previous_storage') }}
)

{{ union_all(['happened', 'consent_changed']) }}

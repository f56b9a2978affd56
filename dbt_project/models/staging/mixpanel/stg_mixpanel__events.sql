-- Mixpanel's own id of a person is distinct_id. To Mixpanel events of one name, person, insert id and day are one; where ids were merged
-- since, the person is the device or the one of before.
-- A table, because three models read it and taking every row's properties apart is what costs.

{{ config(materialized='table') }}

{% set not_an_attribute = '_?(' ~ personal_properties()
    ~ '|properties|amount|revenue|currency|distinct_id|user_id|device_id|initial_referrer|event_id|file|line|time|token|import|lib_version'
    ~ '|mp_lib|mp_sent_by_lib_version|mp_api_.*|api_.*|mp_event_size|mp_processing_time_ms|failure_.*|had_persisted_distinct_id|dataset'
    ~ '|sampling_factor|labels|warehouse_.*)' %}

{% set bought = '((purchase|order)_completed|completed_(purchase|order)|purchased?|charged?)' %}

with raw_events as (select * from {{ source('raw', 'mixpanel__events') }}),

people as ({{ latest('mixpanel__people', ['distinct_id'], 'last_seen_at') }}),

listed as (
    select
        *,
        {{ entries_renamed(json_entries(json_value('attributes', '$.properties')), '^[$]', '') }}
        || {{ entries_renamed(json_entries('attributes'), '^[$]', '') }} as entries
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
        {{ map_of_entries('entries', 'entry_keys') }} as props,
        {{ plain_name('event_name') }} as plain_name,
        -- A connector that makes a text of everything writes a list in single quotes.
        {{ json_texts("replace(distinct_ids, '''', '\"')") }} as merged_ids
    from keyed
),

somebodies as (
    select
        *,
        {{ mixpanel_somebody('distinct_id') }} as own_distinct_id,
        {{ mixpanel_somebody('coalesce(identified_id, case when plain_name = \'create_alias\' then alias end, user_id)') }} as told_user_id,
        {{ mixpanel_somebody(mixpanel_unmarked('coalesce(anon_id, device_id)')) }} as told_device_id,
        {{ mixpanel_somebody('distinct_id_before_identity') }} as earlier_id,
        {{ mixpanel_somebody('merged_ids[1]') }} as first_merged_id,
        {{ mixpanel_somebody('merged_ids[2]') }} as second_merged_id
    from parsed
),

-- What looks like a device's is its own; the rest are users'.
sorted as (
    select
        *,
        {{ mixpanel_is_device('own_distinct_id', 'told_device_id', 'told_user_id') }} as is_device,
        {{ mixpanel_is_device('earlier_id', 'told_device_id', 'told_user_id') }} as is_earlier_device,
        {{ mixpanel_is_device('first_merged_id', 'told_device_id', 'told_user_id') }} as is_first_device,
        {{ mixpanel_is_device('second_merged_id', 'told_device_id', 'told_user_id') }} as is_second_device
    from somebodies
),

identified as (
    select
        *,
        coalesce(
            told_user_id,
            case when not is_first_device then first_merged_id end,
            case when not is_second_device then second_merged_id end,
            case when not is_device then own_distinct_id end,
            case when not is_earlier_device then earlier_id end
        ) as person_id,
        coalesce(
            told_device_id,
            case when is_first_device then {{ mixpanel_unmarked('first_merged_id') }} end,
            case when is_second_device then {{ mixpanel_unmarked('second_merged_id') }} end,
            case when is_device then {{ mixpanel_unmarked('own_distinct_id') }} end,
            case when is_earlier_device then {{ mixpanel_unmarked('earlier_id') }} end,
            case when earlier_id <> own_distinct_id then earlier_id end
        ) as browser_id,
        -- A merge names two ids: the first stands among the others above, the second here.
        coalesce(second_merged_id, own_distinct_id) as profile_id,
        {{ matches('plain_name', bought) }} as is_purchase
    from sorted
),

described as (
    select
        identified.*,
        coalesce(
            identified.email, people.email, case when identified.profile_id like '%_@_%._%' then identified.profile_id end
        ) as known_email,
        coalesce(identified.phone, people.phone) as known_phone,
        case
            when identified.is_purchase
                then {{ amount_in("coalesce(identified.props['amount'], identified.props['revenue'])") }}
        end as paid_amount
    from identified
    left join people on identified.profile_id = people.distinct_id and not people.is_deleted
),

profiles as (
    select
        *,
        {{ mixpanel_somebody('distinct_id') }} as own_distinct_id,
        {{ mixpanel_is_drawn('distinct_id') }} as is_device
    from people
),

happened as (
    {{ events_from('described', {
        'source_table': "'events'",
        'source_event_id': 'case when insert_id is not null then '
            ~ joined(['insert_id', 'event_name', 'coalesce(told_device_id, earlier_id, own_distinct_id)', 'cast(cast(occurred_at as date) as varchar)'])
            ~ ' else row_key end',
        'own_id': 'insert_id',
        'event_name': 'event_name',
        'occurred_at': 'occurred_at',
        'received_at': from_epoch_milliseconds('mp_processing_time_ms'),
        'version_at': 'synced_at',
        'is_deleted': 'coalesce(is_deleted, deleted_at is not null, false)',
        'user_id': 'person_id',
        'anonymous_id': 'browser_id',
        'email': 'known_email',
        'phone': 'known_phone',
        'device_id': 'ios_ifa',
        'crm_id': own_id('profile_id'),
        'campaign': 'utm_campaign',
        'utm_source': 'utm_source',
        'utm_medium': 'utm_medium',
        'click_id': "case
            when gclid is not null then 'gclid'
            when msclkid is not null then 'msclkid'
            when dclid is not null then 'dclid'
            when ttclid is not null then 'ttclid'
            when fbclid is not null then 'fbclid'
        end",
        'page_url': 'current_url',
        'referrer_url': "case when referrer <> '$direct' then referrer end",
        'device': device_of("nullif(concat_ws(' ', os, device, model), '')"),
        'revenue_amount': 'paid_amount',
        'currency': "case when paid_amount is not null then " ~ currency_in("coalesce(props['currency'], props['currency_code'])") ~ " end",
        'attributes': json_merged(
            json_of_map_without('props', not_an_attribute),
            json_pairs({
                'amount': "case when paid_amount is null then props['amount'] end",
                'revenue': "case when paid_amount is null then props['revenue'] end",
                'currency': "case when paid_amount is null then props['currency'] end",
                'unread_amount': "case when is_purchase and paid_amount is null then coalesce(props['amount'], props['revenue']) end",
                'purpose': "case when plain_name = 'opt_in' then 'analytics' end",
            })
        ),
    }) }}
),

people_known as (
    {{ events_from('profiles', {
        'source_table': "'people'",
        'source_event_id': 'distinct_id',
        'event_name': "'identified'",
        'occurred_at': 'created_at',
        'version_at': 'version_at',
        'is_deleted': 'is_deleted',
        'user_id': 'case when not is_device then own_distinct_id end',
        'anonymous_id': 'case when is_device then ' ~ mixpanel_unmarked('own_distinct_id') ~ ' end',
        'email': "coalesce(email, case when own_distinct_id like '%_@_%._%' then own_distinct_id end)",
        'phone': 'phone',
        'crm_id': own_id('own_distinct_id'),
    }, where='not is_device or email is not null') }}
)

{{ union_all(['happened', 'people_known']) }}

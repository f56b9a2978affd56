-- Rows become events: one spelling per identifier, one row per event, and when we knew of it.
-- An event's key is made of its source's own id where there is one, else of its content; of several versions the one the source
-- changed last counts, then the one it received last, then the one from the last file in natural order. An event whose last
-- version the vendor marks as deleted is none, but kept: an older version that comes later must not bring it back.
-- Rows of one version are copies of one another. Where several rows told of an event, `tellings` says which landing brought how many of
-- which version, so that the number of copies is the same whatever came when, and however often a landing is read.

{{ config(
    materialized='incremental',
    unique_key='event_id',
    meta={'reads': {'new_rows': none, 'fresh': 'event_id'}, 'changes': {'event': 'event_id', 'combination': 'combination_key', 'own_id': 'own_id_key'}},
) }}

{% set versioned = [
    'event_id', 'own_id_key', 'event_place', 'feed', 'source', 'source_table', 'event_name', 'occurred_at', 'received_at', 'version_at', 'is_deleted',
] + person_id_columns() + [
    'refused', 'account_id', 'channel', 'campaign', 'device', 'revenue_amount', 'currency', 'text', 'attributes',
    'loaded_at', 'file', 'file_row', 'copy_count', 'correction_count', 'tellings',
] %}

{# What makes two rows the same version: all that they say, but for when they were received. #}
{% set told = [
    'version_at', 'is_deleted', 'event_name', 'occurred_at',
] + person_id_columns() + [
    'account_id', 'channel', 'campaign', 'device', 'revenue_amount', 'currency', 'text', 'attributes',
] %}

{# What an event is known by: its source's own id, else all that it says. #}
{% set own_key = ['feed', 'source', 'source_table', 'source_event_id'] %}
{% set content_key = ['feed', 'source', 'source_table', 'event_name', 'cast(occurred_at as varchar)'] + person_id_columns() + [
    'account_id', 'channel', 'campaign', 'device', 'cast(revenue_amount as varchar)', 'currency', 'attributes',
] %}

{% set combined = ['last_versions.source', 'last_versions.source_table', 'last_versions.account_id', 'last_versions.refused'] %}
{% for column in person_id_columns() %}{% do combined.append('last_versions.' ~ column) %}{% endfor %}

with channelled as (
    select * from {{ ref('int_events_channelled') }} as channelled
    where {{ is_new_row('channelled') }}
),

id_types as (select * from {{ source('journey', 'id_types') }}),

event_names as (select * from {{ ref('int_event_names_mapped') }}),

files as (select * from {{ source('raw', 'landed_files') }}),

first_landings as (
    select
        feed,
        source,
        min(loaded_at) as loaded_at
    from {{ ref('int_event_names_counted') }}
    group by feed, source
),

spelt as (
    select
        {% for column in person_id_columns() -%}
        {{ spelling_of(column, column) }} as {{ column }}_spelt,
        {% endfor -%}
        *
    from channelled
),

judged as (
    select
        {% for column in person_id_columns() -%}
        '{{ column }}' in (select id_types.id_type from id_types) as {{ column }}_counts,
        {{ refusal_of(column, column ~ '_spelt') }} as {{ column }}_refusal,
        {% endfor -%}
        *
    from spelt
),

keyed as (
    select
        feed,
        source,
        source_table,
        source_event_id,
        own_id,
        event_name,
        occurred_at,
        received_at,
        version_at,
        coalesce(is_deleted, false) as is_deleted,
        {% for column in person_id_columns() -%}
        {# A user id that is an address is the row's e-mail where it has none. -#}
        {% set login = ", case when user_id_refusal is null and " ~ is_address('user_id_spelt') ~ " then user_id_spelt end" -%}
        case
            when {{ column }}_counts
                then coalesce(case when {{ column }}_refusal is null then {{ column }}_spelt end{{ login if column == 'email' }})
        end as {{ column }},
        {% endfor -%}
        nullif(concat_ws(
            ' ',
            {% for column in person_id_columns() -%}
            case when {{ column }}_counts then '{{ column }}:' || {{ column }}_refusal end{{ ',' if not loop.last }}
            {% endfor %}
        ), '') as refused,
        account_id,
        channel,
        campaign,
        device,
        revenue_amount,
        currency,
        text,
        attributes,
        loaded_at,
        file,
        file_row,
        sequence,
        coalesce(copy_count, 0) as copy_count,
        cast(0 as bigint) as correction_count,
        {{ no_tellings() }} as tellings,
        {{ keyed_key(
            home_secret(),
            "'event:' || case when source_event_id is not null then " ~ joined(own_key) ~ " else " ~ joined(content_key) ~ " end"
        ) }} as event_id
    from judged
),

-- Where the ids of a file count up, they say more of the order than its lines.
with_places as (
    select
        keyed.*,
        files.file_place,
        coalesce(try_cast(substr(keyed.own_id, length(files.id_prefix) + 1) as bigint), keyed.file_row) as place_in_file
    from keyed
    left join files on keyed.file = files.file
),

landed as (
    select
        *,
        case when own_id is not null then {{ quick_key(['feed', 'source', 'own_id']) }} end as own_id_key,
        {{ event_place('feed', 'source', 'sequence', 'file_place', 'place_in_file', 'file_row', 'event_id') }} as event_place
    from with_places
),

-- What is known of those events already.
{% if is_incremental() -%}
stored as (
    select {{ versioned | join(', ') }}
    from {{ this }}
    where event_id in (select landed.event_id from landed) and not ({{ is_new_row(this) }})
),

stored_tellings as (
    select
        feed,
        event_id,
        unnest(coalesce(tellings, {{ one_telling(quick_key(told), 'loaded_at', 'copy_count + 1') }})) as telling
    from {{ this }}
    where event_id in (select landed.event_id from landed)
),

tellings_before as (
    select
        feed,
        event_id,
        telling.version_key,
        telling.loaded_at,
        telling.row_count
    from stored_tellings
),

tellings_kept as (
    select
        event_id,
        version_key,
        loaded_at,
        row_count
    from tellings_before
    where not ({{ is_new_row('tellings_before') }})
),
{% endif %}
versions as (
    select
        {{ versioned | join(', ') }},
        false as is_stored
    from landed
    {% if is_incremental() -%}
    union all
    select
        *,
        true as is_stored
    from stored
    {% endif %}
),

-- Few events have several versions or copies: only those are put in order and counted.
repeated as (
    select event_id
    from versions
    group by event_id
    having count(*) > 1 or sum(copy_count) > 0
    {% if is_incremental() -%}
    union
    select event_id from tellings_kept
    {% endif %}
),

told as (
    select
        event_id,
        {{ quick_key(told) }} as version_key,
        loaded_at,
        copy_count + 1 as row_count
    from versions
    where event_id in (select repeated.event_id from repeated) and not is_stored
    {% if is_incremental() -%}
    union all
    select * from tellings_kept
    {% endif %}
),

told_by_landing as (
    select
        event_id,
        version_key,
        loaded_at,
        cast(sum(row_count) as bigint) as row_count
    from told
    group by event_id, version_key, loaded_at
),

counted as (
    select
        event_id,
        cast(sum(row_count) - count(distinct version_key) as bigint) as copy_count,
        count(distinct version_key) - 1 as correction_count,
        {{ tellings('version_key', 'loaded_at', 'row_count') }} as tellings
    from told_by_landing
    group by event_id
),

last_of_several as (
    select
        versions.* replace (
            counted.copy_count as copy_count, counted.correction_count as correction_count, counted.tellings as tellings
        )
    from versions
    inner join counted on versions.event_id = counted.event_id
    qualify row_number() over (
        partition by versions.event_id
        order by
            versions.version_at desc nulls last,
            versions.received_at desc nulls last,
            {{ natural_order('versions.file') }} desc,
            versions.file_row desc
    ) = 1
),

last_versions as (
    select versions.*
    from versions
    where versions.event_id not in (select repeated.event_id from repeated)
    union all
    select * from last_of_several
)

select
    last_versions.event_id,
    last_versions.own_id_key,
    last_versions.event_place,
    {{ quick_key(combined) }} as combination_key,
    last_versions.feed,
    last_versions.source,
    last_versions.source_table,
    coalesce(event_names.event_type, last_versions.event_name) as event_type,
    last_versions.event_name,
    last_versions.occurred_at,
    last_versions.received_at,
    last_versions.version_at,
    last_versions.is_deleted,
    case
        when last_versions.received_at is not null then last_versions.received_at
        when last_versions.loaded_at = first_landings.loaded_at then last_versions.occurred_at
        else last_versions.loaded_at
    end as known_at,
    last_versions.loaded_at,
    last_versions.file,
    last_versions.file_row,
    {% for column in person_id_columns() -%}
    last_versions.{{ column }},
    {% endfor -%}
    last_versions.refused,
    last_versions.account_id,
    last_versions.channel,
    last_versions.campaign,
    last_versions.device,
    last_versions.revenue_amount,
    last_versions.currency,
    last_versions.text,
    last_versions.attributes,
    last_versions.copy_count,
    last_versions.correction_count,
    last_versions.tellings
from last_versions
left join event_names on last_versions.source = event_names.source and last_versions.event_name = event_names.event_name
left join first_landings on last_versions.feed = first_landings.feed and last_versions.source = first_landings.source

-- Rows become events: one spelling per identifier, one row per event, and when we knew of it.
-- An event's id is its source's own where there is one, else a hash of its content; of several versions the one the source
-- changed last counts, then the one it received last, then the one from the last file in natural order. An event whose last
-- version the vendor marks as deleted is none.

with channelled as (select * from {{ ref('int_events_channelled') }}),

event_names as (select * from {{ ref('int_event_names_mapped') }}),

normalised as (
    select
        source,
        source_table,
        source_event_id,
        event_name,
        occurred_at,
        received_at,
        version_at,
        is_deleted,
        {% for column in person_id_columns() -%}
        {{ normalised_identifier(column) }} as {{ column }},
        {% endfor -%}
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
        {{ hash_key(
            "concat_ws('|', source, source_table, coalesce(source_event_id, concat_ws('|', '', event_name, cast(occurred_at as varchar), "
            ~ "coalesce(user_id, ''), coalesce(anonymous_id, ''), coalesce(email, ''), coalesce(phone, ''), coalesce(device_id, ''), "
            ~ "coalesce(crm_id, ''), coalesce(account_id, ''), coalesce(channel, ''), coalesce(campaign, ''), coalesce(device, ''), "
            ~ "coalesce(cast(revenue_amount as varchar), ''), coalesce(currency, ''), coalesce(attributes, ''))))"
        ) }} as event_id
    from channelled
),

latest_versions as (
    select *
    from normalised
    qualify row_number() over (
        partition by event_id
        order by version_at desc nulls last, received_at desc nulls last, {{ natural_order('file') }} desc, file_row desc
    ) = 1
)

select
    latest_versions.event_id,
    latest_versions.source,
    latest_versions.source_table,
    coalesce(event_names.event_type, latest_versions.event_name) as event_type,
    latest_versions.event_name,
    latest_versions.occurred_at,
    case
        when latest_versions.received_at is not null then latest_versions.received_at
        when latest_versions.loaded_at = event_names.source_first_loaded_at then latest_versions.occurred_at
        else latest_versions.loaded_at
    end as known_at,
    latest_versions.loaded_at,
    {% for column in person_id_columns() -%}
    latest_versions.{{ column }},
    {% endfor -%}
    latest_versions.account_id,
    coalesce(
        {%- for column in person_id_columns() %}
        case when latest_versions.{{ column }} is not null then {{ identifier_key(column, 'latest_versions.' ~ column) }} end
        {{- ',' if not loop.last }}
        {%- endfor %}
    ) as identifier_key,
    latest_versions.channel,
    latest_versions.campaign,
    latest_versions.device,
    latest_versions.revenue_amount,
    latest_versions.currency,
    latest_versions.text,
    latest_versions.attributes
from latest_versions
left join event_names on latest_versions.source = event_names.source and latest_versions.event_name = event_names.event_name
where not coalesce(latest_versions.is_deleted, false)

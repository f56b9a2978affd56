-- Owner, status, stage and consent of a record as they became known. The fullest history of a record counts: that of its stages,
-- else that of its fields, else the versions a connector kept.

{% set histories = [
    ('contact_history', 'contact_id', 'status', 'lead_status'), ('lead_history', 'lead_id', 'status', 'lead_status'),
    ('opportunity_history', 'opportunity_id', 'stage_name', 'stage'),
] %}

with
{% for table, parent, fact, _ in histories -%}
{{ table }} as (
    {{ salesforce_latest(table, ['history_id', 'changed_at'], ['history_id', parent], of_versions=true) }}
),

{% endfor -%}

-- Versions that the history mode of Fivetran keeps in the object's own table.
contact_versions as ({{ salesforce_latest('contacts', ['contact_id', 'started_at'], ['contact_id'], of_versions=true) }}),

lead_versions as ({{ salesforce_latest('leads', ['lead_id', 'started_at'], ['lead_id'], of_versions=true) }}),

opportunity_versions as ({{ salesforce_latest('opportunities', ['opportunity_id', 'started_at'], ['opportunity_id'], of_versions=true) }}),

-- What is known of a record at a time. A row of a field's history is a change; of versions only those that differ are.
facts as (
    {% for table, parent, fact, name in histories -%}
    select
        {{ parent }} as record_id,
        case lower(field)
            when 'owner' then 'owner'
            when 'ownerid' then 'owner'
            when 'status' then 'lead_status'
            when 'stagename' then 'stage'
            when 'hasoptedoutofemail' then 'opted_out'
            when 'leadconverted' then 'converted'
        end as fact,
        coalesce(new_value, '-') as fact_value,
        old_value as stated_previous_value,
        changed_at,
        2 as shape_rank,
        history_id,
        is_deleted,
        _loaded_at,
        _file,
        _row_id
    from {{ table }}
    where field is not null and {{ parent }} is not null
    union all
    {% for column, told in [(fact, name), ('owner_id', 'owner'), ('has_opted_out_of_email', 'opted_out')] -%}
    select
        coalesce({{ parent }}, history_id) as record_id,
        '{{ told }}' as fact,
        cast({{ column }} as varchar) as fact_value,
        null as stated_previous_value,
        changed_at,
        case when {{ parent }} is null then 3 else 1 end as shape_rank,
        history_id,
        is_deleted,
        _loaded_at,
        _file,
        _row_id
    from {{ table }}
    where field is null
    union all
    {% endfor -%}
    {% endfor -%}
    {% for versions, record, column, told in [
        ('contact_versions', 'contact_id', 'owner_id', 'owner'), ('contact_versions', 'contact_id', 'has_opted_out_of_email', 'opted_out'),
        ('lead_versions', 'lead_id', 'owner_id', 'owner'), ('lead_versions', 'lead_id', 'has_opted_out_of_email', 'opted_out'),
        ('lead_versions', 'lead_id', 'status', 'lead_status'), ('opportunity_versions', 'opportunity_id', 'owner_id', 'owner'),
        ('opportunity_versions', 'opportunity_id', 'stage_name', 'stage'),
    ] -%}
    select
        {{ record }} as record_id,
        '{{ told }}' as fact,
        cast({{ column }} as varchar) as fact_value,
        null as stated_previous_value,
        started_at as changed_at,
        3 as shape_rank,
        {{ record }} as history_id,
        is_deleted,
        _loaded_at,
        _file,
        _row_id
    from {{ versions }}
    where started_at is not null
    {% if not loop.last %}union all
    {% endif -%}
    {% endfor %}
),

-- An owner is written down twice, by id and by name; names stay here.
told_facts as (
    select
        * replace (
            case when fact = 'owner' then {{ salesforce_id('fact_value') }} else nullif(fact_value, '-') end as fact_value,
            case when fact = 'owner' then {{ salesforce_id('stated_previous_value') }} else stated_previous_value end as stated_previous_value
        )
    from facts
    where
        fact is not null
        and fact_value is not null
        and not is_deleted
        and (shape_rank = 3 or fact <> 'owner' or {{ matches('fact_value', '00[5G][a-zA-Z0-9]{12,15}') }})
    qualify dense_rank() over (partition by record_id, fact order by shape_rank) = 1
),

steps as (
    select
        *,
        coalesce(stated_previous_value, lag(fact_value) over record_facts) as previous_value,
        lag(changed_at) over record_facts is null as is_first
    from told_facts
    window record_facts as (partition by record_id, fact order by changed_at, history_id)
),

judged as (
    select
        *,
        shape_rank = 1 and is_first as is_initial,
        fact <> 'converted'
        and coalesce(case when shape_rank = 2 then fact_value is not null else fact_value <> previous_value end, false) as is_change
    from steps
)

select
    record_id,
    fact,
    fact_value,
    previous_value,
    changed_at,
    lag(changed_at) over (partition by record_id, fact, is_change order by changed_at, history_id) as previous_changed_at,
    is_initial,
    is_change,
    history_id,
    _loaded_at,
    _file,
    _row_id
from judged

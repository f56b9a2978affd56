-- A deal happens once, to the first of its contacts.

{% set of_person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set person_of_record = 'participants.crm_id, participants.email, participants.phone, participants.user_id, participants.account_id' %}

with participants as (select * from {{ ref('stg_hubspot__participants') }}),

deals as ({{ latest('hubspot__deals', ['deal_id'], 'updated_at') }}),

merged_deals as ({{ latest('hubspot__merged_deals', ['deal_id', 'merged_deal_id']) }}),

deal_changes as ({{ hubspot_changes('hubspot__deal_property_history', 'deal_id', ['dealstage', 'hubspot_owner_id']) }}),

deal_stages as ({{ latest('hubspot__deal_stages', ['deal_id', 'entered_at'], of_versions=true) }}),

pipelines as ({{ latest('hubspot__deal_pipelines', ['pipeline_id'], 'updated_at') }}),

pipeline_stages as ({{ latest('hubspot__deal_pipeline_stages', ['stage_id'], 'updated_at') }}),

unpacked_stages as (
    select unnest({{ json_texts('stages') }}) as stage
    from pipelines
    where not is_deleted
),

listed_stages as (
    select
        coalesce({{ json_value('stage', 'stageId') }}, {{ json_value('stage', 'id') }}) as stage_id,
        {{ json_value('stage', 'label') }} as label,
        {{ json_value('stage', '$.metadata.isClosed') }} = 'true' as is_closed,
        {{ json_value('stage', '$.metadata.probability') }} as probability,
        cast(null as boolean) as is_won
    from unpacked_stages
    union all
    select
        stage_id,
        label,
        is_closed,
        probability,
        is_won
    from pipeline_stages
),

stages as (
    select
        stage_id,
        min(label) as label,
        bool_or(coalesce(is_won, is_closed and try_cast(probability as double) = 1, false)) as is_won,
        bool_or(coalesce(is_closed, false)) as is_closed
    from listed_stages
    group by stage_id
),

merged_away as (
    select merged_deal_id as deal_id
    from merged_deals
    where not is_deleted
    union
    select unnest({{ hubspot_ids('merged_ids') }}) as deal_id
    from deals
    where not is_deleted
),

deal_histories as (
    select deal_id
    from deal_changes
    where name = 'dealstage'
    group by deal_id
),

stage_times as (
    select
        deal_id,
        value as stage_id,
        changed_at,
        _loaded_at,
        _file,
        _row_id
    from deal_changes
    where name = 'dealstage' and value is not null and not is_deleted
    union all
    select
        deal_stages.deal_id,
        deal_stages.stage_id,
        deal_stages.entered_at as changed_at,
        deal_stages._loaded_at,
        deal_stages._file,
        deal_stages._row_id
    from deal_stages
    left join deal_histories on deal_stages.deal_id = deal_histories.deal_id
    where deal_histories.deal_id is null and deal_stages.stage_id is not null and not deal_stages.is_deleted
),

-- Where nobody names the stages, those that HubSpot brings along are known by their ids.
stage_kinds as (
    select
        stage_times.*,
        coalesce(stages.label, stage_times.stage_id) as stage,
        case
            when stages.is_won or {{ hubspot_word('stage_times.stage_id') }} = 'closedwon' then 'won'
            when stages.is_closed or {{ hubspot_word('stage_times.stage_id') }} = 'closedlost' then 'lost'
            else 'open'
        end as kind
    from stage_times
    left join stages on stage_times.stage_id = stages.stage_id
),

stage_steps as (
    select
        *,
        lag(stage) over (partition by deal_id order by changed_at) as previous_stage,
        lag(kind) over (partition by deal_id order by changed_at) as previous_kind,
        row_number() over (partition by deal_id order by changed_at) as place
    from stage_kinds
),

described_deals as (
    select
        deals.deal_id,
        deals.created_at,
        deals.closed_at,
        coalesce(pipelines.label, deals.pipeline_id) as pipeline,
        coalesce(stages.label, deals.stage_id) as stage,
        deals.deal_type,
        try_cast(deals.amount as decimal(18, 4)) as amount,
        upper(deals.currency_code) as currency_code,
        deals.lost_reason,
        case
            when lower(deals.is_won) in ('true', 'yes') or stages.is_won or {{ hubspot_word('deals.stage_id') }} = 'closedwon' then 'won'
            when lower(deals.is_closed) in ('true', 'yes') or stages.is_closed or {{ hubspot_word('deals.stage_id') }} = 'closedlost' then 'lost'
        end as kind,
        {{ person_of_record }},
        deals.version_at,
        deals.is_deleted or merged_away.deal_id is not null as is_deleted,
        deals._loaded_at,
        deals._file,
        deals._row_id
    from deals
    left join merged_away on deals.deal_id = merged_away.deal_id
    left join stages on deals.stage_id = stages.stage_id
    left join pipelines on deals.pipeline_id = pipelines.pipeline_id
    left join participants on participants.object_type = 'deal' and deals.deal_id = participants.object_id and participants.place = 1
),

new_deals as (
    select described_deals.* replace (stage_steps.stage as stage)
    from described_deals
    left join stage_steps on described_deals.deal_id = stage_steps.deal_id and stage_steps.place = 1
),

deals_created as (
    {{ events_from('new_deals', dict(of_person,
        source_table="'deals'",
        source_event_id='deal_id',
        event_name="'deal_created'",
        occurred_at='created_at',
        attributes=json_of(['deal_id', 'pipeline', 'stage', 'deal_type']),
    )) }}
),

moved_deals as (
    select
        described_deals.* replace (
            stage_steps.stage as stage,
            stage_steps.kind as kind,
            stage_steps._loaded_at as _loaded_at,
            stage_steps._file as _file,
            stage_steps._row_id as _row_id
        ),
        stage_steps.changed_at,
        stage_steps.previous_stage,
        stage_steps.previous_kind,
        stage_steps.place
    from stage_steps
    inner join described_deals on stage_steps.deal_id = described_deals.deal_id
),

-- A deal's first stage is the news of its creation.
deal_stages_changed as (
    {{ events_from('moved_deals', dict(of_person,
        source_table="'deal_stages'",
        source_event_id="deal_id || ':dealstage:' || cast(changed_at as varchar)",
        event_name="'deal_stage_changed'",
        occurred_at='changed_at',
        attributes=json_pairs({'deal_id': 'deal_id', 'pipeline': 'pipeline', 'from': 'previous_stage', 'to': 'stage'}),
    ), where='place > 1 and stage <> previous_stage') }}
),

moved_kinds as (
    select
        deal_id,
        kind
    from moved_deals
    group by deal_id, kind
),

-- Only where no stage says when a deal was won or lost does its closing date.
closed_deals as (
    select
        described_deals.*,
        described_deals.closed_at as changed_at,
        cast(null as varchar) as previous_stage,
        cast(null as varchar) as previous_kind,
        1 as place
    from described_deals
    left join moved_kinds on described_deals.deal_id = moved_kinds.deal_id and described_deals.kind = moved_kinds.kind
    where described_deals.kind is not null and moved_kinds.deal_id is null
    union all
    select * from moved_deals
    where kind in ('won', 'lost') and kind is distinct from previous_kind
),

deals_closed as (
    {{ events_from('closed_deals', dict(of_person,
        source_table="'deals'",
        source_event_id="deal_id || ':' || kind || ':' || cast(changed_at as varchar)",
        event_name="'deal_' || kind",
        occurred_at='changed_at',
        text="case when kind = 'lost' then lost_reason end",
        attributes=json_pairs({
            'deal_id': 'deal_id', 'pipeline': 'pipeline', 'stage': 'stage', 'deal_type': 'deal_type', 'amount': 'amount', 'currency': 'currency_code',
        }),
    )) }}
),

deal_owner_steps as (
    select
        deal_id,
        value,
        changed_at,
        lag(value) over (partition by deal_id order by changed_at) as previous_value,
        _loaded_at,
        _file,
        _row_id
    from deal_changes
    where name = 'hubspot_owner_id' and value is not null and not is_deleted
),

handed_deals as (
    select
        described_deals.* replace (deal_owner_steps._loaded_at as _loaded_at, deal_owner_steps._file as _file, deal_owner_steps._row_id as _row_id),
        deal_owner_steps.changed_at,
        deal_owner_steps.value,
        deal_owner_steps.previous_value
    from deal_owner_steps
    inner join described_deals on deal_owner_steps.deal_id = described_deals.deal_id
),

deal_owners_changed as (
    {{ events_from('handed_deals', dict(of_person,
        source_table="'deal_property_history'",
        source_event_id="deal_id || ':hubspot_owner_id:' || cast(changed_at as varchar)",
        event_name="'owner_changed'",
        occurred_at='changed_at',
        attributes=json_pairs({'deal_id': 'deal_id', 'from': 'previous_value', 'to': 'value'}),
    ), where='value <> previous_value') }}
)

{{ union_all(['deals_created', 'deal_stages_changed', 'deals_closed', 'deal_owners_changed']) }}

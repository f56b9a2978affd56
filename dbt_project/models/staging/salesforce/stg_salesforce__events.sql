-- A converted lead is its contact, a merged record is its master.

{% set person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set came_through = {
    'channel': 'channel', 'utm_source': 'utm_source', 'utm_medium': 'utm_medium', 'campaign': 'utm_campaign',
    'click_id': "case when gclid is not null then 'gclid' end",
} %}
{% set is_person_id = matches('counted.who_id', '(003|00Q)[a-zA-Z0-9]{12}') %}

with steps as (select * from {{ ref('stg_salesforce__changes') }}),

changes as (
    select * from steps
    where is_change
),

contacts as ({{ salesforce_latest('contacts', ['contact_id'], ['contact_id', 'account_id', 'master_record_id'], 'updated_at') }}),

leads as (
    {{ salesforce_latest(
        'leads', ['lead_id'],
        ['lead_id', 'master_record_id', 'converted_contact_id', 'converted_account_id', 'converted_opportunity_id'], 'updated_at'
    ) }}
),

accounts as ({{ salesforce_latest('accounts', ['account_id'], ['account_id', 'master_record_id'], 'updated_at') }}),

opportunities as (
    {{ salesforce_latest('opportunities', ['opportunity_id'], ['opportunity_id', 'account_id', 'contact_id'], 'updated_at') }}
),

contact_roles as (
    {{ salesforce_latest(
        'opportunity_contact_roles', ['opportunity_id', 'contact_id'], ['opportunity_id', 'contact_id'], 'updated_at'
    ) }}
),

tasks as ({{ salesforce_latest('tasks', ['task_id'], ['task_id', 'who_id', 'what_id', 'account_id'], 'updated_at') }}),

meetings as ({{ salesforce_latest('events', ['event_id'], ['event_id', 'who_id', 'what_id', 'account_id'], 'updated_at') }}),

-- Who is who.
contact_masters as ({{ salesforce_masters('contacts', 'contact_id') }}),

lead_masters as ({{ salesforce_masters('leads', 'lead_id') }}),

account_masters as ({{ salesforce_masters('accounts', 'account_id') }}),

companies as (
    select
        account_masters.record_id as account_id,
        {{ account_named('coalesce(masters.website, accounts.website)', 'account_masters.master_id') }} as account
    from account_masters
    inner join accounts on account_masters.record_id = accounts.account_id
    left join accounts as masters on account_masters.master_id = masters.account_id
),

known_contacts as (
    select
        contacts.*,
        contact_masters.master_id as person_id,
        coalesce(companies.account, {{ own_id('contacts.account_id') }}) as account
    from contacts
    inner join contact_masters on contacts.contact_id = contact_masters.record_id
    left join companies on contacts.account_id = companies.account_id
),

known_leads as (
    select
        leads.*,
        converted_contacts.contact_id as known_contact_id,
        coalesce(converted_contacts.person_id, masters.converted_contact_id, leads.converted_contact_id, lead_masters.master_id) as person_id,
        coalesce(
            companies.account, converted_contacts.account, {{ account_named('leads.website', 'leads.converted_account_id') }}
        ) as account,
        converted_contacts.email as contact_email,
        converted_contacts.user_id as contact_user_id,
        converted_contacts.mobile_phone as contact_mobile_phone
    from leads
    inner join lead_masters on leads.lead_id = lead_masters.record_id
    left join leads as masters on lead_masters.master_id = masters.lead_id
    left join
        known_contacts as converted_contacts
        on coalesce(masters.converted_contact_id, leads.converted_contact_id) = converted_contacts.contact_id
    left join companies on leads.converted_account_id = companies.account_id
),

people as (
    select
        contact_id as record_id,
        {{ own_id('person_id') }} as crm_id,
        account,
        email,
        user_id,
        coalesce(mobile_phone, phone) as phone
    from known_contacts
    union all
    select
        lead_id as record_id,
        {{ own_id('person_id') }} as crm_id,
        account,
        coalesce(email, contact_email) as email,
        coalesce(user_id, contact_user_id) as user_id,
        coalesce(mobile_phone, contact_mobile_phone, phone) as phone
    from known_leads
),

-- Deals with the person they are made with: the one the deal names, its primary contact, else the lead it came from.
contacts_of_deals as (
    select
        opportunity_id,
        contact_id
    from contact_roles
    where not is_deleted
    qualify row_number() over (
        partition by opportunity_id
        order by coalesce(is_primary, false) desc, created_at asc nulls last, role_id asc, contact_id asc
    ) = 1
),

leads_of_deals as (
    select
        converted_opportunity_id as opportunity_id,
        min(lead_id) as lead_id
    from leads
    where converted_opportunity_id is not null and not is_deleted
    group by converted_opportunity_id
),

first_stages as (
    select
        record_id,
        fact_value as first_stage
    from steps
    where fact = 'stage' and is_initial
),

last_stage_changes as (
    select * from changes
    where fact = 'stage'
    qualify row_number() over (partition by record_id order by changed_at desc, history_id desc) = 1
),

deals as (
    select
        opportunities.opportunity_id as deal_id,
        opportunities.stage_name,
        first_stages.first_stage,
        opportunities.amount,
        opportunities.currency_iso_code as amount_currency,
        opportunities.type as deal_type,
        opportunities.lead_source,
        opportunities.created_at,
        coalesce(opportunities.is_won, lower(opportunities.stage_name) = 'closed won', false) as is_won,
        coalesce(opportunities.is_closed, opportunities.is_won, lower(opportunities.stage_name) in ('closed won', 'closed lost'), false)
            as is_closed,
        -- The close date is what the company counts by. But a date that was overdue when the deal was closed stays as it was
        -- planned: it counts only if the deal had reached its last open stage by then.
        case
            when last_stage_changes.changed_at is null or last_stage_changes.fact_value <> opportunities.stage_name
                then {{ salesforce_on_day('opportunities.close_date', 'opportunities.created_at', 'opportunities.updated_at') }}
            when
                cast(opportunities.close_date as date) < cast(last_stage_changes.changed_at as date)
                and opportunities.close_date >= coalesce(last_stage_changes.previous_changed_at, opportunities.created_at)
                then opportunities.close_date
            else last_stage_changes.changed_at
        end as closed_at,
        coalesce(
            people.crm_id, {{ own_id('coalesce(opportunities.contact_id, contacts_of_deals.contact_id, leads_of_deals.lead_id)') }}
        ) as crm_id,
        people.email,
        people.phone,
        people.user_id,
        coalesce(companies.account, {{ own_id('opportunities.account_id') }}, people.account) as account,
        opportunities.version_at,
        opportunities.is_deleted,
        opportunities._loaded_at,
        opportunities._file,
        opportunities._row_id
    from opportunities
    left join contacts_of_deals on opportunities.opportunity_id = contacts_of_deals.opportunity_id
    left join leads_of_deals on opportunities.opportunity_id = leads_of_deals.opportunity_id
    left join
        people
        on coalesce(opportunities.contact_id, contacts_of_deals.contact_id, leads_of_deals.lead_id) = people.record_id
    left join companies on opportunities.account_id = companies.account_id
    left join first_stages on opportunities.opportunity_id = first_stages.record_id
    left join last_stage_changes on opportunities.opportunity_id = last_stage_changes.record_id
),

-- A record that was merged into another lives on as that one.
contacts_made as (
    select
        known_contacts.created_at,
        known_contacts.contact_id,
        known_contacts.lead_source,
        known_contacts.utm_source,
        known_contacts.utm_medium,
        known_contacts.utm_campaign,
        known_contacts.gclid,
        people.*,
        known_contacts.version_at,
        known_contacts.is_deleted and known_contacts.master_record_id is null as is_deleted,
        known_contacts._loaded_at,
        known_contacts._file,
        known_contacts._row_id
    from known_contacts
    inner join people on known_contacts.contact_id = people.record_id
),

converted_contacts as (
    select known_contact_id as contact_id
    from known_leads
    where known_contact_id is not null and (not is_deleted or master_record_id is not null)
    group by known_contact_id
),

-- A contact that was a lead has come the lead's way, once.
contacts_come as (
    select
        contacts_made.* replace (
            case when converted_contacts.contact_id is null then contacts_made.utm_source end as utm_source,
            case when converted_contacts.contact_id is null then contacts_made.utm_medium end as utm_medium,
            case when converted_contacts.contact_id is null then contacts_made.utm_campaign end as utm_campaign,
            case when converted_contacts.contact_id is null then contacts_made.gclid end as gclid
        ),
        case
            when converted_contacts.contact_id is null and contacts_made.utm_source is null and contacts_made.utm_medium is null and contacts_made.gclid is null
                then {{ salesforce_channel('contacts_made.lead_source') }}
        end as channel
    from contacts_made
    left join converted_contacts on contacts_made.contact_id = converted_contacts.contact_id
),

conversions as (
    select
        record_id,
        min(changed_at) as converted_at
    from steps
    where fact = 'converted'
    group by record_id
),

leads_come as (
    select
        known_leads.lead_id,
        known_leads.created_at,
        known_leads.lead_source,
        known_leads.utm_source,
        known_leads.utm_medium,
        known_leads.utm_campaign,
        known_leads.gclid,
        case
            when known_leads.utm_source is null and known_leads.utm_medium is null and known_leads.gclid is null
                then {{ salesforce_channel('known_leads.lead_source') }}
        end as channel,
        coalesce(known_leads.is_converted, known_leads.converted_contact_id is not null or known_leads.converted_at is not null) as is_converted,
        coalesce(
            conversions.converted_at,
            {{ salesforce_on_day('known_leads.converted_at', 'known_leads.created_at', 'known_leads.updated_at') }}
        ) as converted_at,
        known_leads.converted_opportunity_id as deal_id,
        people.*,
        known_leads.version_at,
        known_leads.is_deleted and known_leads.master_record_id is null as is_deleted,
        known_leads._loaded_at,
        known_leads._file,
        known_leads._row_id
    from known_leads
    inner join people on known_leads.lead_id = people.record_id
    left join conversions on known_leads.lead_id = conversions.record_id
),

-- Whose the changes are. Of a record that is not at hand no more is known than its id.
records as (
    select
        people.record_id,
        people.crm_id,
        people.email,
        people.phone,
        people.user_id,
        people.account,
        null as deal_id,
        coalesce(contacts_made.is_deleted, leads_come.is_deleted) as is_deleted
    from people
    left join contacts_made on people.record_id = contacts_made.contact_id
    left join leads_come on people.record_id = leads_come.lead_id
    union all
    select
        deal_id as record_id,
        crm_id,
        email,
        phone,
        user_id,
        account,
        deal_id,
        is_deleted
    from deals
),

changed as (
    select
        changes.record_id,
        changes.fact,
        changes.fact_value,
        changes.previous_value,
        changes.changed_at,
        coalesce(records.deal_id, case when changes.record_id like '006%' then changes.record_id end) as deal_id,
        coalesce(records.crm_id, case when changes.record_id not like '006%' then {{ own_id('changes.record_id') }} end) as crm_id,
        records.email,
        records.phone,
        records.user_id,
        records.account,
        changes.changed_at as version_at,
        coalesce(records.is_deleted, false) as is_deleted,
        changes._loaded_at,
        changes._file,
        changes._row_id
    from changes
    left join records on changes.record_id = records.record_id
),

{% for counted, table, id, done in [
    ('tasks_done', 'tasks', 'task_id', "(coalesce(counted.is_closed, false) or lower(counted.status) = 'completed')"),
    ('meetings_held', 'meetings', 'event_id', 'true'),
] -%}
{{ counted }} as (
    select
        counted.*,
        case when counted.what_id like '006%' then counted.what_id end as deal_id,
        coalesce(people.crm_id, case when {{ is_person_id }} then {{ own_id('counted.who_id') }} end) as crm_id,
        people.email,
        people.phone,
        people.user_id,
        coalesce(people.account, companies.account, {{ own_id('counted.account_id') }}) as account
    from {{ table }} as counted
    left join people on counted.who_id = people.record_id
    left join companies on counted.account_id = companies.account_id
    where {{ done }}
),

{% endfor -%}

activities as (
    select
        *,
        case
            when lower(coalesce(task_subtype, '')) = 'call' or lower(coalesce(type, '')) like '%call%' or call_type is not null then 'call'
            when lower(coalesce(task_subtype, '')) like '%email' or lower(coalesce(type, '')) like '%email%' then 'email'
            else lower(coalesce(task_subtype, 'task'))
        end as activity,
        coalesce(completed_at, {{ salesforce_on_day('activity_date', 'created_at', 'updated_at') }}, created_at) as done_at
    from tasks_done
),

contacts_created as (
    {{ events_from('contacts_come', dict(person,
        source_table="'contacts'",
        source_event_id='contact_id',
        event_name="'contact_created'",
        occurred_at='created_at',
        attributes=json_of(['lead_source']),
        **came_through
    )) }}
),

leads_created as (
    {{ events_from('leads_come', dict(person,
        source_table="'leads'",
        source_event_id='lead_id',
        event_name="'lead_created'",
        occurred_at='created_at',
        attributes=json_of(['lead_id', 'lead_source']),
        **came_through
    )) }}
),

leads_converted as (
    {{ events_from('leads_come', dict(person,
        source_table="'leads'",
        source_event_id="lead_id || ':converted'",
        event_name="'lead_converted'",
        occurred_at='converted_at',
        attributes=json_of(['lead_id', 'deal_id']),
    ), where='is_converted') }}
),

statuses_changed as (
    {{ events_from('changed', dict(person,
        source_table="'history'",
        source_event_id="record_id || ':status:' || cast(changed_at as varchar)",
        event_name="'lifecycle_stage_changed'",
        occurred_at='changed_at',
        attributes=changed_from_to('previous_value', 'fact_value'),
    ), where="fact = 'lead_status'") }}
),

owners_changed as (
    {{ events_from('changed', dict(person,
        source_table="'history'",
        source_event_id="record_id || ':owner:' || cast(changed_at as varchar)",
        event_name="'owner_changed'",
        occurred_at='changed_at',
        attributes=json_pairs({'from': 'previous_value', 'to': 'fact_value', 'deal_id': 'deal_id'}),
    ), where="fact = 'owner'") }}
),

consents_changed as (
    {{ events_from('changed', dict(person,
        source_table="'history'",
        source_event_id="record_id || ':opted_out:' || cast(changed_at as varchar)",
        event_name="case when lower(fact_value) in ('true', '1') then 'consent_withdrawn' else 'consent_given' end",
        occurred_at='changed_at',
        attributes=json_pairs({'purpose': "'email'"}),
    ), where="fact = 'opted_out'") }}
),

deals_created as (
    {{ events_from('deals', dict(person,
        source_table="'opportunities'",
        source_event_id='deal_id',
        event_name="'deal_created'",
        occurred_at='created_at',
        attributes=json_pairs({
            'deal_id': 'deal_id', 'stage': 'first_stage', 'amount': 'amount', 'amount_currency': 'amount_currency',
            'deal_type': 'deal_type', 'lead_source': 'lead_source',
        }),
    )) }}
),

deal_stages_changed as (
    {{ events_from('changed', dict(person,
        source_table="'history'",
        source_event_id="record_id || ':stage:' || cast(changed_at as varchar)",
        event_name="'deal_stage_changed'",
        occurred_at='changed_at',
        attributes=json_pairs({'from': 'previous_value', 'to': 'fact_value', 'deal_id': 'deal_id'}),
    ), where="fact = 'stage'") }}
),

deals_closed as (
    {{ events_from('deals', dict(person,
        source_table="'opportunities'",
        source_event_id="deal_id || ':closed'",
        event_name="case when is_won then 'deal_won' else 'deal_lost' end",
        occurred_at='closed_at',
        attributes=json_of(['deal_id', 'amount', 'amount_currency', 'deal_type']),
    ), where='is_closed') }}
),

activities_logged as (
    {{ events_from('activities', dict(person,
        source_table="'tasks'",
        source_event_id='task_id',
        event_name="case when activity = 'call' then 'call_made' else 'sales_activity_logged' end",
        occurred_at='done_at',
        text="nullif(concat_ws('\n', subject, description), '')",
        attributes=json_pairs({
            'activity': 'activity', 'call_type': 'call_type', 'call_duration_seconds': 'call_duration_in_seconds', 'deal_id': 'deal_id',
        }),
    )) }}
),

-- A child is the copy of a meeting in another colleague's calendar, a recurrence the pattern of a series whose meetings are rows too.
meetings_taken as (
    {{ events_from('meetings_held', dict(person,
        source_table="'events'",
        source_event_id='event_id',
        event_name="'meeting_held'",
        occurred_at='coalesce(start_at, activity_date)',
        text="nullif(concat_ws('\n', subject, description), '')",
        attributes=json_pairs({'activity': 'lower(type)', 'duration_minutes': 'duration_in_minutes', 'deal_id': 'deal_id'}),
    ), where="coalesce(start_at, activity_date) <= _loaded_at and not coalesce(is_child, false) and not coalesce(is_recurrence, false) and not coalesce(is_no_show, false)") }}
)

{{ union_all([
    'contacts_created', 'leads_created', 'leads_converted', 'statuses_changed', 'owners_changed', 'consents_changed', 'deals_created',
    'deal_stages_changed', 'deals_closed', 'activities_logged', 'meetings_taken',
]) }}

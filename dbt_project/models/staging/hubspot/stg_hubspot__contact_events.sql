-- What HubSpot knows of a contact's way, told of the person a contact stands for today.

{% set of_person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set lifecycle_stages = ['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer', 'evangelist', 'other'] %}
{% set person_of_contact = 'contacts.person_contact_id, contacts.email, contacts.phone, contacts.user_id, contacts.account_id' %}
{% set person_of_email = 'addresses.crm_id, addresses.phone, addresses.user_id, addresses.account_id' %}

with contacts as (select * from {{ ref('stg_hubspot__contacts') }}),

addresses as (select * from {{ ref('stg_hubspot__addresses') }}),

contact_changes as (
    {{ hubspot_changes('hubspot__contact_property_history', 'contact_id', ['lifecyclestage', 'hubspot_owner_id']) }}
),

contact_forms as (
    {{ latest('hubspot__contact_form_submissions', ['coalesce(conversion_id, ' ~ joined(['contact_id', 'form_id', 'submitted_at']) ~ ')']) }}
),

forms as ({{ latest('hubspot__form_submissions', ['form_id', 'submitted_at', 'answers'], 'updated_at') }}),

contacts_known as (
    select
        *,
        {{ hubspot_word('original_source') }} as source_word
    from contacts
    where contact_id = person_contact_id
),

contacts_created as (
    {{ events_from('contacts_known', dict(of_person,
        source_table="'contacts'",
        source_event_id='contact_id',
        event_name="'contact_created'",
        occurred_at='created_at',
        channel="case source_word
            when 'organicsearch' then 'organic_search'
            when 'paidsearch' then 'paid_search'
            when 'emailmarketing' then 'email'
            when 'socialmedia' then 'organic_social'
            when 'organicsocial' then 'organic_social'
            when 'paidsocial' then 'paid_social'
            when 'referrals' then 'referral'
            when 'othercampaigns' then 'other'
            when 'directtraffic' then 'direct'
            when 'aireferrals' then 'ai_assistant'
            when 'offline' then 'offline'
            when 'offlinesources' then 'offline'
        end",
        campaign="case
            when source_word in ('paidsearch', 'emailmarketing', 'othercampaigns') and lower(original_source_1) not like 'auto-tagged%' then original_source_1
            when source_word in ('socialmedia', 'organicsocial', 'paidsocial') then original_source_2
        end",
        page_url='first_url',
        referrer_url='first_referrer',
        attributes=json_pairs({'original_source': 'original_source'}),
    )) }}
),

contact_steps as (
    select
        contact_changes.contact_id,
        contact_changes.name,
        contact_changes.value,
        contact_changes.changed_at,
        lag(contact_changes.value) over (partition by contact_changes.contact_id, contact_changes.name order by contact_changes.changed_at) as previous_value,
        contact_changes.version_at,
        contact_changes._loaded_at,
        contact_changes._file,
        contact_changes._row_id
    from contact_changes
    where contact_changes.value is not null and not contact_changes.is_deleted
),

-- Only where a contact has no history do its own columns say when it came to a stage.
lifecycle_histories as (
    select contact_id
    from contact_steps
    where name = 'lifecyclestage'
    group by contact_id
),

lifecycle_dates as (
    {% for stage in lifecycle_stages -%}
    select
        contact_id,
        '{{ stage }}' as value,
        became_{{ stage }}_at as changed_at,
        {{ loop.index }} as place,
        version_at,
        _loaded_at,
        _file,
        _row_id
    from contacts_known
    where became_{{ stage }}_at is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

lifecycle_dated as (
    select
        lifecycle_dates.contact_id,
        'lifecyclestage' as name,
        lifecycle_dates.value,
        lifecycle_dates.changed_at,
        lag(lifecycle_dates.value) over (partition by lifecycle_dates.contact_id order by lifecycle_dates.changed_at, lifecycle_dates.place) as previous_value,
        lifecycle_dates.version_at,
        lifecycle_dates._loaded_at,
        lifecycle_dates._file,
        lifecycle_dates._row_id
    from lifecycle_dates
    left join lifecycle_histories on lifecycle_dates.contact_id = lifecycle_histories.contact_id
    where lifecycle_histories.contact_id is null
),

all_contact_steps as (
    select * from contact_steps
    union all
    select * from lifecycle_dated
),

contact_changed as (
    select
        all_contact_steps.*,
        coalesce(contacts.crm_id, {{ own_id('all_contact_steps.contact_id') }}) as crm_id,
        {{ person_of_contact }},
        coalesce(contacts.is_deleted, false) as is_deleted
    from all_contact_steps
    left join contacts on all_contact_steps.contact_id = contacts.contact_id
    where all_contact_steps.value is distinct from all_contact_steps.previous_value
),

lifecycle_stages_changed as (
    {{ events_from('contact_changed', dict(of_person,
        source_table="'contact_property_history'",
        source_event_id=joined(['contact_id', "'lifecyclestage'", 'value', 'cast(changed_at as varchar)']),
        event_name="'lifecycle_stage_changed'",
        occurred_at='changed_at',
        attributes=changed_from_to('previous_value', 'value'),
    ), where="name = 'lifecyclestage'") }}
),

-- The first owner is no other than before.
contact_owners_changed as (
    {{ events_from('contact_changed', dict(of_person,
        source_table="'contact_property_history'",
        source_event_id="contact_id || ':hubspot_owner_id:' || cast(changed_at as varchar)",
        event_name="'owner_changed'",
        occurred_at='changed_at',
        attributes=changed_from_to('previous_value', 'value'),
    ), where="name = 'hubspot_owner_id' and previous_value is not null") }}
),

-- Where the visit to a form came from is not told, so it is taken for a step within one's own site unless its address has a tag.
contact_forms_sent as (
    select
        contact_forms.*,
        coalesce(contacts.crm_id, {{ own_id('contact_forms.contact_id') }}) as crm_id,
        {{ person_of_contact }},
        coalesce(contacts.is_deleted, false) as is_contact_deleted
    from contact_forms
    left join contacts on contact_forms.contact_id = contacts.contact_id
),

contact_forms_submitted as (
    {{ events_from('contact_forms_sent', dict(of_person,
        source_table="'contact_form_submissions'",
        source_event_id='coalesce(conversion_id, ' ~ joined(['contact_id', 'form_id', 'cast(submitted_at as varchar)']) ~ ')',
        event_name="'form_submitted'",
        occurred_at='submitted_at',
        is_deleted='is_deleted or is_contact_deleted',
        page_url='page_url',
        referrer_url='page_url',
        attributes=json_pairs({'form_id': 'form_id', 'form': 'title', 'form_type': 'form_type'}),
    )) }}
),

form_answers as (
    select
        _file,
        _row_id,
        unnest({{ json_texts('answers') }}) as answer
    from forms
),

form_emails as (
    select
        _file,
        _row_id,
        min({{ json_value('answer', 'value') }}) as email
    from form_answers
    where {{ json_value('answer', 'name') }} = 'email'
    group by _file, _row_id
),

form_seconds as (
    select
        form_id,
        date_trunc('second', submitted_at) as submitted_second
    from contact_forms
    group by form_id, date_trunc('second', submitted_at)
),

-- Submissions that are not listed with their contact as well.
forms_sent as (
    select
        forms.*,
        form_emails.email,
        {{ person_of_email }},
        coalesce(addresses.is_deleted, false) as is_contact_deleted
    from forms
    inner join form_emails on forms._file = form_emails._file and forms._row_id = form_emails._row_id
    left join addresses on lower(trim(form_emails.email)) = addresses.address
    left join form_seconds on forms.form_id = form_seconds.form_id and date_trunc('second', forms.submitted_at) = form_seconds.submitted_second
    where form_seconds.form_id is null
),

forms_submitted as (
    {{ events_from('forms_sent', dict(of_person,
        source_table="'form_submissions'",
        source_event_id=joined(['form_id', 'cast(submitted_at as varchar)', 'lower(trim(email))']),
        event_name="'form_submitted'",
        occurred_at='submitted_at',
        is_deleted='is_deleted or is_contact_deleted',
        page_url='page_url',
        referrer_url='page_url',
        attributes=json_of(['form_id']),
    )) }}
)

{{ union_all(['contacts_created', 'lifecycle_stages_changed', 'contact_owners_changed', 'contact_forms_submitted', 'forms_submitted']) }}

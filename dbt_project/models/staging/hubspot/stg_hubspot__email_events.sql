-- What became of each e-mail, and who wants to get any.

{% set of_person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'account_id': 'account_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set person_of_email = 'addresses.crm_id, addresses.phone, addresses.user_id, addresses.account_id' %}

with contacts as (select * from {{ ref('stg_hubspot__contacts') }}),

addresses as (select * from {{ ref('stg_hubspot__addresses') }}),

opt_outs as ({{ hubspot_changes('hubspot__contact_property_history', 'contact_id', ['hs_email_optout']) }}),

email_events as ({{ latest('hubspot__email_events', ['event_id']) }}),

email_opens as ({{ latest('hubspot__email_event_opens', ['event_id']) }}),

email_clicks as ({{ latest('hubspot__email_event_clicks', ['event_id']) }}),

email_bounces as ({{ latest('hubspot__email_event_bounces', ['event_id']) }}),

email_status_changes as ({{ latest('hubspot__email_event_status_changes', ['event_id']) }}),

email_campaigns as ({{ latest('hubspot__email_campaigns', ['email_campaign_id'], 'updated_at') }}),

subscription_changes as ({{ latest('hubspot__subscription_changes', ['recipient', 'changed_at', 'changes']) }}),

-- An event that a later one made obsolete counts no more; an address that HubSpot was told to forget is nobody's.
mailed as (
    select
        email_events.event_id,
        email_events.type,
        email_events.occurred_at,
        email_events.is_filtered,
        email_events.email_campaign_id,
        email_campaigns.name as campaign,
        email_events.recipient as email,
        {{ person_of_email }},
        coalesce(email_clicks.url, email_events.url) as url,
        case email_events.device_type when 'COMPUTER' then 'desktop' else email_events.device_type end as device_type,
        coalesce(email_opens.user_agent, email_clicks.user_agent, email_events.user_agent) as user_agent,
        lower(coalesce(email_opens.browser_type, email_clicks.browser_type, email_events.browser_type)) as browser_type,
        coalesce(email_bounces.category, email_events.category) as bounce_category,
        coalesce(email_bounces.status, email_events.status) as bounce_status,
        coalesce(email_status_changes.portal_subscription_status, email_events.portal_subscription_status) as portal_subscription_status,
        coalesce(email_status_changes.subscriptions, email_events.subscriptions) as subscriptions,
        coalesce(email_status_changes.change_source, email_events.change_source) as change_source,
        email_events.version_at,
        email_events.is_deleted
        or email_events.obsoleted_by_id is not null
        or coalesce(lower(email_events.recipient) like '%@gdpr-forgotten.hubspot.com', false)
        or coalesce(addresses.is_deleted, false) as is_deleted,
        email_events._loaded_at,
        email_events._file,
        email_events._row_id
    from email_events
    left join email_opens on email_events.event_id = email_opens.event_id
    left join email_clicks on email_events.event_id = email_clicks.event_id
    left join email_bounces on email_events.event_id = email_bounces.event_id
    left join email_status_changes on email_events.event_id = email_status_changes.event_id
    left join email_campaigns on email_events.email_campaign_id = email_campaigns.email_campaign_id
    left join addresses on lower(trim(email_events.recipient)) = addresses.address
),

-- The ways within the mail servers are nothing that happens to a person; nor is an e-mail that was never sent. A machine that fetches
-- an e-mail for its reader tells nothing of the reader's device.
mails_handled as (
    {{ events_from('mailed', dict(of_person,
        source_table="'email_events'",
        source_event_id='event_id',
        event_name="case when is_filtered and type in ('OPEN', 'CLICK') then 'filtered_' || lower(type) else type end",
        occurred_at='occurred_at',
        campaign='campaign',
        utm_source="case when type = 'CLICK' then 'hs_email' end",
        utm_medium="case when type = 'CLICK' then 'email' end",
        page_url='url',
        device="case when coalesce(browser_type, '') <> 'proxy' and coalesce(lower(user_agent), '') not like '%imageproxy%'
            then coalesce(" ~ device_of('device_type') ~ ', ' ~ device_of('user_agent') ~ ") end",
        attributes=json_pairs({
            'email_campaign_id': 'email_campaign_id',
            'is_filtered': 'case when is_filtered then true end',
            'bounce_category': 'bounce_category',
            'bounce_status': 'bounce_status',
        }),
    ), where="type not in ('PROCESSED', 'DEFERRED', 'DROPPED', 'SUPPRESSED', 'UNBOUNCE', 'STATUSCHANGE')") }}
),

-- Consent to e-mails, of the whole account or of single subscriptions (subscription_ids). The same change is told by an e-mail event
-- and by the timeline of subscriptions, which names that event as its cause.
statuses_changed as (
    select *
    from mailed
    where type = 'STATUSCHANGE' and not is_deleted
),

statuses_listed as (
    select
        *,
        unnest({{ json_texts('subscriptions') }}) as item
    from statuses_changed
),

timeline as (
    select
        subscription_changes.recipient,
        subscription_changes.changed_at,
        subscription_changes.version_at,
        subscription_changes._loaded_at,
        subscription_changes._file,
        subscription_changes._row_id,
        unnest({{ json_texts('subscription_changes.changes') }}) as item
    from subscription_changes
    where not subscription_changes.is_deleted and lower(subscription_changes.recipient) not like '%@gdpr-forgotten.hubspot.com'
),

consent_changes as (
    select
        event_id as cause_id,
        email,
        occurred_at,
        portal_subscription_status as status,
        cast(null as varchar) as subscription_id,
        change_source,
        version_at,
        _loaded_at,
        _file,
        _row_id
    from statuses_changed
    union all
    select
        event_id as cause_id,
        email,
        occurred_at,
        {{ json_value('item', 'status') }} as status,
        {{ json_value('item', 'id') }} as subscription_id,
        change_source,
        version_at,
        _loaded_at,
        _file,
        _row_id
    from statuses_listed
    union all
    select
        coalesce({{ json_value('item', '$.causedByEvent.id') }}, {{ joined(['lower(trim(recipient))', 'cast(changed_at as varchar)']) }}) as cause_id,
        recipient as email,
        changed_at as occurred_at,
        {{ json_value('item', 'change') }} as status,
        {{ json_value('item', 'subscriptionId') }} as subscription_id,
        {{ json_value('item', 'source') }} as change_source,
        version_at,
        _loaded_at,
        _file,
        _row_id
    from timeline
    where {{ json_value('item', 'changeType') }} in ('PORTAL_STATUS', 'SUBSCRIPTION_STATUS')
),

single_consent_changes as (
    select *
    from consent_changes
    where status in ('SUBSCRIBED', 'UNSUBSCRIBED')
    qualify row_number() over (partition by cause_id, status, subscription_id order by version_at desc nulls last, _file asc, _row_id asc) = 1
),

consents_by_cause as (
    select
        *,
        case
            when min(coalesce(subscription_id, '')) over (partition by cause_id, status) <> ''
                then string_agg(subscription_id, ',' order by subscription_id) over (partition by cause_id, status)
        end as subscription_ids
    from single_consent_changes
    qualify row_number() over (partition by cause_id, status order by subscription_id nulls first) = 1
),

-- HubSpot tells the status again and again; only what differs from before is a change.
consents_compared as (
    select
        consents_by_cause.*,
        lag(consents_by_cause.status) over (
            partition by lower(trim(consents_by_cause.email)), consents_by_cause.subscription_ids
            order by consents_by_cause.occurred_at, consents_by_cause.cause_id
        ) as previous_status,
        addresses.person_contact_id,
        {{ person_of_email }},
        coalesce(addresses.is_deleted, false) as is_deleted
    from consents_by_cause
    left join addresses on lower(trim(consents_by_cause.email)) = addresses.address
),

consents_changed as (
    {{ events_from('consents_compared', dict(of_person,
        source_table="'email_events'",
        source_event_id="cause_id || case status when 'SUBSCRIBED' then ':given' else ':withdrawn' end",
        event_name="case status when 'SUBSCRIBED' then 'consent_given' else 'consent_withdrawn' end",
        occurred_at='occurred_at',
        attributes=json_pairs({'purpose': "'email'", 'source': 'change_source', 'subscription_ids': 'subscription_ids'}),
    ), where='status is distinct from previous_status') }}
),

-- The contact's own mark, where no e-mail event tells.
people_with_consents as (
    select person_contact_id
    from consents_compared
    where person_contact_id is not null
    group by person_contact_id
),

opt_out_steps as (
    select
        *,
        lag(value) over (partition by contact_id order by changed_at) as previous_value
    from opt_outs
    where value is not null and not is_deleted
),

contacts_opted as (
    select
        opt_out_steps.* exclude (is_deleted),
        coalesce(contacts.crm_id, {{ own_id('opt_out_steps.contact_id') }}) as crm_id,
        contacts.email,
        contacts.phone,
        contacts.user_id,
        contacts.account_id,
        coalesce(contacts.is_deleted, false) as is_deleted
    from opt_out_steps
    left join contacts on opt_out_steps.contact_id = contacts.contact_id
    left join people_with_consents on contacts.person_contact_id = people_with_consents.person_contact_id
    where people_with_consents.person_contact_id is null
),

contact_consents_changed as (
    {{ events_from('contacts_opted', dict(of_person,
        source_table="'contact_property_history'",
        source_event_id="contact_id || ':hs_email_optout:' || cast(changed_at as varchar)",
        event_name="case value when 'true' then 'consent_withdrawn' else 'consent_given' end",
        occurred_at='changed_at',
        attributes=json_pairs({'purpose': "'email'"}),
    ), where="value is distinct from previous_value and (value = 'true' or previous_value = 'true')") }}
)

{{ union_all(['mails_handled', 'consents_changed', 'contact_consents_changed']) }}

-- The account of a person: the one of their latest event that names one, else their company's e-mail domain.

{{ config(
    materialized='incremental',
    unique_key='person_id',
    meta={'reads': {'all': none}, 'changes': {'person': 'person_id'}},
) }}

with identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

free_mail_domains as (select * from {{ source('journey', 'free_mail_domains') }}),

-- Of a combination only the latest event can be a person's latest; where an identifier is shared every use may be another person's.
account_uses as (
    select
        attributed.person_id,
        combined.account_id,
        combined.account_seen_at as occurred_at,
        combined.account_event_place as event_place
    from {{ ref('int_identifiers_combined') }} as combined
    inner join {{ ref('int_combinations_attributed') }} as attributed on combined.combination_key = attributed.combination_key
    where combined.account_id is not null and attributed.person_id is not null and not attributed.is_shared
    union all
    select
        shared_uses.person_id,
        events.account_id,
        events.occurred_at,
        events.event_place
    from {{ ref('int_shared_uses_attributed') }} as shared_uses
    inner join {{ ref('int_events_recorded') }} as events on shared_uses.event_id = events.event_id
    where shared_uses.is_most_trusted and events.account_id is not null
),

named_accounts as (
    select
        person_id,
        account_id
    from account_uses
    qualify row_number() over (partition by person_id order by occurred_at desc, event_place desc) = 1
),

mail_domains as (
    select
        person_id,
        {{ mail_domain('id_value') }} as domain
    from identifiers
    where id_type = 'email'
    qualify row_number() over (partition by person_id order by first_seen_at nulls last, id_value) = 1
),

company_domains as (
    select mail_domains.*
    from mail_domains
    left join free_mail_domains on mail_domains.domain = free_mail_domains.domain
    where free_mail_domains.domain is null
),

persons as (
    select person_id
    from identifiers
    group by person_id
),

accounted as (
    select
        persons.person_id,
        coalesce(named_accounts.account_id, company_domains.domain) as account_id
    from persons
    left join named_accounts on persons.person_id = named_accounts.person_id
    left join company_domains on persons.person_id = company_domains.person_id
)

select
    *,
    {{ account_key('account_id') }} as account_key
from accounted

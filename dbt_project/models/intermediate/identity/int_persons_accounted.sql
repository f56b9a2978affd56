-- The account of a person: the one of their latest event that names one, else their company's e-mail domain.

with events as (select * from {{ ref('int_events_recorded') }}),

event_persons as (select * from {{ ref('int_events_attributed') }}),

identifiers as (select * from {{ ref('int_identifiers_resolved') }}),

free_mail_domains as (select * from {{ source('journey', 'free_mail_domains') }}),

named_accounts as (
    select
        event_persons.person_id,
        events.account_id
    from events
    inner join event_persons on events.event_id = event_persons.event_id
    where events.account_id is not null and event_persons.person_id is not null
    qualify row_number() over (
        partition by event_persons.person_id
        order by events.occurred_at desc, events.event_id asc
    ) = 1
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
)

select
    persons.person_id,
    coalesce(named_accounts.account_id, company_domains.domain) as account_id
from persons
left join named_accounts on persons.person_id = named_accounts.person_id
left join company_domains on persons.person_id = company_domains.person_id

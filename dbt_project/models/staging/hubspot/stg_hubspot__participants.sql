-- Whom a deal, a ticket, a meeting or a call was about. HubSpot knows no first contact, so the one it has known longest is.
-- Contacts that were deleted are nobody.

with contacts as (select * from {{ ref('stg_hubspot__contacts') }}),

companies as ({{ latest('hubspot__companies', ['company_id'], 'updated_at') }}),

{% set links = [
    ('deal', 'deal_id', {
        'contact': latest('hubspot__deal_contacts', ['deal_id', 'contact_id', 'type_id']),
        'company': latest('hubspot__deal_companies', ['deal_id', 'company_id', 'type_id']),
    }),
    ('ticket', 'ticket_id', {
        'contact': latest('hubspot__ticket_contacts', ['ticket_id', 'contact_id']),
        'company': latest('hubspot__ticket_companies', ['ticket_id', 'company_id']),
    }),
    ('engagement', 'engagement_id', {
        'contact': latest('hubspot__engagement_contacts', ['engagement_id', 'contact_id']),
        'company': latest('hubspot__engagement_companies', ['engagement_id', 'company_id']),
    }),
] -%}
{% set records = [
    ('deal', 'deal_id', latest('hubspot__deals', ['deal_id'], 'updated_at')),
    ('ticket', 'ticket_id', latest('hubspot__tickets', ['ticket_id'], 'updated_at')),
    ('engagement', 'engagement_id', latest('hubspot__engagements', ['engagement_id'], 'updated_at')),
    ('engagement', 'engagement_id', latest('hubspot__meetings', ['engagement_id'], 'updated_at')),
    ('engagement', 'engagement_id', latest('hubspot__calls', ['engagement_id'], 'updated_at')),
] -%}

{% for other in ['contact', 'company'] -%}
{{ other }}_links as (
    {% for object_type, key, linked in links -%}
    select
        '{{ object_type }}' as object_type,
        {{ key }} as object_id,
        {{ other }}_id
    from ({{ linked[other] }}) as linked
    where not is_deleted
    union all
    {% endfor -%}
    {% for object_type, key, rows in records -%}
    select
        '{{ object_type }}' as object_type,
        {{ key }} as object_id,
        unnest({{ hubspot_ids(other ~ '_ids') }}) as {{ other }}_id
    from ({{ rows }}) as listed
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),

{% endfor -%}
people as (
    select
        contact_links.object_type,
        contact_links.object_id,
        coalesce(contacts.person_contact_id, contact_links.contact_id) as person_contact_id,
        coalesce(contacts.crm_id, {{ own_id('contact_links.contact_id') }}) as crm_id,
        contacts.email,
        contacts.phone,
        contacts.user_id,
        contacts.account_id
    from contact_links
    left join contacts on contact_links.contact_id = contacts.contact_id
    where not coalesce(contacts.is_deleted, false)
    qualify row_number() over (
        partition by contact_links.object_type, contact_links.object_id, coalesce(contacts.person_contact_id, contact_links.contact_id)
        order by contacts.email nulls last, contacts.contact_id
    ) = 1
),

ranked_people as (
    select
        *,
        row_number() over (partition by object_type, object_id order by {{ hubspot_oldest('person_contact_id') }}) as place
    from people
),

-- The primary company of a record is linked twice, as the primary one and as any.
first_companies as (
    select
        object_type,
        object_id,
        company_id
    from company_links
    group by object_type, object_id, company_id
    qualify row_number() over (partition by object_type, object_id order by count(*) desc, {{ hubspot_oldest('company_id') }}) = 1
),

accounts as (
    select
        first_companies.object_type,
        first_companies.object_id,
        case
            when not coalesce(companies.is_deleted, false)
                then {{ account_named('coalesce(companies.domain, companies.website)', 'first_companies.company_id') }}
        end as account_id
    from first_companies
    left join companies on first_companies.company_id = companies.company_id
)

select
    coalesce(ranked_people.object_type, accounts.object_type) as object_type,
    coalesce(ranked_people.object_id, accounts.object_id) as object_id,
    coalesce(ranked_people.place, 1) as place,
    ranked_people.person_contact_id,
    ranked_people.crm_id,
    ranked_people.email,
    ranked_people.phone,
    ranked_people.user_id,
    coalesce(accounts.account_id, ranked_people.account_id) as account_id
from ranked_people
full outer join accounts on ranked_people.object_type = accounts.object_type and ranked_people.object_id = accounts.object_id

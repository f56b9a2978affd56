-- A contact that was merged into another is that other one from its first day on. Merges are told twice: by the audit, and by the
-- contact that is left.

with contacts as ({{ latest('hubspot__contacts', ['contact_id'], 'updated_at') }}),

contact_merges as ({{ latest('hubspot__contact_merges', ['merged_id', 'contact_id'], 'merged_at') }}),

companies as ({{ latest('hubspot__companies', ['company_id'], 'updated_at') }}),

all_merges as (
    select
        merged_id,
        contact_id,
        merged_at
    from contact_merges
    where not is_deleted
    union all
    select
        unnest({{ hubspot_ids("concat_ws(';', merged_ids, " ~ replace_all('merged_ids_with_times', ':[0-9]+', '') ~ ")") }}) as merged_id,
        contact_id,
        cast(null as timestamp) as merged_at
    from contacts
),

merged_into_0 as (
    select
        merged_id,
        contact_id
    from all_merges
    where merged_id <> contact_id
    qualify row_number() over (partition by merged_id order by merged_at desc nulls last, {{ hubspot_oldest('contact_id') }}) = 1
),

-- The contact merged into may have been merged on; each round doubles the length of the way that is followed.
{% for round in range(1, 4) -%}
merged_into_{{ round }} as (
    select
        here.merged_id,
        coalesce(further.contact_id, here.contact_id) as contact_id
    from merged_into_{{ round - 1 }} as here
    left join merged_into_{{ round - 1 }} as further on here.contact_id = further.merged_id
),

{% endfor -%}
all_ids as (
    select contact_id from contacts
    union
    select merged_id as contact_id from merged_into_3
    union
    select contact_id from merged_into_3
),

resolved as (
    select
        all_ids.contact_id,
        coalesce(merged_into_3.contact_id, all_ids.contact_id) as person_contact_id
    from all_ids
    left join merged_into_3 on all_ids.contact_id = merged_into_3.merged_id
),

accounted as (
    select
        *,
        coalesce(company_id, {{ first_match('company_ids', '([0-9]+)') }}) as account_company_id
    from contacts
)

select
    resolved.contact_id,
    resolved.person_contact_id,
    {{ own_id('resolved.person_contact_id') }} as crm_id,
    case when persons.contact_id is not null then persons.email else own.email end as email,
    coalesce(persons.mobile_phone, persons.phone, own.mobile_phone, own.phone) as phone,
    coalesce(persons.user_id, own.user_id) as user_id,
    case
        when not coalesce(companies.is_deleted, false)
            then {{ account_named('coalesce(companies.domain, companies.website)', 'persons.account_company_id') }}
    end as account_id,
    concat_ws(';', own.email, own.additional_emails) as all_emails,
    coalesce(persons.is_deleted, own.is_deleted and resolved.contact_id = resolved.person_contact_id, false) as is_deleted,
    own.created_at,
    own.original_source,
    own.original_source_1,
    own.original_source_2,
    own.first_url,
    own.first_referrer,
    {% for stage in ['subscriber', 'lead', 'marketingqualifiedlead', 'salesqualifiedlead', 'opportunity', 'customer', 'evangelist', 'other'] -%}
    own.became_{{ stage }}_at,
    {% endfor -%}
    own.version_at,
    own._loaded_at,
    own._file,
    own._row_id
from resolved
left join contacts as own on resolved.contact_id = own.contact_id
left join accounted as persons on resolved.person_contact_id = persons.contact_id
left join companies on persons.account_company_id = companies.company_id

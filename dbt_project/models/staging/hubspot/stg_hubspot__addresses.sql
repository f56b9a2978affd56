-- Contacts keep the addresses they had before, and those of contacts merged into them.

with contacts as (select * from {{ ref('stg_hubspot__contacts') }}),

contact_emails as (
    select
        unnest({{ all_matches('lower(all_emails)', '[^; ]+') }}) as address,
        person_contact_id,
        crm_id,
        phone,
        user_id,
        account_id,
        is_deleted
    from contacts
)

select *
from contact_emails
qualify row_number() over (partition by address order by is_deleted asc, {{ hubspot_oldest('person_contact_id') }}) = 1

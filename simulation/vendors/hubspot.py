"""HubSpot: contacts with their way through the lifecycle, companies, deals and engagements, as Airbyte's streams written to CSV.

What of a life appears, and when:

- a person in the CRM: contact_created, at the first thing noted of them (a change, a deal, an activity);
- a change of a contact: lifecycle_stage_changed;
- a deal: deal_created; its changes: deal_stage_changed, and deal_won or deal_lost;
- an activity: call_made or meeting_held.

Contacts and deals come once for each state they were in. Who is not in the CRM has nothing here. E-mail and consent are Klaviyo's
to tell.
"""

from __future__ import annotations

from simulation.exports import Export


def _iso(moment: str) -> str:
    return f"strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"


def _about(account: str) -> str:
    """Whom a deal, a call or a meeting is about: lists of one id each, NULL without one."""
    return f"""'["' || person || '"]' as contacts, '["' || {account} || '"]' as companies"""


# One row per person in the CRM, with the moment of the first thing noted.
CONTACTS = """
    noted as (
        select person, changed_at as noted_at from contact_changes
        union all
        select person, created_at as noted_at from deals
        union all
        select person, happened_at as noted_at from activities
    ),

    contacts as (
        select person, min(noted_at) as created_at
        from noted
        join people using (person)
        where is_in_crm
        group by person
    )
"""

EXPORTS = (
    Export(
        "hubspot",
        "contacts",
        kind="csv",
        moment="updatedAt",
        identifiers=("properties_user_id", "properties_email", "properties_phone"),
        sql=f"""
            with {CONTACTS},

            versions as (
                select person, created_at, created_at as updated_at from contacts
                union all
                select person, created_at, signed_up_at as updated_at
                from contacts
                join people using (person)
                where signed_up_at > created_at
            )

            select
                person as id,
                {_iso("created_at")} as "createdAt",
                {_iso("updated_at")} as "updatedAt",
                false as archived,
                crm_email as properties_email,
                case when signed_up_at <= updated_at then user_id end as properties_user_id,
                phone as properties_phone,
                first_name as properties_firstname,
                last_name as properties_lastname,
                country as properties_country,
                account as properties_associatedcompanyid,
                case channel
                    when 'organic_search' then 'ORGANIC_SEARCH'
                    when 'paid_search' then 'PAID_SEARCH'
                    when 'paid_social' then 'PAID_SOCIAL'
                    when 'organic_social' then 'SOCIAL_MEDIA'
                    when 'referral' then 'REFERRALS'
                    when 'email' then 'EMAIL_MARKETING'
                    when 'direct' then 'DIRECT_TRAFFIC'
                end as properties_hs_analytics_source,
                case channel
                    when 'paid_social' then 'Facebook'
                    when 'organic_social' then 'LinkedIn'
                    when 'organic_search' then 'Unknown keywords (SSL)'
                end as properties_hs_analytics_source_data_1,
                case channel when 'organic_search' then 'GOOGLE' end as properties_hs_analytics_source_data_2
            from versions
            join people using (person)
            order by updated_at, person
        """,
    ),
    Export(
        "hubspot",
        "contacts_property_history",
        kind="csv",
        moment="timestamp",
        sql=f"""
            select
                person as "contactId",
                'lifecyclestage' as property,
                stage as value,
                case stage when 'lead' then 'FORM' when 'customer' then 'DEALS' else 'CRM_UI' end as "sourceType",
                {_iso("changed_at")} as timestamp
            from contact_changes
            join people using (person)
            where is_in_crm
            order by changed_at, change
        """,
    ),
    Export(
        "hubspot",
        "companies",
        kind="csv",
        moment="updatedAt",
        sql=f"""
            with {CONTACTS},

            companies as (
                select account, min(created_at) as created_at
                from contacts
                join people using (person)
                where account is not null
                group by account
            )

            select
                account as id,
                {_iso("created_at")} as "createdAt",
                {_iso("created_at")} as "updatedAt",
                false as archived,
                name as properties_name,
                domain as properties_domain,
                industry as properties_industry,
                employee_count as properties_numberofemployees,
                country as properties_country
            from companies
            join accounts using (account)
            order by created_at, account
        """,
    ),
    Export(
        "hubspot",
        "deals",
        kind="csv",
        moment="updatedAt",
        sql=f"""
            select
                deal as id,
                {_iso("created_at")} as "createdAt",
                {_iso("changed_at")} as "updatedAt",
                false as archived,
                concat_ws(' ', first_name, last_name) as properties_dealname,
                'newbusiness' as properties_dealtype,
                'default' as properties_pipeline,
                stage as properties_dealstage,
                (amount_cents / 100)::decimal(18, 2) as properties_amount,
                'USD' as properties_deal_currency_code,
                case when stage in ('closedwon', 'closedlost') then {_iso("closed_at")} end as properties_closedate,
                stage in ('closedwon', 'closedlost') as properties_hs_is_closed,
                stage = 'closedwon' as properties_hs_is_closed_won,
                {_about("deals.account")}
            from deal_changes
            join deals using (deal, person)
            join people using (person)
            where is_in_crm
            order by changed_at, change
        """,
    ),
    Export(
        "hubspot",
        "deals_property_history",
        kind="csv",
        moment="timestamp",
        sql=f"""
            select
                deal as "dealId",
                'dealstage' as property,
                stage as value,
                'CRM_UI' as "sourceType",
                {_iso("changed_at")} as timestamp
            from deal_changes
            join people using (person)
            where is_in_crm
            order by changed_at, change
        """,
    ),
    Export(
        "hubspot",
        "engagements_calls",
        kind="csv",
        moment="properties_hs_timestamp",
        sql=f"""
            select
                activity as id,
                false as archived,
                {_iso("happened_at")} as properties_hs_timestamp,
                title as properties_hs_call_title,
                'COMPLETED' as properties_hs_call_status,
                'OUTBOUND' as properties_hs_call_direction,
                duration_minutes * 60000 as properties_hs_call_duration,
                {_about("account")}
            from activities
            join people using (person)
            where kind = 'call' and is_in_crm
            order by happened_at, activity
        """,
    ),
    Export(
        "hubspot",
        "engagements_meetings",
        kind="csv",
        moment="properties_hs_meeting_start_time",
        sql=f"""
            select
                activity as id,
                false as archived,
                {_iso("happened_at")} as properties_hs_meeting_start_time,
                {_iso("happened_at + to_minutes(duration_minutes)")} as properties_hs_meeting_end_time,
                'COMPLETED' as properties_hs_meeting_outcome,
                title as properties_hs_meeting_title,
                {_about("account")}
            from activities
            join people using (person)
            where kind = 'meeting' and is_in_crm
            order by happened_at, activity
        """,
    ),
)

"""Klaviyo: what was sent and what people did about it, with profiles, metrics and campaigns, as Fivetran's tables.

What of a life appears, and when:

- a mail: email_delivered, email_opened, email_clicked, email_bounced;
- a consent that changes: consent_given or consent_withdrawn, with the campaign where a mail made its reader unsubscribe. A first
  no is no change, for it was never a yes;
- a person who had a mail or was asked for consent: contact_created, at the first of these.

The visit that follows a click is the website's.
"""

from __future__ import annotations

from simulation.exports import Export

METRICS = {
    "Received Email": "VqRcvd",
    "Opened Email": "VqOpnd",
    "Clicked Email": "VqClkd",
    "Bounced Email": "VqBncd",
    "Subscribed to Email Marketing": "VqSubs",
    "Unsubscribed from Email Marketing": "VqUnsb",
}


def _of_mails(metric: str, moment: str) -> str:
    """The events of one metric, of all mails that had this moment."""
    return f"""
        select
            '{METRICS[metric]}-' || mail as id,
            'P' || person as person_id,
            'C' || campaign_no as campaign_id,
            '{METRICS[metric]}' as metric_id,
            '{metric}' as type,
            {moment} as datetime,
            campaign as property_campaign_name
        from mails
        where {moment} is not null
    """


def _of_consents(metric: str, where: str) -> str:
    """The events of one metric, of all changes of consent for which this holds."""
    return f"""
        select
            '{METRICS[metric]}-' || consent as id,
            'P' || consents.person as person_id,
            'C' || campaign_no as campaign_id,
            '{METRICS[metric]}' as metric_id,
            '{metric}' as type,
            changed_at as datetime,
            campaign as property_campaign_name
        from (
            select *, lag(is_given, 1, false) over (partition by person order by changed_at, consent) as was_given
            from consents
            where purpose = 'email'
        ) as consents
        left join mails on consents.person = mails.person and changed_at = unsubscribed_at
        where {where}
    """


EXPORTS = (
    Export(
        "klaviyo",
        "event",
        kind="parquet",
        moment="datetime",
        identifiers=("person_id",),
        # Metric by metric, each in the order of the life table: sorting all of it would double the time.
        sql=" union all by name ".join(
            (
                _of_mails("Received Email", "delivered_at"),
                _of_mails("Opened Email", "opened_at"),
                _of_mails("Clicked Email", "clicked_at"),
                _of_mails("Bounced Email", "bounced_at"),
                _of_consents("Subscribed to Email Marketing", "is_given and not was_given"),
                _of_consents("Unsubscribed from Email Marketing", "was_given and not is_given"),
            )
        ),
    ),
    Export(
        "klaviyo",
        "person",
        kind="csv.gz",
        moment="updated",
        identifiers=("external_id", "email", "phone_number"),
        # A profile is written when it is made, and anew when its person signs up and has an id of ours.
        sql="""
            with moments as (
                select person, sent_at as happened_at from mails
                union all
                select person, changed_at from consents
            ),

            profiles as (
                select person, min(happened_at) as created
                from moments
                group by person
            ),

            versions as (
                select person, created, created as updated
                from profiles
                union all
                select person, created, signed_up_at
                from profiles
                join people using (person)
                where signed_up_at > created
            )

            select
                'P' || person as id,
                created,
                updated,
                email,
                phone as phone_number,
                case when signed_up_at <= updated then user_id end as external_id,
                first_name,
                last_name,
                country
            from versions
            join people using (person)
            order by updated, person
        """,
    ),
    Export(
        "klaviyo",
        "metric",
        kind="csv",
        moment="updated",
        sql=f"""
            select id, name, null::timestamp as updated
            from (values {", ".join(str((id_, name)) for name, id_ in METRICS.items())}) as metrics (id, name)
            order by id
        """,
    ),
    Export(
        "klaviyo",
        "campaign",
        kind="csv",
        moment="updated",
        sql="""
            select 'C' || campaign_no as id, campaign as name, min(subject) as subject, min(sent_at) as updated
            from mails
            where campaign_no is not null
            group by campaign_no, campaign
            order by updated, campaign_no
        """,
    ),
)

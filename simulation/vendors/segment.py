"""Segment: what visitors did on the website, and who they are, as its warehouse tables: pages, tracks, one per event, identifies.

What of a life appears, and when:

- a view: page_viewed. The first of a visit has the tags of the link and the site one came from; to the others one came from our
  own site;
- an action: signed_up or demo_requested, in `tracks` and with the e-mail of the form in a table of its own;
- a browser in which the tracker learns who somebody is: identified, at the sign-up or in the first visit that is known.

Whose id the tracker lost is never identified. What users do in the product is no business of the website's.
"""

from __future__ import annotations

from simulation.exports import Export

SITE = "https://www.ours.example"

# What browsers say of themselves, by the kind of device.
USER_AGENT = """
    case visits.device
        when 'desktop' then 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36'
        when 'mobile' then 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'
        when 'tablet' then 'Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148'
    end
"""

# One call for each action. Who signs up tells who they are, whatever the tracker knew before.
ACTIONS = f"""
    select
        'ajs-track-' || action_no as id,
        acted_at + interval 1 second as received_at,
        acted_at as timestamp,
        cookie as anonymous_id,
        case when is_known or action = 'signed_up' then web_user_id end as user_id,
        action as event,
        case action when 'signed_up' then 'Signed Up' else 'Demo Requested' end as event_text,
        '{SITE}' || case action when 'signed_up' then '/signup' else '/demo' end as context_page_url,
        '{SITE}/' as context_page_referrer,
        {USER_AGENT} as context_user_agent,
        email
    from web_actions
    join visits using (visit, person)
    join people using (person)
"""


def _table_of(event: str) -> Export:
    """The table of one event, with its properties."""
    return Export(
        "segment",
        event,
        kind="parquet",
        moment="timestamp",
        identifiers=("user_id", "email", "anonymous_id"),
        sql=f"select * from ({ACTIONS}) where event = '{event}' order by timestamp, id",
    )


EXPORTS = (
    Export(
        "segment",
        "pages",
        kind="parquet",
        moment="timestamp",
        identifiers=("user_id", "anonymous_id"),
        # What a visit says is put together once, before it meets its views; DuckDB would do so for each of them.
        # Views keep the order of their life table: sorting them would take half as long again.
        sql=f"""
            with first_views as (select visit, min(view) as first_view from views group by visit),

            browsing as materialized (
                select
                    visit,
                    first_view,
                    cookie,
                    case when is_known then web_user_id end as user_id,
                    referrer as external_referrer,
                    case visits.channel
                        when 'paid_search' then 'google'
                        when 'paid_social' then 'facebook'
                        when 'email' then case when mail is null then 'newsletter' else 'klaviyo' end
                    end as utm_source,
                    case visits.channel
                        when 'paid_search' then 'cpc'
                        when 'paid_social' then 'paid_social'
                        when 'email' then 'email'
                    end as utm_medium,
                    visits.campaign as utm_campaign,
                    '?' || nullif(concat_ws(
                        '&',
                        'utm_source=' || utm_source,
                        'utm_medium=' || utm_medium,
                        'utm_campaign=' || url_encode(utm_campaign),
                        click_id
                    ), '') as tags,
                    {USER_AGENT} as user_agent
                from visits
                join first_views using (visit)
                join people using (person)
            )

            select
                'ajs-page-' || view as id,
                viewed_at + interval 1 second as received_at,
                viewed_at as timestamp,
                cookie as anonymous_id,
                user_id,
                path,
                concat('{SITE}', path, case when view = first_view then tags end) as url,
                case when view = first_view then external_referrer else '{SITE}/' end as referrer,
                case when view = first_view then utm_source end as context_campaign_source,
                case when view = first_view then utm_medium end as context_campaign_medium,
                case when view = first_view then utm_campaign end as context_campaign_name,
                user_agent as context_user_agent
            from views
            join browsing using (visit)
        """,
    ),
    Export(
        "segment",
        "tracks",
        kind="parquet",
        moment="timestamp",
        identifiers=("user_id", "anonymous_id"),
        sql=f"select * exclude (email) from ({ACTIONS}) order by timestamp, id",
    ),
    _table_of("signed_up"),
    _table_of("demo_requested"),
    Export(
        "segment",
        "identifies",
        kind="parquet",
        moment="timestamp",
        identifiers=("user_id", "email", "anonymous_id"),
        # A browser may be shared: each of its users is told once.
        sql="""
            with known as (
                select person, cookie, started_at as known_at
                from visits
                where is_known
                union all
                select person, cookie, acted_at
                from web_actions
                join visits using (visit, person)
                where action = 'signed_up'
            ),

            first_known as (
                select person, cookie, min(known_at) as known_at
                from known
                group by person, cookie
            )

            select
                'ajs-identify-' || md5(person || cookie) as id,
                known_at + interval 1 second as received_at,
                known_at as timestamp,
                cookie as anonymous_id,
                web_user_id as user_id,
                email,
                first_name,
                last_name
            from first_known
            join people using (person)
            where web_user_id is not null
            order by timestamp, id
        """,
    ),
)

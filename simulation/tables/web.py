"""What happens on the website: visits with their browser and where they came from, page views, and what visitors did there.

Use of the product is `product`.
"""

from __future__ import annotations

from simulation.decisions import CHANNEL_NAMES
from simulation.rules import DEVICES, PATHS
from simulation.tables.marketing import CAMPAIGN_NAMES, mail_names
from simulation.tables.sql import Scope, looked_up, words
from simulation.web import ACTIONS, PRICING

LANDING = {
    "organic_search": "/blog/getting-started",
    "paid_search": "/features",
    "paid_social": "/customers",
    "referral": "/integrations",
}
REFERRERS = {
    "organic_search": "https://www.google.com/",
    "paid_search": "https://www.google.com/",
    "paid_social": "https://www.facebook.com/",
    "organic_social": "https://www.linkedin.com/",
    "referral": "https://partner.example/tools",
}


def tables(scope: Scope) -> dict[str, str]:
    """`visits`, `views`, `web_actions`."""
    first_id = scope.first_id
    return {
        "visits": f"""
            with told as (
                select
                    drawn_visits.*,
                    {first_id} + drawn_visits.position as visit,
                    {looked_up(CHANNEL_NAMES, "drawn_visits.channel")} as channel_name,
                    drawn_mails.number as mail_number,
                    (browser + {first_id}) * 2654435761 % 4294967296 as looks_random
                from drawn_visits
                left join drawn_mails on drawn_visits.mail = drawn_mails.position
            )

            select
                visit,
                person,
                started_at,
                lower(to_hex(looks_random * 1048576 + browser)) || '-' || {scope.world.seed} as cookie,
                {looked_up(DEVICES, "told.device")} as device,
                channel_name as channel,
                case
                    when mail >= 0 then {looked_up(mail_names(scope.world), "mail_number")}
                    else {looked_up(CAMPAIGN_NAMES, "campaign")}
                end as campaign,
                coalesce({words(LANDING.values())}[list_position({words(LANDING)}, channel_name)], '/') as landing_path,
                {words(REFERRERS.values())}[list_position({words(REFERRERS)}, channel_name)] as referrer,
                case channel_name
                    when 'paid_search' then 'gclid=g' || lower(to_hex(visit))
                    when 'paid_social' then 'fbclid=f' || lower(to_hex(visit))
                end as click_id,
                is_known,
                case when mail >= 0 then {first_id} + mail end as mail
            from told
            join people on told.row = people.row
            order by visit
        """,
        # The first view of a visit is of the page its channel leads to, but whoever wants the price goes there at once.
        "views": f"""
            with told as (
                select
                    *,
                    {first_id} + position as view,
                    {first_id} + visit as visit_id,
                    visit is distinct from lag(visit) over (order by position) as is_first
                from drawn_views
            )

            select
                view,
                visit_id as visit,
                person,
                viewed_at,
                case when is_first and path <> {PRICING} then landing_path else {looked_up(PATHS, "path")} end as path
            from told
            join visits on told.visit_id = visits.visit
            order by viewed_at, view
        """,
        "web_actions": f"""
            select
                {first_id} + drawn_visits.position as action_no,
                {first_id} + drawn_visits.position as visit,
                person,
                acted_at,
                {looked_up(ACTIONS, "action")} as action
            from drawn_visits
            join people on drawn_visits.row = people.row
            where action >= 0
            order by acted_at, action_no
        """,
    }

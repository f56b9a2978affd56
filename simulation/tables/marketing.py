"""What the company sends and pays for to be known: campaigns, days of ads, e-mails, and the consent to get them.

The visits that come of it are the website's.
"""

from __future__ import annotations

from datetime import timedelta

from simulation.rules import CAMPAIGNS
from simulation.tables.sql import Scope, looked_up
from simulation.web import newsletter_days
from simulation.world import World

FIRST_AD, FIRST_MAIL = 1, 100  # campaign numbers of ads and of mails
CAMPAIGN_NAMES = [campaign.name for campaign in CAMPAIGNS]


def mail_names(world: World) -> list[str]:
    """What each mail is called, by its number: the welcome, and the newsletters by their day."""
    days = [world.calendar.start + timedelta(days=int(day)) for day in newsletter_days(world)]
    return ["welcome", *(f"newsletter {day:%Y-%m-%d}" for day in days)]


def tables(scope: Scope) -> dict[str, str]:
    """`campaigns`, `ad_days`, `mails`, `consents`."""
    first_id, names = scope.first_id, mail_names(scope.world)
    ads = [(FIRST_AD + number, known.name, known.channel, known.platform or "") for number, known in enumerate(CAMPAIGNS)]
    mails = [(FIRST_MAIL + number, name, "email", "klaviyo") for number, name in enumerate(names)]
    return {
        "campaigns": f"""
            select
                campaign_no::bigint as campaign_no,
                campaign,
                channel,
                nullif(platform, '') as platform
            from (values {", ".join(map(str, ads + mails))}) as listed (campaign_no, campaign, channel, platform)
        """,
        "ad_days": f"""
            select
                {looked_up([campaign.platform or "" for campaign in CAMPAIGNS], "campaign")} as platform,
                {FIRST_AD} + campaign as campaign_no,
                {looked_up(CAMPAIGN_NAMES, "campaign")} as campaign,
                {scope.start}::date + day::int as day,
                impressions,
                clicks,
                spend_cents,
                conversions
            from drawn_ad_days
            order by day, campaign_no
        """,
        "mails": f"""
            select
                {first_id} + drawn_mails.position as mail,
                person,
                {FIRST_MAIL} + number as campaign_no,
                {looked_up(names, "number")} as campaign,
                case when number = 0 then 'Welcome!' else 'What is new' end as subject,
                sent_at,
                delivered_at,
                opened_at,
                clicked_at,
                bounced_at,
                unsubscribed_at
            from drawn_mails
            join people on drawn_mails.row = people.row
            order by sent_at, mail
        """,
        "consents": f"""
            select
                {first_id} + drawn_consents.position as consent,
                person,
                'email' as purpose,
                is_given,
                changed_at
            from drawn_consents
            join people on drawn_consents.row = people.row
            order by changed_at, consent
        """,
    }

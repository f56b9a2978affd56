"""Who people are to the systems: their names, addresses and ids, and the companies they work at.

What they do stands with the other subjects.
"""

from __future__ import annotations

from simulation.decisions import CHANNEL_NAMES
from simulation.rules import ARCHETYPES, COUNTRIES, DEVICES
from simulation.tables.sql import Scope, chosen, looked_up

FORENAMES = (
    *("Ada", "Bob", "Cleo", "Dora", "Emil", "Fay", "Gus", "Hana"),
    *("Ivo", "June", "Kofi", "Lena", "Milo", "Nora", "Omar", "Pia"),
)
SURNAMES = ("Adler", "Berg", "Costa", "Dietz", "Engel", "Frost", "Garcia", "Holm", "Ito", "Jansen", "Kaya", "Lindt", "Moreau")
FREE_MAIL = ("gmail.com", "outlook.com", "gmx.de")
COMPANY_WORDS = ("Acme", "Bluefin", "Cobalt", "Dune", "Ember", "Fjord", "Grove", "Harbor", "Iris", "Juniper", "Kestrel", "Larch")
INDUSTRIES = ("software", "retail", "logistics", "consulting", "education", "manufacturing", "health")
LANGUAGES = {"DE": "de", "FR": "fr", "NL": "nl", "PL": "pl"}

COMPANY = chosen(COMPANY_WORDS, "account", 13)
DOMAIN = f"lower({COMPANY}) || '-' || account || '.example'"


def tables(_: Scope) -> dict[str, str]:
    """`people`, whose `row` is their position in the drawn frames, and `accounts`."""
    return {"people": PEOPLE, "accounts": ACCOUNTS}


def _address(kind: str) -> str:
    """The address a system has of somebody, by the drawn kind: the usual, an alias, a second one, one with a letter missing."""
    return f"""
        case {kind}
            when 1 then replace(email, '@', '+work@')
            when 2 then 'private.' || local_part || '@freemail.example'
            when 3 then substr(email, 1, 2) || substr(email, 4)
            else email
        end
    """


PEOPLE = f"""
    with named as (
        select
            *,
            {chosen(FORENAMES, "person", 11)} as first_name,
            {chosen(SURNAMES, "person", 17)} as last_name,
            lower(first_name || '.' || last_name || '.' || to_hex(person)) as local_part,
            printf('%08d', person) as digits
        from drawn_people
    ),

    addressed as (
        select
            *,
            case
                when account > 0 then local_part || '@' || {DOMAIN}
                else local_part || '.invented@' || {chosen(FREE_MAIL, "person", 5)}
            end as email
        from named
    )

    select
        person,
        nullif(account, 0) as account,
        case when role = 1 then 'member' else 'owner' end as role,
        first_name,
        last_name,
        email,
        {_address("crm_address")} as crm_email,
        {_address("billing_address")} as billing_email,
        {_address("support_address")} as support_email,
        -- Surveys are sent to the contacts of the CRM.
        {_address("crm_address")} as survey_email,
        case when person % 5 < 2 then '+4930' || lpad((person * 7919 % 100000000)::varchar, 8, '0') end as phone,
        'usr_' || digits as user_id,
        case when not is_lost_on_web then 'usr_' || digits end as web_user_id,
        case when is_legacy_in_product then 'legacy_' else 'usr_' end || digits as product_user_id,
        'dev-' || lower(to_hex(person * 2654435761 % 4294967296 * 65536 + person % 65536)) as device_id,
        {looked_up(COUNTRIES, "country")} as country,
        {looked_up([LANGUAGES.get(name, "en") for name in COUNTRIES], "country")} as language,
        {looked_up(CHANNEL_NAMES, "channel")} as channel,
        {looked_up(DEVICES, "device")} as device,
        {looked_up(ARCHETYPES, "archetype")} as archetype,
        is_in_crm,
        visited_at,
        signed_up_at,
        position as row
    from addressed
    order by person
"""

# Those at which somebody works who is known to work there: its first person, or one who signed up.
ACCOUNTS = f"""
    select
        account,
        {COMPANY} || ' ' || account as name,
        {DOMAIN} as domain,
        {chosen(INDUSTRIES, "account", 19)} as industry,
        5 + account * 37 % 400 as employee_count,
        min_by(country, person) as country
    from people
    where account is not null and (signed_up_at is not null or person = account)
    group by account
    order by account
"""

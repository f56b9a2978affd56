"""What people say: tickets with the words their mood calls for, the comments on them, and answers to surveys."""

from __future__ import annotations

from simulation.leaving import BAD_MOOD, DETRACTION
from simulation.rules import TOPICS
from simulation.tables.sql import Scope, chosen, looked_up
from simulation.voices import BUG

SUBJECTS = {
    "how_to": ("How do I share a report?", "Where can I change the owner?", "Question about templates"),
    "bug": ("Export stops half way", "Dashboard shows an error", "Alerts arrive twice"),
    "billing": ("Question about our invoice", "Charged for too many seats", "Change of billing address"),
    "integration": ("Webhook is not called", "Import from a spreadsheet", "Connecting our single sign-on"),
}
BAD_TEXTS = (
    "This is the third time and I am really annoyed. Nothing works as promised and we lose hours every week.",
    "I am disappointed. It is broken again, nobody helps, and we are thinking about leaving.",
    "Terrible experience. It fails every single day and your answers are useless.",
)
FLAT_TEXTS = (
    "Could you tell me how this is meant to work? I could not find it in the documentation.",
    "We would like to change this setting. What do we have to do?",
    "It does not behave as I expected. Please have a look when you can.",
)
GOOD_TEXTS = (
    "We love the product, thank you! Just a small question before we roll it out to everybody.",
    "Great work on the last release. One thing would make it perfect for us.",
    "Thanks for the quick help last time, you are wonderful. Here is another question.",
)

# What the customer asks, what is replied, and what a customer says who opens the ticket anew.
COMMENTS = """
    select
        3 * ticket as comment,
        ticket,
        person,
        opened_at as written_at,
        true as is_by_customer,
        text
    from tickets
    union all
    select 3 * ticket + 1, ticket, person, first_reply_at, false, 'Thank you for writing. Here is what you can do.'
    from tickets
    where first_reply_at is not null
    union all
    select 3 * ticket + 2, ticket, person, reopened_at, true, 'It happened again, please have another look.'
    from tickets
    where reopened_at is not null
    order by written_at, comment
"""


def tables(scope: Scope) -> dict[str, str]:
    """`tickets`, `comments`, `answers`."""
    number = "drawn_tickets.position"
    subjects = "\n".join(f"when '{topic}' then {chosen(SUBJECTS[topic], number, 3)}" for topic in TOPICS)
    return {
        "tickets": f"""
            select
                {scope.first_id} + drawn_tickets.position as ticket,
                person,
                opened_at,
                {looked_up(TOPICS, "drawn_tickets.topic")} as topic,
                case {looked_up(TOPICS, "drawn_tickets.topic")} {subjects} end as subject,
                case
                    when mood < -0.33 then {chosen(BAD_TEXTS, number, 3)}
                    when mood < 0.33 then {chosen(FLAT_TEXTS, number, 3)}
                    else {chosen(GOOD_TEXTS, number, 3)}
                end as text,
                mood,
                case when mood < {BAD_MOOD} then 'high' when drawn_tickets.topic = {BUG} then 'normal' else 'low' end as priority,
                first_reply_at,
                solved_at,
                reopened_at,
                case when rated_at is not null and is_content then 'good' when rated_at is not null then 'bad' end as rating,
                rated_at
            from drawn_tickets
            join people on drawn_tickets.row = people.row
            order by opened_at, ticket
        """,
        "comments": COMMENTS,
        "answers": f"""
            select
                {scope.first_id} + drawn_answers.position as answer,
                person,
                sent_at,
                answered_at,
                case when answered_at is not null then score::int end as score,
                case
                    when answered_at is null or drawn_answers.position % 3 > 0 then null
                    when score <= {DETRACTION} then 'Too slow and too many errors.'
                    when score <= 8 then 'Does what it should.'
                    else 'My team would not want to be without it.'
                end as comment
            from drawn_answers
            join people on drawn_answers.row = people.row
            order by sent_at, answer
        """,
    }

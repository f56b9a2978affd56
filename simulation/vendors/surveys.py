"""Surveys: who was asked for a recommendation and what they answered, as the records of Delighted written to CSV.

What of a life appears, and when:

- a survey: survey_sent; people come once for each survey they were sent;
- its answer: nps_answered, with the user id.
"""

from __future__ import annotations

from simulation.exports import Export

EXPORTS = (
    Export(
        "surveys",
        "people",
        kind="csv",
        moment="last_sent_at",
        identifiers=("email", "phone_number"),
        sql="""
            with asked as (select person, min(sent_at) as created_at from answers group by person)

            select
                person as id,
                concat_ws(' ', first_name, last_name) as name,
                survey_email as email,
                phone as phone_number,
                epoch(created_at)::bigint as created_at,
                epoch(sent_at)::bigint as last_sent_at
            from answers
            join asked using (person)
            join people using (person)
            order by sent_at, answer
        """,
    ),
    Export(
        "surveys",
        "survey_responses",
        kind="csv",
        moment="created_at",
        identifiers=("person_properties_user_id", "person_email"),
        sql="""
            select
                answer as id,
                person,
                survey_email as person_email,
                case when signed_up_at <= answered_at then user_id end as person_properties_user_id,
                'nps' as survey_type,
                score,
                comment,
                epoch(answered_at)::bigint as created_at,
                epoch(answered_at)::bigint as updated_at
            from answers
            join people using (person)
            where answered_at is not null
            order by answered_at, answer
        """,
    ),
)

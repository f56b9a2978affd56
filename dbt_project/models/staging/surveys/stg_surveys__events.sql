-- A response is one event for each score that was given, or one without a score. A score that its question does not allow is no answer
-- to it: the survey was answered, and what was written stands in the attributes.

{% set person = {
    'user_id': 'user_id', 'anonymous_id': 'anonymous_id', 'email': 'email', 'phone': 'phone', 'crm_id': 'crm_id',
    'account_id': 'account', 'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}
{% set new_line = "'\n'" %}
{% set scored_kinds = "('nps', 'csat', 'ces')" %}

with responses as ({{ latest('surveys__responses', ["coalesce(response_id, _file || '|' || _row_id)"], 'updated_at') }}),

people as ({{ latest('surveys__people', ['person_id']) }}),

sendings_known as (
    {{ latest('surveys__people', ['person_id', 'last_sent_at']) }}
),

unsubscribes as ({{ latest('surveys__unsubscribes', ['person_id', 'user_id', 'email', 'phone', 'unsubscribed_at']) }}),

bounces as ({{ latest('surveys__bounces', ['person_id', 'email', 'bounced_at']) }}),

qualtrics_responses as ({{ latest('surveys__qualtrics_responses', ['response_id'], 'updated_at') }}),

qualtrics_surveys as ({{ latest('surveys__qualtrics_surveys', ['survey_id'], 'updated_at') }}),

qualtrics_questions as ({{ latest('surveys__qualtrics_questions', ['survey_id', 'question_id']) }}),

qualtrics_answers as (
    {{ latest('surveys__qualtrics_answers', [
        'coalesce(answer_id, ' ~ joined(['response_id', 'question_id', 'sub_question_key', 'question_option_key', 'loop_id']) ~ ')',
    ]) }}
),

qualtrics_contacts as ({{ latest('surveys__qualtrics_contacts', ['contact_id'], 'updated_at') }}),

qualtrics_distributions as ({{ latest('surveys__qualtrics_distributions', ['distribution_id'], 'updated_at') }}),

qualtrics_sendings as ({{ latest('surveys__qualtrics_sendings', ['distribution_id', 'contact_id']) }}),

-- Responses of whatever tool, with the person who gave them.
asked as (
    select
        responses.* replace (
            coalesce(responses.user_id, responses.customer_id, people.user_id) as user_id,
            coalesce(responses.email, people.email) as email,
            coalesce(responses.phone, people.phone) as phone
        ),
        {{ own_id('responses.person_id') }} as crm_id,
        coalesce({{ domain_of('responses.account_id') }}, responses.account_id) as account,
        coalesce(responses.nps_score, responses.csat_score, responses.ces_score) is not null as has_named_scores
    from responses
    left join people on responses.person_id = people.person_id
),

inner_answers as (
    select
        _file,
        _row_id,
        unnest({{ json_elements('answers') }}) as answer
    from responses
),

-- SatisMeter lists every question of a survey with its measure; the first is the rating of the response itself.
measured as (
    select
        _file,
        _row_id,
        {{ json_value('answer', '$.id') }} as answer_id,
        {{ json_value('answer', '$.value') }} as score_text,
        {{ json_value('answer', '$.metric') }} as kind,
        coalesce({{ json_value('answer', '$.name') }} = 'SM_rating', false) as is_rating
    from inner_answers
    where {{ json_value('answer', '$.metric') }} in {{ scored_kinds }}
),

ratings as (
    select
        _file,
        _row_id,
        min(kind) as kind
    from measured
    where is_rating
    group by _file, _row_id
),

further_answers as (
    select * from measured
    where not is_rating and score_text is not null
),

answers as (
    select
        asked._file,
        asked._row_id,
        cast(null as varchar) as answer_key,
        coalesce(
            {{ survey_kind('asked.kind') }},
            ratings.kind,
            case when lower(asked.answer_group) in ('promoter', 'passive', 'detractor') then 'nps' end,
            {{ survey_kind('asked.survey') }},
            {{ survey_kind('asked._file') }}
        ) as kind,
        asked.score as score_text,
        asked.scale,
        asked.comment
    from asked
    left join ratings on asked._file = ratings._file and asked._row_id = ratings._row_id
    where not asked.has_named_scores and (asked.score is not null or asked.comment is not null or not coalesce(asked.is_dismissed, false))
    {% for kind in ['nps', 'csat', 'ces'] -%}
    union all
    select
        _file,
        _row_id,
        '{{ kind }}' as answer_key,
        '{{ kind }}' as kind,
        {{ kind }}_score as score_text,
        scale,
        case
            when {{ {'nps': 'true', 'csat': 'nps_score is null', 'ces': 'coalesce(nps_score, csat_score) is null'}[kind] }} then comment
        end as comment
    from asked
    where has_named_scores and {{ kind }}_score is not null
    {% endfor -%}
    union all
    select
        _file,
        _row_id,
        answer_id as answer_key,
        kind,
        score_text,
        null as scale,
        null as comment
    from further_answers
),

plain_answers as (
    select
        'responses' as told_in,
        asked.response_id || coalesce(':' || answers.answer_key, '') as answer_id,
        asked.answered_at,
        asked.survey,
        answers.kind,
        answers.score_text,
        answers.scale,
        answers.comment,
        asked.user_id,
        asked.anonymous_id,
        asked.email,
        asked.phone,
        asked.crm_id,
        asked.account,
        {{ device_of('asked.device_type') }} as device,
        asked.version_at,
        asked.is_deleted,
        asked._loaded_at,
        asked._file,
        asked._row_id
    from answers
    inner join asked on answers._file = asked._file and answers._row_id = asked._row_id
),

-- Responses at Qualtrics. What was only tried out or taken for spam is none; 1, 2 and 8 are its numbers for these.
contacts_of_responses as (
    select
        response_id,
        max(contact_id) as contact_id
    from qualtrics_sendings
    where response_id is not null and not is_deleted
    group by response_id
),

qualtrics_asked as (
    select
        qualtrics_responses.*,
        {{ own_id('contacts_of_responses.contact_id') }} as crm_id,
        coalesce(qualtrics_responses.email, qualtrics_contacts.email) as contact_email,
        coalesce(qualtrics_responses.user_id, qualtrics_contacts.user_id) as contact_user_id,
        qualtrics_contacts.phone,
        coalesce(qualtrics_surveys.survey_name, qualtrics_responses.survey_id) as survey
    from qualtrics_responses
    left join contacts_of_responses on qualtrics_responses.response_id = contacts_of_responses.response_id
    left join qualtrics_contacts on contacts_of_responses.contact_id = qualtrics_contacts.contact_id
    left join qualtrics_surveys on qualtrics_responses.survey_id = qualtrics_surveys.survey_id
    where coalesce(lower(qualtrics_responses.status), '0') not in ('1', '2', '8', 'survey preview', 'survey test', 'spam')
),

qualtrics_answered as (
    select
        qualtrics_answers.response_id,
        qualtrics_answers.question_id,
        concat_ws(':', qualtrics_answers.question_id, qualtrics_answers.sub_question_key, qualtrics_answers.loop_id) as answer_key,
        {{ survey_kind(
            "concat_ws(' ', qualtrics_questions.question_type, qualtrics_questions.selector, qualtrics_questions.data_export_tag, "
            ~ "qualtrics_answers.question_id)"
        ) }} as kind,
        qualtrics_answers.value,
        coalesce(qualtrics_answers.text, qualtrics_answers.value) as words,
        coalesce(qualtrics_questions.question_type = 'TE', qualtrics_answers.question_id like '%TEXT', false) as is_text
    from qualtrics_answers
    inner join qualtrics_asked on qualtrics_answers.response_id = qualtrics_asked.response_id
    left join
        qualtrics_questions
        on qualtrics_asked.survey_id = qualtrics_questions.survey_id and qualtrics_answers.question_id = qualtrics_questions.question_id
    where not qualtrics_answers.is_deleted and upper(qualtrics_answers.question_id) not like '%NPS_GROUP'
),

qualtrics_scores as (
    select
        *,
        row_number() over (partition by response_id order by kind desc, answer_key asc) as place
    from qualtrics_answered
    where kind in {{ scored_kinds }} and not is_text and try_cast(value as double) is not null
),

qualtrics_texts as (
    select
        response_id,
        string_agg(words, {{ new_line }} order by question_id) as comment
    from qualtrics_answered
    where is_text and words is not null
    group by response_id
),

qualtrics_plain as (
    select
        'qualtrics_responses' as told_in,
        qualtrics_asked.response_id || coalesce(':' || qualtrics_scores.answer_key, '') as answer_id,
        qualtrics_asked.answered_at,
        qualtrics_asked.survey,
        qualtrics_scores.kind,
        qualtrics_scores.value as score_text,
        cast(null as varchar) as scale,
        case when coalesce(qualtrics_scores.place, 1) = 1 then qualtrics_texts.comment end as comment,
        qualtrics_asked.contact_user_id as user_id,
        cast(null as varchar) as anonymous_id,
        qualtrics_asked.contact_email as email,
        qualtrics_asked.phone,
        qualtrics_asked.crm_id,
        cast(null as varchar) as account,
        cast(null as varchar) as device,
        qualtrics_asked.version_at,
        qualtrics_asked.is_deleted,
        qualtrics_asked._loaded_at,
        qualtrics_asked._file,
        qualtrics_asked._row_id
    from qualtrics_asked
    left join qualtrics_scores on qualtrics_asked.response_id = qualtrics_scores.response_id
    left join qualtrics_texts on qualtrics_asked.response_id = qualtrics_texts.response_id
    where qualtrics_scores.response_id is not null or coalesce(qualtrics_asked.is_finished, true)
),

all_answers as (
    select * from plain_answers
    union all
    select * from qualtrics_plain
),

numbered as (
    select
        *,
        try_cast(score_text as double) as score,
        try_cast({{ first_match('scale', '([0-9]+)[^0-9]*$') }} as double) as highest_score
    from all_answers
),

judged as (
    select
        *,
        case
            when kind = 'nps' then coalesce(score between 0 and 10 and score = floor(score), false)
            else coalesce(kind in {{ scored_kinds }} and score between 0 and coalesce(highest_score, score), false)
        end as is_score
    from numbered
),

told as (
    select
        *,
        case when is_score then kind || '_answered' else 'survey_answered' end as event_name,
        case
            when is_score and kind = 'nps' then case when score >= 9 then 'promoter' when score >= 7 then 'passive' else 'detractor' end
        end as nps_group,
        case when not is_score then score end as raw_score,
        nullif(concat_ws({{ new_line }}, case when score is null then score_text end, comment), '') as words
    from judged
),

-- Who was sent a survey, and who no longer wants any.
people_sent as (
    select
        sendings_known.person_id,
        sendings_known.last_sent_at as sent_at,
        {{ own_id('sendings_known.person_id') }} as crm_id,
        people.email,
        people.phone,
        people.user_id,
        people.version_at,
        people.is_deleted,
        sendings_known._loaded_at,
        sendings_known._file,
        sendings_known._row_id
    from sendings_known
    inner join people on sendings_known.person_id = people.person_id
),

qualtrics_sent as (
    select
        qualtrics_sendings.distribution_id,
        qualtrics_sendings.contact_id,
        qualtrics_sendings.sent_at,
        coalesce(qualtrics_surveys.survey_name, qualtrics_distributions.survey_id) as survey,
        {{ own_id('qualtrics_sendings.contact_id') }} as crm_id,
        qualtrics_contacts.email,
        qualtrics_contacts.phone,
        qualtrics_contacts.user_id,
        qualtrics_sendings.version_at,
        qualtrics_sendings.is_deleted,
        qualtrics_sendings._loaded_at,
        qualtrics_sendings._file,
        qualtrics_sendings._row_id
    from qualtrics_sendings
    left join qualtrics_contacts on qualtrics_sendings.contact_id = qualtrics_contacts.contact_id
    left join qualtrics_distributions on qualtrics_sendings.distribution_id = qualtrics_distributions.distribution_id
    left join qualtrics_surveys on qualtrics_distributions.survey_id = qualtrics_surveys.survey_id
),

{% for relation, table, moment in [('people_gone', 'unsubscribes', 'unsubscribed_at'), ('mail_bounced', 'bounces', 'bounced_at')] -%}
{{ relation }} as (
    select
        {{ table }}.{{ moment }},
        {{ own_id(table ~ '.person_id') }} as crm_id,
        coalesce({{ table }}.email, people.email) as email,
        {% if table == 'unsubscribes' -%}
        coalesce(unsubscribes.phone, people.phone) as phone,
        coalesce(unsubscribes.user_id, people.user_id) as user_id,
        {%- else -%}
        people.phone,
        people.user_id,
        {%- endif %}
        coalesce({{ table }}.person_id, {{ table }}.email, {% if table == 'unsubscribes' %}unsubscribes.user_id, unsubscribes.phone{% else %}''{% endif %})
            as subject_id,
        {{ table }}.version_at,
        {{ table }}.is_deleted,
        {{ table }}._loaded_at,
        {{ table }}._file,
        {{ table }}._row_id
    from {{ table }}
    left join people on {{ table }}.person_id = people.person_id
),

{% endfor -%}

surveys_answered as (
    {{ events_from('told', dict(person,
        source_table='told_in',
        source_event_id='answer_id',
        event_name='event_name',
        occurred_at='answered_at',
        device='device',
        text='words',
        attributes=json_pairs({
            'survey': 'survey', 'score': "case when is_score then score end", 'group': 'nps_group',
            'scale': "case when is_score and kind = 'nps' then '0 to 10' when is_score then scale end",
            'kind': "case when not is_score then kind end", 'raw_score': 'raw_score',
        }),
    )) }}
),

{% set known_person = {
    'user_id': 'user_id', 'email': 'email', 'phone': 'phone', 'crm_id': 'crm_id', 'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}

surveys_sent as (
    {{ events_from('people_sent', dict(known_person,
        source_table="'people'",
        source_event_id="person_id || ':sent:' || cast(sent_at as varchar)",
        event_name="'survey_sent'",
        occurred_at='sent_at',
    )) }}
),

surveys_distributed as (
    {{ events_from('qualtrics_sent', dict(known_person,
        source_table="'qualtrics_sendings'",
        source_event_id="distribution_id || ':' || contact_id",
        event_name="'survey_sent'",
        occurred_at='sent_at',
        attributes=json_of(['survey']),
    )) }}
),

unsubscribed as (
    {{ events_from('people_gone', dict(known_person,
        source_table="'unsubscribes'",
        source_event_id="subject_id || ':' || cast(unsubscribed_at as varchar)",
        event_name="'consent_withdrawn'",
        occurred_at='unsubscribed_at',
        attributes=json_pairs({'purpose': "case when email is null and phone is not null then 'sms' else 'email' end"}),
    )) }}
),

opted_out as (
    {{ events_from('qualtrics_contacts', {
        'source_table': "'qualtrics_contacts'",
        'source_event_id': "contact_id || ':' || cast(unsubscribed_at as varchar)",
        'event_name': "'consent_withdrawn'",
        'occurred_at': 'unsubscribed_at',
        'user_id': 'user_id',
        'email': 'email',
        'phone': 'phone',
        'crm_id': own_id('contact_id'),
        'attributes': json_pairs({'purpose': "'email'"}),
        'version_at': 'version_at',
        'is_deleted': 'is_deleted',
    }, where='coalesce(is_unsubscribed, true)') }}
),

bounced as (
    {{ events_from('mail_bounced', dict(known_person,
        source_table="'bounces'",
        source_event_id="subject_id || ':' || cast(bounced_at as varchar)",
        event_name="'email_bounced'",
        occurred_at='bounced_at',
    )) }}
)

{{ union_all(['surveys_answered', 'surveys_sent', 'surveys_distributed', 'unsubscribed', 'opted_out', 'bounced']) }}

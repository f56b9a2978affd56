-- An event is what its metric is called. A click brings somebody to the site and says through which medium; what was delivered or
-- opened brings nobody. Of a profile that was deleted nothing is left but its number.

{% set person = {
    'crm_id': 'crm_id', 'email': 'email', 'phone': 'phone', 'user_id': 'user_id', 'anonymous_id': 'anonymous_id',
    'version_at': 'version_at', 'is_deleted': 'is_deleted',
} %}

with events as (select * from {{ source('raw', 'klaviyo__events') }}),

profiles as ({{ latest('klaviyo__profiles', ['coalesce(profile_id, email, phone)'], 'updated_at') }}),

metrics as ({{ latest('klaviyo__metrics', ['id'], 'updated_at') }}),

campaigns as ({{ latest('klaviyo__campaigns', ['id'], 'updated_at') }}),

flows as ({{ latest('klaviyo__flows', ['id'], 'updated_at') }}),

people as (
    select
        profile_id as person_id,
        {{ own_id('profile_id') }} as crm_id,
        {% for column, from_column in {'email': 'email', 'phone': 'phone', 'user_id': 'external_id', 'anonymous_id': 'anonymous_id'}.items() -%}
        case when not is_deleted then {{ from_column }} end as {{ column }},
        {% endfor -%}
        coalesce(profile_id, email, phone) as profile_key,
        created_at,
        {% for purpose in ['email', 'sms'] -%}
        upper({{ purpose }}_consent) as {{ purpose }}_consent,
        {{ purpose }}_consent_at,
        {% endfor -%}
        version_at,
        is_deleted,
        _loaded_at,
        _file,
        _row_id
    from profiles
),

named as (
    select
        events.*,
        coalesce(nullif(events.metric_name, 'event'), metrics.name, events.metric_id) as event_name,
        lower(coalesce(nullif(events.metric_name, 'event'), metrics.name)) as metric,
        coalesce(campaigns.name, flows.name, events.campaign_name) as campaign,
        coalesce(people.crm_id, {{ own_id('events.person_id') }}) as crm_id,
        people.email as person_email,
        people.phone as person_phone,
        people.user_id,
        people.anonymous_id,
        case
            when {{ json_value('events.attributes', '$.attributes') }} is not null
                then {{ json_value('events.attributes', '$.attributes.event_properties') }}
            else {{ replace_all('events.attributes', '([{,])"property_?([a-z0-9_]+)":', '\\1"\\2":') }}
        end as properties
    from events
    left join metrics on events.metric_id = metrics.id
    left join campaigns on coalesce(events.campaign_id, events.message_id) = campaigns.id
    left join flows on events.flow_id = flows.id
    left join people on events.person_id = people.person_id
),

understood as (
    select
        *,
        metric in ('clicked email', 'clicked sms', 'clicked push', 'opened push') as is_click,
        case
            when
                metric in (
                    'subscribed to list', 'subscribed to email marketing',
                    'unsubscribed', 'unsubscribed from list', 'unsubscribed from email marketing'
                )
                then 'email'
            when metric in ('consented to receive sms', 'subscribed to sms marketing', 'unsubscribed from sms', 'unsubscribed from sms marketing')
                then 'sms'
        end as purpose,
        case
            when metric like '% email' then 'email'
            when metric like '% sms' then 'sms'
            when metric like '% push' then 'push'
        end as medium,
        case metric when 'placed order' then value when 'refunded order' then -abs(value) end as money,
        coalesce(url, page) as visited_url
    from named
),

-- Who cancels an order is given back what has not gone back before, if the order was placed at all. Klaviyo asks for the number of
-- the order as the key of all its events.
orders as (
    select
        event_key,
        min(event_id) filter (where metric in ('cancelled order', 'canceled order')) as cancelled_by,
        -sum(money) as money_back,
        max(money) as bought_amount,
        min(currency) filter (where metric = 'placed order') as bought_currency
    from understood
    where event_key is not null and not coalesce(is_deleted, deleted_at is not null, false)
    group by event_key
    having cancelled_by is not null and bought_amount > 0 and money_back < 0
),

priced as (
    select
        understood.*,
        coalesce(understood.money, orders.money_back) as revenue_amount,
        {{ currency_in('coalesce(orders.bought_currency, understood.currency)') }} as money_in
    from understood
    left join orders on understood.event_id = orders.cancelled_by
),

consent_said as (
    select
        person_id,
        purpose,
        count(*) as event_count
    from understood
    where purpose is not null
    group by person_id, purpose
),

consents as (
    {% for purpose in ['email', 'sms'] -%}
    select
        people.*,
        '{{ purpose }}' as purpose,
        people.{{ purpose }}_consent_at as consent_at,
        case people.{{ purpose }}_consent when 'SUBSCRIBED' then 'consent_given' when 'UNSUBSCRIBED' then 'consent_withdrawn' end as event_name
    from people
    left join consent_said on people.person_id = consent_said.person_id and consent_said.purpose = '{{ purpose }}'
    where consent_said.person_id is null
    {%- if not loop.last %}
    union all
    {% endif %}
    {%- endfor %}
),

happened as (
    {{ events_from('priced', dict(person,
        source_table="'events'",
        source_event_id='event_id',
        event_name='event_name',
        occurred_at='occurred_at',
        email='person_email',
        phone='person_phone',
        version_at='synced_at',
        is_deleted='coalesce(is_deleted, deleted_at is not null, false)',
        campaign='campaign',
        utm_source="case when is_click then case medium when 'email' then 'klaviyo' else medium end end",
        utm_medium='case when is_click then medium end',
        page_url="case when is_click or " ~ contains_match('visited_url', '[?&]utm_') ~ " or " ~ click_id_of('visited_url') ~ " is not null then visited_url end",
        device=device_of("concat_ws(' ', client_os, os, client_type)"),
        revenue_amount='revenue_amount',
        currency='case when revenue_amount is not null then money_in end',
        text="case when metric = 'sent sms' then message_body end",
        attributes=json_merged('properties', json_pairs({
            'purpose': 'purpose',
            'value': 'case when revenue_amount is null then value end',
        })),
    )) }}
),

contacts_created as (
    {{ events_from('people', dict(person,
        source_table="'profiles'",
        source_event_id='profile_key',
        event_name="'contact_created'",
        occurred_at='created_at',
    )) }}
),

consents_told as (
    {{ events_from('consents', dict(person,
        source_table="'profiles'",
        source_event_id=joined(['profile_key', 'purpose', 'event_name']),
        event_name='event_name',
        occurred_at='consent_at',
        attributes=json_of(['purpose']),
    ), where='event_name is not null') }}
)

{{ union_all(['happened', 'contacts_created', 'consents_told']) }}

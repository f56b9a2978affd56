-- How long customers stayed, as far as that is known. Who is silent may only be pausing, so nobody is judged on the last
-- churn.inactive_days before the pulse's records end: whoever shows a sign of life in them was there when they began, and is
-- followed until then; whoever does not was lost at their last one. A pause that ended in a return is no loss.

with pulses as (select * from {{ ref('int_pulses_spanned') }}),

hours as (select * from {{ ref('int_event_hours_counted') }}),

churn_event_types as (select * from {{ source('journey', 'churn_event_types') }}),

settings as (select * from {{ source('journey', 'settings') }}),

-- Each system has its own end of the pulse, whatever else it still tells; one with less than a hundredth of it has no say.
source_ends as (
    select
        hours.source,
        max(hours.last_occurred_at) as last_pulse_at
    from hours
    inner join churn_event_types on hours.event_type = churn_event_types.event_type
    group by hours.source
    qualify sum(hours.event_count) >= 0.01 * sum(sum(hours.event_count)) over ()
),

observation_ends as (
    select {{ add_hours('min(source_ends.last_pulse_at)', '-24.0 * min(settings.churn_inactive_days)') }} as known_until
    from source_ends
    cross join settings
)

select
    pulses.customer_id,
    pulses.first_pulse_at,
    pulses.last_pulse_at,
    observation_ends.known_until,
    pulses.last_pulse_at < observation_ends.known_until as is_lost,
    {{ hours_between('pulses.first_pulse_at', 'least(pulses.last_pulse_at, observation_ends.known_until)') }} / 24 as lifetime_days,
    {{ hours_between('pulses.first_pulse_at', 'observation_ends.known_until') }} / 24 as followed_days
from pulses
inner join observation_ends on pulses.first_pulse_at <= observation_ends.known_until

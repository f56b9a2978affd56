{#
  Time until something happens, when for some it has not happened yet: the product-limit estimator (E. L. Kaplan, P. Meier, JASA 53,
  1958) with Greenwood's variance and the interval that is symmetric in log(-log). Whoever has not arrived by the end of what is known
  is "censored": at risk until then, and no evidence of anything after it.

  Each macro writes common table expressions of a model, to be put between its others. Sums run over decimals: they are exact, so
  that the same rows give the same digits in whatever order and on however many threads they are added.
#}

{#
  The curve of each group of a relation with one row per subject: <name>_curve has the groups' columns and, per duration at which it
  happened to somebody,
    at_risk_count       subjects that had not left before it
    event_count         subjects for whom it happened (before others leave, in one moment), and total_event_count those so far
    survival_rate       share for whom it has not happened by then; survival_low and survival_high are its 95 % interval, NULL while
                        nothing has happened (1) and when it has happened to all (0)
  `asked` is a relation with the groups' columns and a duration of that name at which a row is wanted though it happens to nobody.
  Many subjects are sorted faster by one number than by several texts: give groups a quick_key.
#}
{% macro survival_curve(name, relation, groups, duration, is_observed, asked=none) %}
    {%- set by = groups | join(', ') -%}
{{ name }}_subjects as (
    select
        {{ by }},
        {{ duration }} as duration,
        1 as left_count,
        case when {{ is_observed }} then 1 else 0 end as event_count,
        0 as asked_count
    from {{ relation }}
    {%- if asked %}
    union all
    select
        {{ by }},
        duration,
        0 as left_count,
        0 as event_count,
        1 as asked_count
    from {{ asked }}
    {%- endif %}
),

{{ name }}_leaving as (
    select
        {{ by }},
        duration,
        cast(sum(left_count) as bigint) as left_count,
        cast(sum(event_count) as bigint) as event_count,
        sum(event_count) + sum(asked_count) > 0 as is_shown
    from {{ name }}_subjects
    group by {{ by }}, duration
),

{{ name }}_at_risk as (
    select
        *,
        cast(sum(left_count) over (partition by {{ by }} order by duration desc) as bigint) as at_risk_count
    from {{ name }}_leaving
),

{# A tenth of a billionth of a billionth is the least share of 400,000 subjects' variance that matters: hence 17 digits. -#}
{{ name }}_summed as (
    select
        *,
        cast(sum(event_count) over so_far as bigint) as total_event_count,
        max(case when event_count > 0 and event_count = at_risk_count then 1 else 0 end) over so_far = 1 as is_over,
        cast(sum(cast(
            case when event_count > 0 and event_count < at_risk_count
                then ln(1 - cast(event_count as double) / at_risk_count) else 0 end as decimal(18, 16)
        )) over so_far as double) as log_survival,
        cast(sum(cast(
            case when event_count > 0 and event_count < at_risk_count
                then cast(event_count as double) / at_risk_count / (at_risk_count - event_count) else 0 end as decimal(18, 17)
        )) over so_far as double) as greenwood
    from {{ name }}_at_risk
    where is_shown
    window so_far as (partition by {{ by }} order by duration)
),

{{ name }}_curve as (
    select
        {{ by }},
        duration,
        at_risk_count,
        event_count,
        total_event_count,
        case when is_over then 0.0 else round(exp(log_survival), 12) end as survival_rate,
        case when not is_over and log_survival < 0
            then exp(log_survival * exp(1.959964 * sqrt(greenwood) / -log_survival)) end as survival_low,
        case when not is_over and log_survival < 0
            then exp(log_survival * exp(1.959964 * sqrt(greenwood) / log_survival)) end as survival_high
    from {{ name }}_summed
)
{%- endmacro %}

{#
  The same curve with what lies under it: <name>_areas adds restricted_mean, the mean duration when everybody is followed up to the
  row's duration and no longer.
#}
{% macro survival_areas(name, groups) %}
    {%- set by = groups | join(', ') -%}
{{ name }}_stretches as (
    select
        *,
        coalesce(lag(survival_rate) over so_far, 1.0) * (duration - coalesce(lag(duration) over so_far, 0)) as area
    from {{ name }}_curve
    window so_far as (partition by {{ by }} order by duration)
),

{{ name }}_areas as (
    select
        *,
        cast(sum(cast(area as decimal(18, 9))) over (partition by {{ by }} order by duration) as double) as restricted_mean
    from {{ name }}_stretches
)
{%- endmacro %}

{#
  Over the rows of one group of a curve: the first duration at which it has happened to this fraction, NULL when it never happened to
  so many; and the ends of its 95 % interval, where the curve's own interval gets there. A product of fractions that is a tenth but for
  the last digit is a tenth.
#}
{% macro survival_quantile(fraction, side='') -%}
    {%- set rate = {'': 'survival_rate', '-': 'coalesce(survival_low, survival_rate)', '+': 'survival_high'}[side] -%}
    min(duration) filter (where {{ rate }} <= {{ 1 - fraction }} + 1e-9)
{%- endmacro %}

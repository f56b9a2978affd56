{# Comparing two shares. The columns of a side are <side>_count, <side>_total, <side>_rate, <side>_low and <side>_high. #}

{#
  The 95 % interval of right_rate - left_rate by Newcombe's hybrid score method, built of the Wilson intervals of both
  (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10); side is '-' for its low and '+' for its high end.
#}
{% macro newcombe(side) %}
{%- set near, far = ('low', 'high') if side == '-' else ('high', 'low') -%}
(
    right_rate - left_rate
    {{ side }} sqrt((right_rate - right_{{ near }}) * (right_rate - right_{{ near }}) + (left_{{ far }} - left_rate) * (left_{{ far }} - left_rate))
)
{%- endmacro %}

{# The z of two shares, with their common share in the variance; 0 where nothing varies. #}
{% macro two_proportion_z() %}
{%- set common = '(cast(left_count + right_count as double) / (left_total + right_total))' -%}
coalesce((right_rate - left_rate) / nullif(sqrt({{ common }} * (1 - {{ common }}) * (1.0 / left_total + 1.0 / right_total)), 0), 0)
{%- endmacro %}

{#
  The chance of a normal value as far from 0 as z or farther, in either direction: erfc(|z| / sqrt(2)), by the Chebyshev fit of
  W. H. Press et al., Numerical Recipes in C, 2nd edition, section 6.2 (erfcc), whose relative error is below 1.2e-7 everywhere.
#}
{% macro two_sided_p(z) %}
{%- set scaled = '(abs(' ~ z ~ ') / 1.4142135623730951)' -%}
{%- set fit = '(1.0 / (1.0 + 0.5 * ' ~ scaled ~ '))' -%}
{%- set polynomial = namespace(text='0.17087277') -%}
{%- for factor in (-0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368, -1.26551223) -%}
    {%- set polynomial.text = '(' ~ factor ~ ' + ' ~ fit ~ ' * ' ~ polynomial.text ~ ')' -%}
{%- endfor -%}
case when {{ z }} is not null then least(1.0, {{ fit }} * exp({{ polynomial.text }} - {{ scaled }} * {{ scaled }})) end
{%- endmacro %}

{# What an incremental model must look at again: the keys that others noted, and the rows that landed, since it last saw them. #}

{# Up to which batch a model has seen what was noted: a subquery. #}
{% macro _seen_batch() -%}
(select coalesce(max(built.seen_batch), 0) from working.loads.built as built where built.model = '{{ this.name }}')
{%- endmacro %}

{# The keys of one kind (event, combination, own_id, person, customer) that changed since this model last looked. #}
{% macro changed_keys(kind) -%}
(
    select changed.key from working.loads.changed_keys as changed
    where changed.kind = '{{ kind }}' and changed.batch > {{ _seen_batch() }}
)
{%- endmacro %}

{# The condition that leaves only what changed, by any of the columns of `keys` ({kind: column}) or by `others`; true in a full build. #}
{% macro is_changed(keys, others=[]) -%}
    {%- if is_incremental() -%}
        {%- set found = [] -%}
        {%- for kind, column in keys.items() -%}{%- do found.append(column ~ ' in ' ~ changed_keys(kind)) -%}{%- endfor -%}
        ({{ (found + others) | join(' or ') }})
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

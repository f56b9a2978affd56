{# How many of some keys are there; a key of 0 is none. #}
{% macro count_of(columns) %}({% for column in columns %}cast({{ column }} <> 0 as integer){{ ' + ' if not loop.last }}{% endfor %}){% endmacro %}

{# The columns with the keys of those identifiers, where a model has them. #}
{% macro person_key_columns() %}
    {%- set names = [] -%}
    {%- for column in person_id_columns() -%}{%- do names.append(column ~ '_key') -%}{%- endfor -%}
    {{ return(names) }}
{% endmacro %}

{# What an address is made of on either side of its @, and what an address is, in lower case. #}
{% macro of_address() %}{{ return('[^\\s\\p{Z}@<>()\\[\\]{},;:"|/\\\\?]+') }}{% endmacro %}
{% macro is_address(text) %}{{ matches(text, of_address() ~ '@([\\p{L}\\p{N}_-]+[.])+[\\p{L}][\\p{L}\\p{N}-]*[\\p{L}\\p{N}]') }}{% endmacro %}

{# A number that a spreadsheet rounded when it wrote it: 4.479E+11. #}
{% macro rounded() %}{{ return('[+-]?([0-9]+[.,][0-9]*\\s*[eE][+-]?[0-9]+|[0-9]+[eE][+][0-9]+)') }}{% endmacro %}

{#
  One spelling per identifier, out of a SQL text: without blanks, quotes and separators around it and what cannot be seen in it, of a letter
  and its accent one sign; of an e-mail the address in lower case, without `mailto:` and the name around it; of a phone its digits, with a
  plus where a country code begins. A user id that is an address is spelt as one. Nothing is refused here: that is refusal_of.
  warehouse/privacy/personal.py has the same, by which people are looked up and erased; a test compares the two.
#}
{% macro spelling_of(id_type, text) %}
    {%- if id_type == 'email' -%}
        case when {{ matches(text, '[a-z0-9][a-z0-9_.+-]*@[a-z0-9][a-z0-9.-]*[a-z0-9]') }} then {{ text }} else {{ address_in(bare(text)) }} end
    {%- elif id_type == 'phone' -%}
        case
            when {{ matches(text, '[+][1-9][0-9]*') }} then {{ text }}
            when not {{ contains_match(text, '[0-9]') }} or {{ contains_match(text, '[0-9]e[+-]?[0-9]') }} then {{ bare(text) }}
            else {{ number_in(text) }}
        end
    {%- else -%}
        case
            {% if id_type == 'user_id' -%}
            when {{ text }} like '%_@_%' and {{ is_address(address_in(bare(text))) }} then {{ address_in(bare(text)) }}
            {% endif -%}
            when {{ matches(text, '[!#-&(-+.-:<-~-]+') }} then {{ text }}
            else {{ bare(text) }}
        end
    {%- endif -%}
{% endmacro %}

{# A text without what stands around an identifier and what cannot be seen in it; NULL when nothing is left. #}
{% macro bare(text) %}nullif({{ replace_all(replace_all(composed(text), unseen(), ''), '^[\\s\\p{Z}"\\x27`;,]+|[\\s\\p{Z}"\\x27`;,]+$', '') }}, ''){% endmacro %}

{# The one address in a text, as it is where there is none or there are several. #}
{% macro address_in(text) %}coalesce({{ only_match("replace(lower(" ~ text ~ "), '%40', '@')", of_address() ~ '@' ~ of_address(), '.') }}, lower({{ text }})){% endmacro %}

{# A phone number as digits, with a plus where it begins with a country: 0049 (0)30 and +49 30 are one. #}
{% macro number_in(text) %}
    {%- set digits = replace_all(replace_all(replace_all(text, '^([^0-9]*(?:[+]|00).*)[(]\\s*0\\s*[)]', '\\1'), '[^0-9+]', ''), '([0-9])[+]+', '\\1') -%}
    {{ replace_all(digits, '^[+]*(?:00|[+])([1-9])', '+\\1') }}
{%- endmacro %}

{# Names of mailboxes that stand for nobody where the site's name is such a word, too: test@test.com, user@example.com. #}
{% macro made_up() %}(
    'test', 'example', 'sample', 'demo', 'dummy', 'fake', 'email', 'mail', 'user', 'username', 'name', 'domain', 'company', 'none', 'no', 'na', 'null',
    'foo', 'bar', 'abc', 'xyz', 'asdf', 'qwerty', 'aa', 'xx', 'aaa', 'xxx', '11', '111', '123', '1234', '12345', '123456', 'admin', 'someone', 'me',
    'you', 'yourname', 'john', 'johndoe', 'doe', 'janedoe', 'mustermann', 'maxmustermann'
){% endmacro %}

{#
  Why a spelt identifier names nobody, NULL where it names somebody: `word` (one for nobody or nothing, zeros, signs), `error` (of a spreadsheet),
  `rounded` (by a spreadsheet), `malformed` (an e-mail that is no address, a phone of fewer than six digits), `dummy` (test@test.com, 1234567890).
  One rule for all types and sources; an own id is judged without its system.
#}
{% macro refusal_of(id_type, spelt) %}
    {%- set value = replace_all(spelt, '^[a-z_]+:', '') if id_type == 'crm_id' else spelt -%}
    {%- set blocked = source('journey', 'blocked_identifiers') -%}
    case
        when {{ spelt }} is null then null
        when {{ matches(value, '[^\\p{L}1-9]*|-1([.]0)?|[fF-]{8,}|[xX*-]{2,}') }} then 'word'
        when ({{ value }} like '#%' or {{ value }} like '%:%') and {{ matches(value, '#[^0-9]*(/0)?[!?]?|[eE]rr:[0-9]+') }} then 'error'
        {% if id_type == 'phone' -%}
        when {{ contains_match(value, '[0-9]e') }} then 'rounded'
        {% else -%}
        when ({{ value }} like '%.%' or {{ value }} like '%,%' or {{ value }} like '%+%') and {{ matches(value, rounded()) }} then 'rounded'
        {% endif -%}
        when {{ word_of(value) }} in (select blocked.id_value from {{ blocked }} as blocked) then 'word'
        {% if id_type == 'email' -%}
        when not {{ is_address(value) }} then 'malformed'
        {% endif -%}
        {% if id_type in ('email', 'user_id') -%}
        {%- set mailbox = "case when " ~ value ~ " like '%@%' then " ~ replace_all("split_part(" ~ value ~ ", '@', 1)", '[._-]|[+].*', '') ~ " end" -%}
        {%- set site = "split_part(split_part(" ~ value ~ ", '@', 2), '.', 1)" -%}
        when
            {{ value }} like '%@%'
            and (
                {{ matches(mailbox, '(no|donot|dont)reply.*') }}
                or ({{ mailbox }}) in (select blocked.id_value from {{ blocked }} as blocked where blocked.is_mailbox)
                or (({{ mailbox }}) in {{ made_up() }} and {{ site }} in {{ made_up() }})
                or (length({{ mailbox }}) = 1 and ({{ mailbox }}) = {{ site }})
            )
            then 'dummy'
        {% elif id_type == 'phone' -%}
        {%- set same = [] -%}{%- for digit in range(10) -%}{%- do same.append(digit ~ '{7,}') -%}{%- endfor -%}
        when not {{ matches(value, '[+]?[0-9]{6,}') }} then 'malformed'
        when
            {{ matches(value, '[0-9+]*(' ~ same | join('|') ~ ')') }}
            or replace(replace({{ value }}, '+', ''), right({{ value }}, 1), '') = ''
            or starts_with('01234567890', replace({{ value }}, '+', ''))
            or starts_with('1234567890', replace({{ value }}, '+', ''))
            or starts_with('9876543210', replace({{ value }}, '+', ''))
            then 'dummy'
        {% endif -%}
    end
{%- endmacro %}

{# A text as it is looked up among the words for nobody: in lower case, without signs around it. #}
{% macro word_of(text) %}{{ trimmed("lower(" ~ text ~ ")", ' []()<>{}!?*._/') }}{% endmacro %}

{# The secret of the home, by which every published key and hash of what names people is keyed (docs/decisions/0024). #}
{% macro home_secret() %}(select home_key.secret from {{ source('identity', 'key') }} as home_key){% endmacro %}

{# The key of one identifier, by its type and its normalised value; NULL without a value. The first word keeps it apart from its published hash. #}
{% macro identifier_key(id_type, value) %}{{ keyed_key(home_secret(), "'key:" ~ id_type ~ ":' || " ~ value) }}{% endmacro %}

{# The key of the customer that an account is; NULL without one. #}
{% macro account_key(account_id) %}{{ keyed_key(home_secret(), "'account:' || " ~ account_id) }}{% endmacro %}

{# An identifier that only its own system gives out, told apart from the same number of another system: zendesk:4711. #}
{% macro own_id(value) %}'{{ source_name() }}:' || {{ value }}{% endmacro %}

{# The name of an account: its internet domain, by which every system knows it, else its system's own id. #}
{% macro account_named(domain, value) %}coalesce({{ domain_of(domain) }}, {{ own_id(value) }}){% endmacro %}

{# The domain of a company's website or e-mail domain, bare; NULL for what is none. #}
{% macro domain_of(website) %}case when {{ url_host(website) }} like '%.%' then {{ url_host(website) }} end{% endmacro %}

{# The name of a session that begins with an event. #}
{% macro session_key(event_id) %}{{ hash_key("'session:' || cast(" ~ event_id ~ " as varchar)") }}{% endmacro %}

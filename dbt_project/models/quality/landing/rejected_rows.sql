-- The row itself stays in the working file: what is published names where it stands and what is wrong with it.

select
    source,
    table_name,
    file,
    line,
    column_name,
    reason,
    'masked, ' || length(raw_row) || ' characters' as raw_row,
    cast({{ worth_of_rejected() }} as decimal(18, 4)) as amount,
    case when amount is not null then currency end as currency
from ({{ rejections() }}) as rejected

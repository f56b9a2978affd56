-- What RudderStack's calls say; the recipe is shared with the other platform of the same specification.

{{ customer_data_platform_events('rudderstack') }}

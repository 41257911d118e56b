select bucket_region, count(*) as buckets, count(tags['env']) as with_env
from {{ source('aws', 's3_bucket') }}
group by all

select i.image_name, i.region, count(*) as versions, max(v.version) as newest
from {{ source('aws', 'images') }} as i
join {{ source('aws', 'image_versions') }} as v using (image_arn)
group by all

count(*), count(id), count(owner), count(DISTINCT owner), count(NULL) FROM image
sum(id), sum(size), sum(1), sum(1.5), sum(id::int) FROM image
sum(id) FROM image WHERE false
avg(id), avg(size), avg(1), avg(1.5), avg(id::int) FROM image
min(id), max(id), min(name), max(name), min(created), max(created), min(size), max(size) FROM image
min(public) FROM image
sum(name) FROM image
avg(created) FROM image
sum(DISTINCT number), avg(DISTINCT number), count(DISTINCT status) FROM version
string_agg(name, ',' ORDER BY id), string_agg(DISTINCT owner, '|' ORDER BY owner), string_agg(name, ', ' ORDER BY id DESC) FROM image
string_agg(id::text, '-' ORDER BY id) FROM image
string_agg(id, ',') FROM image
string_agg(name, ',') FROM image WHERE false
bool_and(public), bool_or(public), every(public) FROM image
bool_and(id) FROM image
count(*) FILTER (WHERE public), sum(size) FILTER (WHERE id > 2), max(name) FILTER (WHERE false) FROM image
stddev(id), stddev_pop(id), stddev_samp(id), variance(id), var_pop(id), var_samp(id) AS vs FROM image
stddev(size), variance(size), var_pop(size) FROM image
stddev(1), stddev_pop(1)
corr(id, size), covar_pop(id, size), covar_samp(id, size) FROM image
regr_slope(size, id), regr_intercept(size, id), regr_count(size, id), regr_r2(size, id) FROM image
percentile_cont(0.5) WITHIN GROUP (ORDER BY size), percentile_disc(0.5) WITHIN GROUP (ORDER BY size), percentile_cont(0.25) WITHIN GROUP (ORDER BY id) FROM image
percentile_cont(0.9) WITHIN GROUP (ORDER BY size DESC), percentile_disc(0.9) WITHIN GROUP (ORDER BY name) FROM image
percentile_cont(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY size) FROM image
mode() WITHIN GROUP (ORDER BY owner), mode() WITHIN GROUP (ORDER BY public) FROM image
bit_and(id), bit_or(id) FROM image
any_value(owner) IS NOT NULL FROM image
max(id) + 1, sum(id) / count(*), sum(number) / count(*), count(*) / 4 FROM image JOIN version ON image_id = id
sum(id) * 1.5, sum(size) / count(*), round(avg(id), 2), round(avg(size)::numeric, 3) FROM image
count(DISTINCT (owner, public)) FROM image
max(labels), min(labels) FROM image
count(image) FROM image
sum(count(*)) FROM image
id, count(*) FROM image
array_agg(number ORDER BY number), array_agg(status ORDER BY number NULLS FIRST) FROM version WHERE image_id = 1
var_samp(id), var_samp(size) FILTER (WHERE id > 2) FROM image
id, var_samp(size) OVER (ORDER BY id) FROM image ORDER BY id
jsonb_agg(DISTINCT id ORDER BY id), json_agg(DISTINCT owner ORDER BY owner NULLS FIRST), jsonb_agg(DISTINCT owner ORDER BY owner DESC) FROM image
jsonb_agg(DISTINCT doc ORDER BY doc), jsonb_agg(DISTINCT doc->'os') FILTER (WHERE id < 4) FROM image
jsonb_agg(DISTINCT name) FROM image WHERE id > 100
corr(1, id), regr_slope(1, 1), regr_r2(1, 1), regr_intercept(1, 1) FROM image
string_agg('ab'::bytea, '-'::bytea) FROM image
sum(v), avg(v), count(v) FROM (VALUES ('1 day'::interval), ('2 days 3 hours'), (NULL)) t(v)
sum(v) FROM (VALUES ('1 day'::interval)) t(v) WHERE false
percentile_cont(-0.5) WITHIN GROUP (ORDER BY id) FROM image
nth_value(id, 0) OVER (ORDER BY id) FROM image
count() FROM image
sum(x) FROM (VALUES (99999999999999999999999999999999999999), (1)) v(x) -- differs: numeric-digits
max(1, 3)
min(id, 2) FROM image
'abc' LIKE 5

ARRAY[1,2,3], ARRAY['a','b'], ARRAY[1, NULL, 3], ARRAY[1, 2.5], ARRAY[true, false], ARRAY[]::int[]
ARRAY[[1,2],[3,4]]
ARRAY[1, 'x']
ARRAY[]
(ARRAY[10,20,30])[1], (ARRAY[10,20,30])[3], (ARRAY[10,20,30])[0], (ARRAY[10,20,30])[4], (ARRAY[10,20,30])[-1]
(ARRAY[10,20,30,40])[2:3], (ARRAY[10,20,30])[2:], (ARRAY[10,20,30])[:2], (ARRAY[10,20,30])[0:1], (ARRAY[10,20,30])[3:2]
(ARRAY[[1,2],[3,4]])[2][1]
labels[1], labels[2], labels[1:2], labels[id], labels[id + 1] FROM image ORDER BY id
ARRAY[1,2] || ARRAY[3], ARRAY[1,2] || 3, 0 || ARRAY[1,2], ARRAY[1] || NULL, ARRAY['a'] || 'b'::text, ARRAY['a'] || '{b,c}'
labels || 'new'::text, labels || ARRAY['z'] FROM image ORDER BY id
ARRAY[1,2] = ARRAY[1,2], ARRAY[1,2] < ARRAY[1,3], ARRAY[1,2] <> ARRAY[2,1], ARRAY[1] < ARRAY[1,2]
ARRAY[1,2,3] @> ARRAY[2,1], ARRAY[1] <@ ARRAY[1,2], ARRAY[1,2] && ARRAY[2,3], ARRAY[1,2] && ARRAY[5], ARRAY[1,2] @> ARRAY[]::int[], ARRAY[1,NULL] @> ARRAY[NULL]::int[]
labels @> ARRAY['base'], labels && ARRAY['lts','lang'], labels @> '{x}' FROM image ORDER BY id
1 = ANY (ARRAY[1,2]), 3 = ANY (ARRAY[1,NULL]), 1 = ALL (ARRAY[1,1]), 5 > ALL (ARRAY[1,2]), 5 <> ALL (ARRAY[5,6]), 1 = ANY ('{1,2}'), 1 = SOME (ARRAY[1])
'base' = ANY (labels), 'x' <> ALL (labels), name = ANY (ARRAY['alpine','x']) FROM image ORDER BY id
id = ANY (ARRAY['1','2']) FROM image
name = ANY (ARRAY[1,2]) FROM image
array_length(ARRAY[1,2,3], 1), array_length(ARRAY[]::int[], 1), array_length(ARRAY[1,2], 2), array_length(ARRAY[[1,2,3],[4,5,6]], 2), array_upper(ARRAY[1,2], 1), array_lower(ARRAY[1], 1)
cardinality(ARRAY[1,2,3]), cardinality(ARRAY[]::int[]), array_ndims(ARRAY[1]), array_ndims(ARRAY[[1],[2]])
array_length(labels, 1), cardinality(labels) FROM image ORDER BY id
array_append(ARRAY[1,2], 3), array_prepend(0, ARRAY[1]), array_cat(ARRAY[1], ARRAY[2,3]), array_append(NULL::int[], 1)
array_remove(ARRAY[1,2,1,NULL], 1), array_remove(ARRAY[1,NULL], NULL), array_replace(ARRAY[1,2,1], 1, 9)
array_position(ARRAY['a','b','c'], 'b'), array_position(ARRAY[1,2], 9), array_position(ARRAY[1,NULL], NULL), array_positions(ARRAY[1,2,1], 1), array_position(ARRAY[1,2,1], 1, 2)
array_fill(7, ARRAY[3]), trim_array(ARRAY[1,2,3], 1), array_sort(ARRAY[3,1,2]), array_reverse(ARRAY[1,2,3])
array_to_string(ARRAY[1,2,3], ','), array_to_json(ARRAY[1,2])
unnest(ARRAY[1,2,3])
unnest(ARRAY['a',NULL])
unnest(ARRAY[1,2]), unnest(ARRAY['a','b','c'])
unnest(ARRAY[]::int[])
unnest(ARRAY[1,2]) * 2
unnest(labels) FROM image ORDER BY id, 1
ARRAY(SELECT id FROM image ORDER BY id), ARRAY(SELECT id FROM image WHERE false)
array_agg(id ORDER BY id DESC), array_agg(name ORDER BY id) FROM image
array_agg(owner ORDER BY id), array_agg(DISTINCT owner ORDER BY owner) FROM image
array_agg(id) FROM image WHERE false
array_agg(id ORDER BY id) FILTER (WHERE public) FROM image
generate_series(1, 5)
generate_series(1, 10, 3)
generate_series(5, 1, -2)
generate_series(5, 1)
generate_series(1, 3), generate_series(1, 2)
generate_series(1.0, 2.0, 0.5)
generate_series(1, 3, 0)
generate_subscripts(ARRAY['a','b','c'], 1)
NULL::int[] || 1, NULL::int[] @> ARRAY[1], (NULL::int[])[1]
array_length(5, 1)
unnest(5)
'a' = ANY ('{a,b}'::text[]), 3 IN (1, 2, 3), 3 NOT IN (1, 2), NULL IN (1, 2), 3 IN (1, NULL), 3 NOT IN (1, NULL)
('abc'::text)[1]
(5)[1]
(ARRAY[10,20,30])[2::int], (ARRAY[10,20,30])[1 + 1], (ARRAY[10,20,30])[length('ab')], (ARRAY[10,20,30])[2::bigint::int - 1]
array_dims(ARRAY[1,2,3]), array_dims(ARRAY[[1,2],[3,4]]), array_dims('{}'::int[])

doc->'os', doc->>'os', doc->'layers', doc->'nope', doc->>'nope' FROM image ORDER BY id
doc->'layers'->0, doc->'layers'->>1, doc->'layers'->-1, doc->'layers'->9 FROM image ORDER BY id
doc->'meta'->'a'->>'b', doc->'meta'->'n', doc->'meta'->>'n' FROM image WHERE id = 1
doc->>'os' = 'linux' AND doc->'meta'->>'n' = '7' FROM image ORDER BY id
doc->>'layers', doc->>'meta', doc->>'tag', doc->'tag' FROM image ORDER BY id
doc#>'{meta,a,b}', doc#>>'{meta,a,b}', doc#>>'{layers,1}', doc#>>'{layers,-1}', doc#>'{}', doc#>>'{ports,0,p}' FROM image ORDER BY id
doc #>> ARRAY['meta','n'] FROM image WHERE id = 1
doc->0, doc->>1, doc->2, doc->>2, doc->3->'three', doc->-1 FROM image WHERE id = 4
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb -> 'a.b'
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb -> '$.a'
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb -> ''
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb -> '*'
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb ->> 'a"b'
'{"a.b": 1, "$.a": 2, "": 3, "*": 4, "a\"b": 5, "0": 6}'::jsonb -> '0'
'{"a": 1}'::jsonb -> 0, '[1,2]'::jsonb -> '0', '5'::jsonb -> 'a'
'{"a": {"b": [10, 20]}}'::jsonb #> '{a,b,1}', '{"a": 1}'::jsonb #> '{a,b}', '{"a/b": {"~": 1}}'::jsonb #>> '{a/b,~}'
'{"a": "x y"}'::json->'a', '{"a": "x y"}'::json->>'a'
'{"a":"line\nbreak \u00e9 \"q\""}'::jsonb->>'a'
doc->name FROM image ORDER BY id
config->'cpu', (config->>'cpu')::int + 1, config->'env'->>'A' FROM version ORDER BY image_id, number
(config->'cpu')::int FROM version ORDER BY image_id, number
(doc->>'size')::numeric * 2, (doc->'size')::float8 FROM image WHERE id = 3
doc ? 'os', doc ? 'nope', doc ?| ARRAY['x', 'os'], doc ?& ARRAY['os', 'layers'] FROM image ORDER BY id
'["a","b"]'::jsonb ? 'a', '"a"'::jsonb ? 'a', '5'::jsonb ? '5'
doc @> '{"os": "linux"}', doc <@ '{"os": "linux"}', doc @> '{"layers": [2]}', doc @> '{}' FROM image ORDER BY id
'[1, 2, [1, 3]]'::jsonb @> '[1, 3]', '[1,2,3]'::jsonb @> '3', '{"a": {"b": 1, "c": 2}}'::jsonb @> '{"a": {"b": 1}}', '1'::jsonb @> '1.0'
'{"a": 1}'::jsonb = '{"a":1}'::jsonb, '{"a": 1, "b": 2}'::jsonb = '{"b": 2, "a": 1}'::jsonb, '[1,2]'::jsonb = '[2,1]'::jsonb
'{"a": 1}'::jsonb <> '{"a": 2}'::jsonb, doc->'os' = '"linux"' FROM image ORDER BY id
'{"a": 1}'::json = '{"a":1}'::json
'{"a": 1}'::jsonb || '{"b": 2}'::jsonb, '[1]'::jsonb || '[2]'::jsonb, '[1]'::jsonb || '{"a": 1}'::jsonb, '1'::jsonb || '2'::jsonb, '{"a": 1}'::jsonb || '{"a": 2}'
'{"a": 1, "b": 2}'::jsonb - 'a', '["a", "b"]'::jsonb - 'a', '[1, 2, 3]'::jsonb - 1, '[1,2,3]'::jsonb - -1, '{"a": 1, "b": 2}'::jsonb - ARRAY['a','b']
'{"a": {"b": 1, "c": 2}}'::jsonb #- '{a,b}', '[1, {"a": 2}]'::jsonb #- '{1,a}'
jsonb_build_object('a', 1, 'b', 'x', 'c', NULL, 'd', true, 'e', 1.50, 'f', ARRAY[1,2]), jsonb_build_object()
jsonb_build_object('a')
jsonb_build_object(NULL, 1)
jsonb_build_object('ts', '2024-01-31 10:15:30'::timestamp, 'd', '2024-01-31'::date, 'j', '{"x": 1}'::jsonb)
json_build_object('id', id, 'name', name) FROM image ORDER BY id
jsonb_build_array(1, 'a', NULL, true, '[1]'::jsonb), json_build_array()
to_jsonb(5), to_jsonb('x'::text), to_jsonb(true), to_jsonb(ARRAY[1,2]), to_jsonb(1.5), to_jsonb('2024-01-31 10:15:30.5'::timestamp), to_json('a"b'::text)
to_jsonb(created), to_jsonb(labels), to_jsonb(size) FROM image ORDER BY id
jsonb_typeof('1'), jsonb_typeof('"a"'), jsonb_typeof('[]'), jsonb_typeof('{}'), jsonb_typeof('null'), jsonb_typeof('true'), jsonb_typeof('-1.5')
jsonb_typeof(doc->'layers'), jsonb_typeof(doc) FROM image ORDER BY id
jsonb_array_length('[1,2,3]'), json_array_length('[]')
jsonb_array_length(doc->'layers') FROM image ORDER BY id
jsonb_array_length('{"a": 1}')
jsonb_array_length('5')
jsonb_extract_path(doc, 'meta', 'a'), jsonb_extract_path_text(doc, 'meta', 'a', 'b'), jsonb_extract_path_text(doc, 'layers', '0') FROM image WHERE id = 1
jsonb_set('{"a": 1}', '{a}', '2'), jsonb_set('{"a": 1}', '{b}', '2'), jsonb_set('{"a": 1}', '{b}', '2', false), jsonb_set('{"a": [1,2]}', '{a,0}', '9'), jsonb_set('{"a": [1]}', '{a,5}', '9')
jsonb_set('{"a": {"b": 1}}', '{a,b}', '"x"'), jsonb_set('[1]', '{-1}', '5'), jsonb_set('{"a": 1}', '{x,y}', '1')
jsonb_insert('{"a": [0,1,2]}', '{a,1}', '"new"'), jsonb_insert('{"a": [0,1,2]}', '{a,1}', '"new"', true), jsonb_insert('{"a": 1}', '{b}', '2')
jsonb_strip_nulls('{"a": null, "b": [1, null, {"c": null}]}'), jsonb_pretty('{"a": [1, 2], "b": {}}')
jsonb_path_query('{"a": [1, 2, 3]}', '$.a[*]')
jsonb_path_query('{"a": [1, 2, 3]}', '$.a[*] ? (@ > 1)')
jsonb_path_query_array('{"a": [{"b": 1}, {"b": 2}]}', '$.a.b'), jsonb_path_query_first('{"a": [1, 2]}', '$.a[last]'), jsonb_path_query_array('{"a": 1}', '$.x')
jsonb_path_exists('{"a": 1}', '$.a'), jsonb_path_exists('{"a": 1}', '$.b'), '{"a": [1,5]}'::jsonb @? '$.a[*] ? (@ > 3)', jsonb_path_match('{"a": 5}', '$.a > 3')
jsonb_path_query_array('{"a": [1, "x", null]}', '$.a[*].type()'), jsonb_path_query_array('{"a": 4}', '$.a * 2'), jsonb_path_query_array('[1,2,3,4]', '$[1 to 2]')
jsonb_path_exists(doc, '$.ports[*] ? (@.p == 443)') FROM image ORDER BY id
jsonb_path_query_array('[{"n": "abc"}, {"n": "xbc"}]', '$[*] ? (@.n starts with "a")'), jsonb_path_query_array('["abc", "xyz"]', '$[*] ? (@ like_regex "^a")')
jsonb_object_keys('{"b": 1, "aa": 2}')
jsonb_array_elements('[1, "a", null, {"x": 1}]')
jsonb_array_elements_text('[1, "a", null, {"x": 1}, [1,2]]')
jsonb_array_elements('{"a": 1}')
jsonb_array_elements('5')
jsonb_object_keys('[1]')
jsonb_each('{"a": 1}') -- differs: record-in-select
json_object('{a,1,b,2}'), json_object('{a,b}', '{1,2}'), jsonb_object('{a,1}')
'[]'::jsonb -> 0, NULL::jsonb -> 'a', '{"a":1}'::jsonb -> NULL
'{"a": 1}' IS JSON, 'x' IS JSON, '[1]' IS JSON ARRAY, '{}' IS JSON OBJECT, '1' IS JSON SCALAR, 'x' IS NOT JSON
doc['os'], doc['layers'][0], doc['meta']['n'] FROM image ORDER BY id
jsonb_agg(id ORDER BY id), json_agg(name ORDER BY id) FROM image
jsonb_agg(jsonb_build_object('id', id, 'os', doc->>'os') ORDER BY id) FROM image WHERE id < 4
jsonb_object_agg(name, id) FROM image
json_object_agg(name, size ORDER BY id) FROM image WHERE id < 4
jsonb_agg(x) FROM (SELECT 1 AS x WHERE false) q
jsonb_object_agg(name, public) FILTER (WHERE id < 3) FROM image
jsonb_object_agg(NULL::text, 1)
row_to_json(v) FROM version v ORDER BY image_id, number
to_jsonb(v) FROM version v ORDER BY image_id, number
json_agg(v ORDER BY number) FROM version v WHERE image_id = 1
'"x"'::jsonb -> 0 -- differs: json-scalar-subscript
jsonb_path_query_array('{"a": [3, 4]}', '$.a[*] * 2')
'x' || doc->>'os' FROM image
name || doc->>'os' FROM image
name || (doc->>'os') FROM image ORDER BY id
'1'::jsonb || '{"a": 2}'::jsonb
jsonb_each_text('{"a": "b", "c": 1}')::text
jsonb_each_text('{"a b": "", "c": "x\"y", "d": null, "e": "back\\slash", "f": "(x,y)"}')::text
(jsonb_each_text('{"a": "b", "c": 1}')).key, (jsonb_each('{"a": "b", "c": 1}')).value
(jsonb_each('{"a": 1}')).nope
('{"a": 1}'::jsonb).a
('[7,8,9]'::jsonb)[1], ('[7,8,9]'::jsonb)[1::int], ('[7,8,9]'::jsonb)[0], ('[7,8,9]'::jsonb)[-1], ('{"a": [7, 8]}'::jsonb)['a'][1]
json_object(ARRAY['a'])
jsonb_object(ARRAY['a'], ARRAY['b', 'c'])
jsonb_insert('"s"', ARRAY['x'], '1')

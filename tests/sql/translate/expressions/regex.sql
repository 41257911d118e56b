'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~ 'b', 'ABC' ~* 'b', 'abc' !~ 'x', 'ABC' !~* 'b', 'abc' ~ NULL
E'a\nb' ~ 'a.b', E'a\nb' ~ '^b', E'a\nb' ~ 'a$', E'a\nb' ~ '(?n)^b'
'foo bar' ~ '\mbar', 'foobar' ~ '\mbar', 'foo bar' ~ 'foo\M', 'foo bar' ~ '\yfoo\y', 'foo' ~ '[[:<:]]foo[[:>:]]'
'abc123' ~ '^[a-z]+\d+$', 'abc' ~ '^\w+$', 'a b' ~ '\s', 'abc' ~ '[[:alpha:]]{3}', 'a1' ~ '[^[:digit:]]'
'a.b' ~ 'a\.b', 'axb' ~ 'a\.b', 'a]b' ~ 'a[]]b', 'a-b' ~ 'a[-]b', 'ab' ~ '(a|x)b'
'abc' ~ '(?i)ABC', 'a b' ~ '(?x)a \s b'
'abc' ~ '('
'abc' ~ '[z'
'abab' ~ '(ab)\1', 'abba' ~ '(ab)\1', 'aXa' ~* '(A)x\1'
'foobar' ~ 'foo(?=bar)', 'foobaz' ~ 'foo(?=bar)', 'foobar' ~ 'foo(?!bar)', 'foobaz' !~ 'foo(?!bar)', 'alias/aws/s3' ~ '^alias/(?!aws/)'
'barfoo' ~ '(?<=bar)foo', 'bazfoo' ~ '(?<!bar)foo', 'BARFOO' ~* '(?<=bar)foo', E'a\nb' ~ '(?=a.b)', '(?=a)' ~ '[(?=]a'
regexp_replace('foobar foobaz', 'foo(?=baz)', '<\&>'), regexp_replace('aabb', '(.)\1', '\1-', 'g'), regexp_replace('ab', '(?=b)', '\\')
substring('foobar' from '(?<=foo)b.'), substring('foobar' from 'x(?=y)'), regexp_match('k=v', '(\w+)(?==)'), regexp_match('k', '(z)(?=k)')
regexp_split_to_array('a1b22c', '(?<=[0-9])(?=[a-z])'), regexp_like('word', '\mw(?=ord\M)'), regexp_count('aaa', 'a(?=a)'), regexp_substr('ab', 'a(?=b)')
name ~ '^[A-Z]', name ~* 'U', name !~ 'n' FROM image ORDER BY id
id ~ '1' FROM image
'abc' SIMILAR TO 'abc', 'abc' SIMILAR TO 'a', 'abc' SIMILAR TO '%(b|d)%', 'abc' SIMILAR TO '(b|c)%', 'a.c' SIMILAR TO 'a.c', 'abc' SIMILAR TO 'a.c'
'abc' NOT SIMILAR TO 'a%', 'a%c' SIMILAR TO 'a\%c', 'a%c' SIMILAR TO 'a!%c' ESCAPE '!', 'aab' SIMILAR TO 'a+b', 'xyz' SIMILAR TO '[x-z]{3}'
substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b'), substring('foobar' from 'z'), substring('foobar', 'o(b)(a)')
substring('foobar' from 'a(z)?r')
substring('foobar' similar '%#"o_b#"%' escape '#') -- differs: parse-substring-similar
substring('foobar' from '%#"o_b#"%' for '#')
regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'b'), regexp_match('abc', 'z'), regexp_match('ABC', 'b', 'i')
regexp_match('foobarbequebaz', 'bar(x)?')
regexp_match('abc', 'b', 'g')
regexp_replace('foobarbaz', 'b..', 'X'), regexp_replace('foobarbaz', 'b..', 'X', 'g'), regexp_replace('foobarbaz', 'b(..)', 'X\1Y', 'g')
regexp_replace('Foo', 'f', 'x', 'i'), regexp_replace('abc', '(a)(b)', '\2\1'), regexp_replace('abc', 'b', '[\&]'), regexp_replace('abc', 'b', '\\')
regexp_replace('hello world', '\s+', ' ', 'g'), regexp_replace('a.b.c', '\.', '-', 'g'), regexp_replace('abc', '', '-')
regexp_replace('a$1', 'a', '$1'), regexp_replace('x', 'x', 'a\b')
regexp_replace('abc', 'B', 'x', 'gi'), regexp_replace('abc', 'b', 'x', 'q')
regexp_replace('abc', 'b', 'x', 'z')
regexp_replace(name, '[aeiou]', '*', 'g') FROM image ORDER BY id
regexp_replace('aaa', 'a', 'b', 1, 0), regexp_replace('aaa', 'a', 'b', 1, 1)
regexp_split_to_array('hello world foo', '\s+'), regexp_split_to_array('a,b;c', '[,;]'), regexp_split_to_array('abc', 'x')
regexp_split_to_array('abc', '')
regexp_like('Hello', 'hello', 'i'), regexp_like('abc', '^a'), regexp_count('banana', 'an'), regexp_substr('foobar', 'o+')
regexp_matches('foobarbequebaz', 'ba.')
regexp_matches('foobarbequebaz', 'ba.', 'g')
regexp_matches('foobarbequebaz', '(b)(a)', 'g')
regexp_matches('abc', 'z', 'g')
regexp_split_to_table('a b  c', '\s+')
string_to_table('a,b,c', ',')
'https://x.y/z' ~ '^https?://[^/]+/', 'arn:aws:s3:::b' ~ '^arn:aws:[a-z0-9-]+:', split_part('arn:aws:sagemaker:us-east-1:123:image/x', ':', 4)
'foo.bar' ~ '^[\w.]+$', 'x-y' ~ '^[\w-]+$', 'a\b' ~ 'a\\b', 'ab' ~ 'a{1,2}b', '{x}' ~ '\{x\}'

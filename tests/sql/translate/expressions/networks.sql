inet '10.0.0.1', inet '10.0.0.0/8', inet '10.0.0.1/32', cidr '10.0.0.0/8', cidr '10.1', inet '::1', cidr '2001:db8::/32'
inet '300.1.1.1'
cidr '10.0.0.1/8'
inet '10.0.0.1' << inet '10.0.0.0/8', inet '10.0.0.0/8' << inet '10.0.0.0/8', inet '10.0.0.0/8' <<= inet '10.0.0.0/8', inet '10.0.0.0/8' >> inet '10.1.0.0/16', inet '10.0.0.0/8' >>= inet '10.0.0.0/8'
inet '10.1.0.0/16' && inet '10.0.0.0/8', inet '11.0.0.0/16' && inet '10.0.0.0/8', inet '::1' << inet '10.0.0.0/8'
ip::inet << cidr::cidr, ip::inet <<= '10.0.0.0/8', cidr::inet >>= ip::inet, cidr::inet && '10.1.0.0/24' FROM net ORDER BY id
host(inet '10.0.0.1/8'), network(inet '10.1.2.3/16'), masklen(inet '10.0.0.0/8'), masklen(inet '10.0.0.1'), family(inet '::1'), family(inet '10.0.0.1')
netmask(inet '10.1.2.3/16'), hostmask(inet '10.1.2.3/16'), broadcast(inet '10.1.2.3/16'), set_masklen(inet '10.1.2.3/16', 8), inet_same_family(inet '::1', inet '10.0.0.1'), inet_merge(inet '10.1.0.0/24', inet '10.1.3.0/24')
inet '10.0.0.1'::text, inet '10.0.0.0/8'::text, cidr '10.0.0.0/8'::text, abbrev(inet '10.0.0.0/8')
inet '10.0.0.2' > inet '10.0.0.10', inet '10.0.0.1' = inet '10.0.0.1/32', inet '9.0.0.1' < inet '10.0.0.1', inet '10.0.0.1' = '10.0.0.1', inet '10.0.0.1' IN ('10.0.0.1', '10.0.0.2')
inet '10.0.0.1' + 5, inet '10.0.0.0/24' + 300
host(ip::inet), family(cidr::inet), masklen(cidr::cidr) FROM net ORDER BY id
'x'::inet
ip FROM net WHERE ip::inet <<= '10.0.0.0/8' ORDER BY ip::inet
ip FROM net ORDER BY ip::inet DESC
'10.0.0.0/8'::cidr = '10.0.0.0/8'::text -- differs: network-text
host('10.0.0.1'::text) -- differs: network-text
inet '10.0.0.5' - 3, inet '10.0.0.15' - inet '10.0.0.5', inet '::5' - inet '::1', inet '255.255.255.255' - inet '0.0.0.0'
inet '10.0.0.1' - inet '::1'
inet '1::' - inet '::'
max(ip::inet), min(ip::inet), max(cidr::cidr) FILTER (WHERE id < 3) FROM net
id, max(ip::inet) OVER (ORDER BY id) FROM net
greatest(inet '9.0.0.1', '10.0.0.1'), least(inet '9.0.0.1', NULL, '10.0.0.1'), greatest(NULL, inet '::1', '10.0.0.1')
abbrev('10.0.0.0/8'::cidr), abbrev('192.168.1.0/24'::cidr), abbrev('10.1.2.0/8'::inet), set_masklen('10.1.0.0/16'::cidr, 8), set_masklen('10.1.0.0/16'::inet, 8)
~ inet '255.0.0.0', inet '10.0.0.5' & inet '255.0.0.0', inet '10.0.0.5' | inet '0.0.0.3', ~ inet '10.0.0.1/24', inet '10.1.0.0/16' | inet '0.0.0.7/8', ~ inet '2001:db8::', inet '10.0.0.5' & '255.255.0.0'
inet '10.0.0.1' & inet '::1'

"""Who is calling, and what they may do.

`permissions` is the one table of roles and operations; `clients` are the machines registered for a tenant;
`issuer` issues them access tokens (RFC 6749 client credentials, RFC 7523 assertions) and `tokens` checks
those (RFC 9068). `message_signatures` signs what leaves by webhook (RFC 9421). `keys` holds the private keys.
"""

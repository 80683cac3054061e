"""What every interface over HTTP shares: who is calling, how large a body may be, how an error looks."""

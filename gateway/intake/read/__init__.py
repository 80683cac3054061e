"""Documents in other forms than XML, and claimed names of unreadable ones."""

"""The same story with Alice and with Bob as the anonymous author, and what anybody else could see of it."""

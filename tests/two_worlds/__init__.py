"""The same story with Alice and with Bob as the anonymous author, and everything that others could see of it."""

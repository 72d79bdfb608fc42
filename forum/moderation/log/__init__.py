"""The public log of decisions and the transparency figures."""

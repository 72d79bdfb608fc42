"""Pages made of several features: home, a vendor, a tag, a member, feeds, and what the site says of itself."""

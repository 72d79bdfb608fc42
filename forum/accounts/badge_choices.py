"""Business types and regions that a member may state, for the badges of their anonymous posts."""

BUSINESS_TYPES = {
    "reseller": "Reseller",
    "integrator": "System integrator",
    "msp": "Managed service provider",
    "hosting": "Hosting and cloud provider",
    "consulting": "Consultancy",
    "software": "Software house",
}
REGIONS = {
    "nordics": "Nordics and Baltics",
    "dach": "Germany, Austria, Switzerland",
    "benelux": "Benelux",
    "isles": "UK and Ireland",
    "south": "Southern Europe",
    "east": "Central and Eastern Europe",
    "france": "France",
    "north-america": "North America",
    "latin-america": "Latin America",
    "africa": "Middle East and Africa",
    "asia": "Asia and Pacific",
}

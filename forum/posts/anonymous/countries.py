"""English names of countries, to find them in a text."""

NAMES = """
Albania, Argentina, Australia, Austria, Belgium, Bosnia, Brazil, Bulgaria, Canada, Chile, China, Colombia,
Croatia, Cyprus, Czechia, Czech Republic, Denmark, Egypt, Estonia, Finland, France, Germany, Greece, Hong
Kong, Hungary, Iceland, India, Indonesia, Ireland, Israel, Italy, Japan, Kenya, Kosovo, Latvia, Liechtenstein,
Lithuania, Luxembourg, Malaysia, Malta, Mexico, Moldova, Montenegro, Morocco, Netherlands, New Zealand,
Nigeria, North Macedonia, Norway, Pakistan, Peru, Philippines, Poland, Portugal, Romania, Saudi Arabia,
Serbia, Singapore, Slovakia, Slovenia, South Africa, South Korea, Spain, Sweden, Switzerland, Taiwan,
Thailand, Tunisia, Turkey, Ukraine, United Arab Emirates, United Kingdom, UK, United States, USA, Vietnam
"""
COUNTRIES = tuple(" ".join(name.split()) for name in NAMES.split(","))

"""The dated rules as data: authorities, symbols, deadlines, forms, contacts, holidays."""

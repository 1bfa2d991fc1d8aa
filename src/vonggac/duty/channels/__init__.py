"""Handing a letter over: mail, an HTTP gateway, Apprise; where the desk may connect to, and how secrets are kept."""
